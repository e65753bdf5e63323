"""The JSON API as an ASGI app, mounted at /api; its description is /api/openapi.json."""

from fastapi import FastAPI
from starlette.middleware import Middleware

from gateway.api import (
    access,
    bank_items,
    cases,
    cash,
    catalogue,
    money,
    offices,
    permits,
    returns,
    suspended,
    treasury,
    undecided,
    work,
)
from gateway.api.problems import BROKEN, install, refusal_document
from gateway.portal import Portal
from shared.web.openapi import describe_problems
from shared.web.strict_json import StrictJson

_DESCRIPTION = (
    "What the pages do, for programs. A client first asks GET /v1/session, keeps the cookies, and sends the "
    "token it was given as X-CSRF-Token with every unsafe request. Refusals are problem documents (RFC 9457) "
    "in German or English, as Accept-Language asks; `type` and the fields' `code` are stable."
)


def api_app(portal: Portal) -> FastAPI:
    """Expects the gateway's guards outside of it."""
    app = FastAPI(
        title="Citizens' portal",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(StrictJson, refuse=lambda scope: refusal_document(scope, BROKEN))],
    )
    app.state.portal = portal
    install(app)
    money_parts = (money, cash, returns, bank_items, suspended, undecided, treasury)
    for part in (access, catalogue, cases, permits, work, *money_parts, offices):
        app.include_router(part.router, prefix="/v1")
    describe_problems(app)
    return app
