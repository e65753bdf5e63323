"""The gateway as an ASGI app: the order of what a request passes, and every address."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount

from gateway import callbacks
from gateway.api.app import api_app
from gateway.assets.serving import PREFIX
from gateway.errors import answer_http_exception, refuser
from gateway.language import LanguagePrefix
from gateway.live import listening
from gateway.pages import (
    accounts,
    bank_payments,
    cases,
    documents,
    drafts,
    endings,
    erasure,
    forms,
    legal,
    mandates,
    offices,
    payments,
    permits,
    profile,
    staff,
    start,
    switches,
)
from gateway.pages.statements import FILES
from gateway.portal import Portal, build_portal
from gateway.security.body import BoundedBody
from gateway.security.csrf import FormGuard
from gateway.security.failures import Failures
from gateway.security.headers import SecurityHeaders
from gateway.security.rates import RateLimits
from gateway.settings import GatewaySettings
from shared.web.app import middlewares, operators_routes

_CITIZENS = (
    start, accounts, profile, mandates, erasure, forms, drafts, cases, endings, payments, bank_payments,
    documents,
)  # fmt: skip
_UNBOUNDED = 2**40  # BoundedBody bounds, and says so on a page


def create_app(settings: GatewaySettings, portal: Portal | None = None) -> Starlette:
    """Raises SecretMissing and AssetsNotBuilt, unless a `portal` is given."""
    portal = portal or build_portal(settings)
    app = Starlette(
        routes=routes(portal),
        middleware=guards(portal),
        exception_handlers={HTTPException: answer_http_exception},
        lifespan=_lifespan(portal),
    )
    app.router.redirect_slashes = False
    app.state.portal, app.state.probes = portal, portal.probes
    return app


def routes(portal: Portal) -> list[BaseRoute]:
    """Every address, the citizens' first."""
    return [
        *(route for module in _CITIZENS for route in module.ROUTES),
        Mount(PREFIX, portal.assets),
        *offices.ROUTES,
        *switches.ROUTES,
        *staff.ROUTES,
        *permits.ROUTES,
        *legal.ROUTES,
        *callbacks.ROUTES,
        Mount("/api", api_app(portal)),
        *operators_routes(portal.probes),
    ]


def guards(portal: Portal) -> list[Middleware]:
    """What every request passes, outermost first."""
    refuse = refuser(portal)
    return [
        *middlewares(trusted=False, limit=_UNBOUNDED),
        Middleware(
            SecurityHeaders, https=portal.settings.https, form_targets=portal.settings.payment_origins
        ),
        *([Middleware(RateLimits, refuse=refuse)] if portal.settings.rate_limits else []),
        Middleware(BoundedBody, refuse=refuse, session=portal.session, larger=FILES),
        Middleware(
            FormGuard,
            refuse=refuse,
            key=portal.csrf_key,
            session=portal.session,
            visitor=portal.visitor,
            exempt=(callbacks.PREFIX,),
        ),
        Middleware(LanguagePrefix),
        Middleware(Failures, refuse=refuse),
    ]


def _lifespan(portal: Portal) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(app: Starlette) -> AsyncIterator[None]:
        async with portal.calls, AsyncExitStack() as stack:
            stack.push_async_callback(callbacks.close, app)
            if portal.settings.rabbitmq_url:
                portal.live = await stack.enter_async_context(listening(portal.settings, portal.probes))
            portal.probes.up()
            yield

    return run
