"""The provider's notifications, handed to payments exactly as they came: their signature covers the bytes.

No session, no form token, no rate limit. The provider repeats whatever is not answered with 200 or 400.
"""

from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.web.calls import propagated
from shared.web.http_client import HttpClient, NoAnswer
from shared.web.problems import Problem, unavailable

PATH: Final = "/zahlung/girocheckout/notify"
TARGET: Final = b"/callbacks/girocheckout/notify"
LONGEST_QUERY: Final = 8192

log = structlog.get_logger()


async def pass_on(request: Request) -> Response:
    """payments' status and JSON; 414 for an absurd query, 503 with Retry-After when payments is away."""
    query: bytes = request.scope["query_string"]
    if len(query) > LONGEST_QUERY:
        return Problem("too_large", 414, "The query is too long", limit_bytes=LONGEST_QUERY).response()
    base = request.app.state.portal.settings.payments_url.rstrip("/")
    try:
        answer = await _client(request).send("GET", base, TARGET + b"?" + query, propagated())
    except NoAnswer as failed:
        log.warning("callback_not_passed_on", reason=failed.reason)
        return unavailable().response()
    if answer.status_code >= 500:
        log.warning("callback_not_taken", status=answer.status_code)
        return unavailable().response()
    kind = answer.headers.get("content-type", "application/json")
    return Response(answer.content, answer.status_code, media_type=kind)


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


ROUTES: list[BaseRoute] = [Route(PATH, pass_on, methods=["GET"])]
