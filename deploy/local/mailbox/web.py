"""The page and the JSON API of the mailbox. Mail is foreign text: escaped, under a policy that runs no
script."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.local.mailbox.catcher import catching
from deploy.local.mailbox.faults import MODES, FaultScript
from deploy.local.mailbox.store import LINK, Mail, MailStore

FOLDER = Path(__file__).parent / "templates"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def with_links(text: str) -> Markup:
    """Escaped text whose http(s) addresses can be clicked."""
    parts: list[Markup] = []
    for part in re.split(f"({LINK.pattern})", text):
        address = escape(part)
        is_link = LINK.fullmatch(part) is not None
        parts.append(
            Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, address) if is_link else address
        )
    return Markup("").join(parts)


class MailboxPages:
    """Routes over one store and one fault script."""

    def __init__(self, store: MailStore, faults: FaultScript) -> None:
        self._store, self._faults = store, faults
        self._templates = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
        self._templates.filters["with_links"] = with_links

    def routes(self) -> list[Route]:
        return [
            Route("/", self.index),
            Route("/mail/{number:int}", self.mail),
            Route("/mailbox.css", self.style),
            Route("/api/messages", self.messages),
            Route("/api/messages/{number:int}", self.message),
            Route("/faults", self.set_faults, methods=["POST"]),
            Route("/health/live", self.health),
            Route("/health/ready", self.health),
        ]

    async def index(self, request: Request) -> Response:
        mails = self._store.find(to=request.query_params.get("to"))
        return self._page("index.html", {"Refresh": "5"}, mails=list(reversed(mails)))

    async def mail(self, request: Request) -> Response:
        return self._page("mail.html", {}, mail=self._wanted(request))

    async def style(self, request: Request) -> Response:
        return Response((FOLDER / "mailbox.css").read_bytes(), media_type="text/css", headers=HEADERS)

    async def messages(self, request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            raise HTTPException(400, "after: the id of a mail is wanted")
        found = self._store.find(to=request.query_params.get("to"), after=int(after))
        return JSONResponse({"messages": [as_json(mail) for mail in found]})

    async def message(self, request: Request) -> Response:
        return JSONResponse(as_json(self._wanted(request)))

    async def set_faults(self, request: Request) -> Response:
        """JSON only: a page of another site cannot send that here without asking first."""
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            raise HTTPException(415, "JSON is wanted")
        wish = await request.json()
        mode, count = wish.get("mode"), wish.get("count")
        if mode not in MODES or not (count is None or (isinstance(count, int) and count > 0)):
            raise HTTPException(
                422, f"mode is one of {', '.join(MODES)}; count is a number from 1, or left out"
            )
        self._faults.mode, self._faults.count = mode, count
        return JSONResponse({"mode": mode, "count": count})

    async def health(self, request: Request) -> Response:
        return PlainTextResponse("ok")

    def _wanted(self, request: Request) -> Mail:
        mail = self._store.get(request.path_params["number"])
        if mail is None:
            raise HTTPException(404, "There is no such mail")
        return mail

    def _page(self, template: str, headers: dict[str, str], **values: Any) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(template).render(values), headers=HEADERS | headers)


def as_json(mail: Mail) -> dict[str, Any]:
    """The mail as the API shows it; `received_at` is ISO 8601 in UTC."""
    return {
        "id": mail.id,
        "received_at": mail.received_at.isoformat(),
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "text": mail.text,
        "links": mail.links,
    }


def mailbox_app(store: MailStore, faults: FaultScript, smtp_host: str, smtp_port: int) -> Starlette:
    """The web application; while it runs, it listens for mail too."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with catching(smtp_host, smtp_port, store, faults):
            yield

    return Starlette(routes=MailboxPages(store, faults).routes(), lifespan=lifespan)
