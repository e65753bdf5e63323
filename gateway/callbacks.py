"""The providers' notifications, handed to payments exactly as they came: their signatures cover the bytes.

No session, no form token, no rate limit. A provider repeats whatever it does not hear taken.
"""

import re
from typing import Final

import httpx
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.web.calls import LIMITS, TIMEOUT, propagated
from shared.web.problems import Problem, unavailable

PREFIX: Final = "/zahlung/"
PATH: Final = PREFIX + "{provider}/notify"
PROVIDER: Final = re.compile(r"[a-z]{1,32}")
LONGEST_QUERY: Final = 8192

log = structlog.get_logger()


async def pass_on(request: Request) -> Response:
    """payments' status and JSON; 414 for an absurd query, 503 with Retry-After when payments is away.

    Of the headers only those pass that bear the provider's name, and the kind of the body.
    """
    provider: str = request.path_params["provider"]
    if not PROVIDER.fullmatch(provider):
        return Problem("not_found", 404, "There is nothing here").response()
    query: bytes = request.scope["query_string"]
    if len(query) > LONGEST_QUERY:
        return Problem("too_large", 414, "The query is too long", limit_bytes=LONGEST_QUERY).response()
    base = request.app.state.portal.settings.payments_url.rstrip("/")
    try:
        answer = await _client(request).request(
            request.method,
            base,
            content=await request.body(),
            headers=propagated() | _signed(request, provider),
            extensions={"target": f"/callbacks/{provider}/notify".encode() + b"?" + query},
        )
    except httpx.TransportError as error:
        log.warning("callback_not_passed_on", reason=type(error).__name__)
        return unavailable().response()
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        log.warning("callback_not_taken", status=answer.status_code)
        return unavailable().response()
    kind = answer.headers.get("content-type", "application/json")
    return Response(answer.content, answer.status_code, media_type=kind)


def _signed(request: Request, provider: str) -> dict[str, str]:
    return {
        name: value
        for name, value in request.headers.items()
        if name.startswith(f"{provider}-") or name == "content-type"
    }


async def close(app: Starlette) -> None:
    """Ends the connections to payments."""
    if hasattr(app.state, "callbacks_client"):
        await app.state.callbacks_client.aclose()


def _client(request: Request) -> httpx.AsyncClient:
    """One for the process, made at the first call: payments' door is public, so it carries no token."""
    state = request.app.state
    if not hasattr(state, "callbacks_client"):
        state.callbacks_client = httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, trust_env=False)
    client: httpx.AsyncClient = state.callbacks_client
    return client


ROUTES: list[BaseRoute] = [Route(PATH, pass_on, methods=["GET", "POST"])]
