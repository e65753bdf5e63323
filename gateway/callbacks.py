"""The providers' notifications, handed to payments exactly as they came: a signature covers the bytes.

No session, no form token, no rate limit. The provider repeats whatever is not answered with 200 or 400.
"""

import re
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.web.calls import propagated
from shared.web.http_client import HttpClient, NoAnswer
from shared.web.problems import Problem, unavailable

PREFIX: Final = "/zahlung/"
PATH: Final = PREFIX + "{provider}/notify"
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
LONGEST_QUERY: Final = 8192
LONGEST_BODY: Final = 256 * 1024
NOT_PASSED: Final = frozenset(
    {"authorization", "connection", "content-length", "cookie", "expect", "host", "te", "trailer",
     "transfer-encoding", "upgrade"}
)  # fmt: skip
"""What is about this connection, or would be somebody's credentials at payments."""

log = structlog.get_logger()


async def pass_on(request: Request) -> Response:
    """payments' status and JSON; 414 for an absurd query, 503 with Retry-After when payments is away."""
    query: bytes = request.scope["query_string"]
    name = request.path_params["provider"]
    if not NAME.fullmatch(name):
        return Problem("not_found", 404, "There is no such provider").response()
    if len(query) > LONGEST_QUERY:
        return Problem("too_large", 414, "The query is too long", limit_bytes=LONGEST_QUERY).response()
    body = await request.body()
    if len(body) > LONGEST_BODY:
        return Problem("too_large", 413, "The body is too long", limit_bytes=LONGEST_BODY).response()
    base = request.app.state.portal.settings.payments_url.rstrip("/")
    target = f"/callbacks/{name}/notify".encode() + (b"?" + query if query else b"")
    try:
        answer = await _client(request).send(request.method, base, target, _headers(request), body or None)
    except NoAnswer as failed:
        return _not_passed_on(failed.reason)
    if answer.status_code >= 500:
        log.warning("callback_not_taken", status=answer.status_code)
        return unavailable().response()
    kind = answer.headers.get("content-type", "application/json")
    return Response(answer.content, answer.status_code, media_type=kind)


def _not_passed_on(reason: str) -> Response:
    """400 for what is no request, whoever passes it on; otherwise to be sent again."""
    log.warning("callback_not_passed_on", reason=reason)
    if reason == "LocalProtocolError":
        return Problem("request_invalid", 400, "This cannot be passed on as it is").response()
    return unavailable().response()


def _headers(request: Request) -> dict[str, str]:
    """The provider's own, which its signature may cover, and ours for the trace."""
    given: dict[str, str] = {}
    for name, value in request.headers.items():
        if name not in NOT_PASSED and not name.startswith(("x-", "forwarded", "traceparent", "tracestate")):
            given[name] = f"{given[name]}, {value}" if name in given else value
    return given | propagated()


async def close(app: Starlette) -> None:
    """Ends the connections to payments."""
    if hasattr(app.state, "callbacks_client"):
        await app.state.callbacks_client.aclose()


def _client(request: Request) -> HttpClient:
    """One for the process, made at the first call: payments' door is public, so it carries no token."""
    state = request.app.state
    if not hasattr(state, "callbacks_client"):
        state.callbacks_client = HttpClient()
    client: HttpClient = state.callbacks_client
    return client


ROUTES: list[BaseRoute] = [Route(PATH, pass_on, methods=["GET", "POST"])]
