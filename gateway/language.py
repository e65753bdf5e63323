"""The language of a request: English below /en, German everywhere else."""

from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.views.frame import Language

SCOPE_KEY: Final = "portal.language"
_PREFIX: Final = "/en"


@dataclass(slots=True)
class LanguagePrefix:
    """ASGI: strips /en from the path, in place, so that whoever measures the request sees its route."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            language, path = split(scope["path"])
            scope[SCOPE_KEY], scope["path"] = language, path
        await self.app(scope, receive, send)


def split(path: str) -> tuple[Language, str]:
    """The language of a path and the path without its prefix."""
    if path == _PREFIX or path.startswith(f"{_PREFIX}/"):
        return "en", path.removeprefix(_PREFIX) or "/"
    return "de", path


def language_of(scope: Scope) -> Language:
    """The language of a request, also before LanguagePrefix has seen it."""
    known: Language | None = scope.get(SCOPE_KEY)
    return known or split(scope["path"])[0]
