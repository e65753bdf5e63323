"""A small stand-in for the four services: one real HTTP server that answers what a test told it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import listening

Answer = tuple[int, Any]
Telling = Answer | Callable[["Asked"], Answer | Response]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached the stand-in."""

    method: str
    path: str
    json: Any
    headers: dict[str, str]
    query: dict[str, str]


@dataclass(slots=True)
class Town:
    """`tell` sets an answer; `asked` is what came in, tokens left out. A session in `over` has ended."""

    url: str = ""
    answers: dict[tuple[str, str], Telling] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    over: set[str] = field(default_factory=set)

    def tell(self, method: str, path: str, answer: Telling) -> None:
        self.answers[method, path] = answer

    def heard(self, method: str, path: str) -> list[Asked]:
        return [one for one in self.asked if (one.method, one.path) == (method, path)]

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        asked = Asked(
            request.method,
            request.url.path,
            await request.json() if body else None,
            dict(request.headers),
            dict(request.query_params),
        )
        if asked.path == "/tokens":
            return self._token(asked)
        self.asked.append(asked)
        telling = self.answers.get((asked.method, asked.path), problem(404, "not_found"))
        found = telling(asked) if callable(telling) else telling
        return found if isinstance(found, Response) else _response(found)

    def _token(self, asked: Asked) -> Response:
        session = asked.json.get("session")
        if session in self.over:
            return _response(problem(401, "session_over"))
        until = datetime.now(UTC) + timedelta(seconds=60)
        return JSONResponse({"token": f"token-of-{session}", "expires_at": until.isoformat()})


def problem(status: int, slug: str, **more: Any) -> Answer:
    """A problem document as services answer it."""
    return status, {"type": f"urn:portal:problem:{slug}", "title": slug, "status": status, **more}


def refused_field(name: str, code: str, **params: Any) -> dict[str, Any]:
    return {"field": name, "code": code, "params": params}


def _response(answer: Answer) -> Response:
    status, body = answer
    kind = "application/problem+json" if status >= 400 else "application/json"
    return Response(status_code=status) if body is None else JSONResponse(body, status, media_type=kind)


@asynccontextmanager
async def open_town() -> AsyncIterator[Town]:
    """The stand-in on a free port."""
    town = Town()
    methods = ["GET", "POST", "PUT", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", town.answer, methods=methods)])
    async with listening(app) as town.url:
        yield town
