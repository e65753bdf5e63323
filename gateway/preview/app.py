"""The preview as an ASGI app: /<page> in German, /en/<page> in English, / lists them."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from gateway.assets.serving import PREFIX, Assets
from gateway.preview.samples import pages
from gateway.rendering import Renderer
from gateway.security.headers import SecurityHeaders
from gateway.translations import Translator
from gateway.views.frame import Frame, Language, Person

STAFF = Person(name="Nele Sommer", roles=frozenset({"clerk", "warden"}))
TREASURER = Person(name="Sam Rother", roles=frozenset({"clerk", "treasurer"}))
OPERATOR = Person(name="Ada Kern", roles=frozenset({"operator"}))
CITIZEN = Person(name="Kim Muster")
SIGNED_OUT = (
    "start",
    "service",
    "login",
    "register",
    "mail",
    "confirm",
    "link",
    "forgot",
    "reset",
    "ver",
    "search",
)


def person_on(name: str) -> Person | None:
    """Who is signed in on a sample page."""
    if name.startswith(("work", "case-file", "scanner")):
        return STAFF
    if name.startswith(("cash", "switch")):
        return TREASURER if name.startswith("cash") else OPERATOR
    return None if name.startswith(SIGNED_OUT) else CITIZEN


class Preview:
    def __init__(self, assets: Assets) -> None:
        self.renderer = Renderer(assets.url)
        self.assets = assets

    def html(self, name: str, language: Language) -> str:
        """One sample page; KeyError for a name there is not."""
        view = pages(Translator(language))[name]
        notice = "draft_saved" if name == "cases" else None
        frame = Frame(
            language=language,
            path=f"/{name}",
            csrf="sample",
            year=2026,
            person=person_on(name),
            notice=notice,
        )
        return self.renderer.page(view, frame)

    async def show(self, request: Request) -> Response:
        language: Language = "en" if request.url.path.startswith("/en/") else "de"
        name = request.path_params["name"]
        if name not in pages(Translator(language)):
            return Response(status_code=404)
        return HTMLResponse(self.html(name, language))

    async def index(self, request: Request) -> Response:
        names = pages(Translator("de"))
        items = "".join(
            f'<li><a href="/{name}">{name}</a> <a href="/en/{name}">en</a></li>' for name in names
        )
        return HTMLResponse(f'<!doctype html><html lang="en"><title>Preview</title><ul>{items}</ul></html>')

    async def worker(self, request: Request) -> Response:
        return Response(self.assets.offline_worker(), media_type="text/javascript")


def preview_app(assets: Assets | None = None) -> Starlette:
    """Raises AssetsNotBuilt when the assets are missing."""
    preview = Preview(assets or Assets())
    routes = [
        Route("/", preview.index),
        Mount(PREFIX, preview.assets),
        Route("/aufsicht/offline.js", preview.worker),
        Route("/en/{name}", preview.show),
        Route("/{name}", preview.show),
    ]
    headers = Middleware(SecurityHeaders, https=False, camera_paths=("/aufsicht", "/en/aufsicht"))
    return Starlette(routes=routes, middleware=[headers])
