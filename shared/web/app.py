"""The app factory: everything an HTTP process of the portal has in common, wired once."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import structlog
from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.observe.metrics import CONTENT_TYPE, MeasureRequests, exposition
from shared.observe.scrubbing import failure
from shared.observe.tracing import TraceRequests
from shared.settings import StartRefused
from shared.web.body_limit import DEFAULT_LIMIT, BodyLimit
from shared.web.calls import RemoteProblem, RemoteUnavailable
from shared.web.idempotency import IdempotencyKeeper, install_replay
from shared.web.openapi import describe_problems
from shared.web.probes import Probes
from shared.web.problems import Problem, Translation, install_problem_handlers, unavailable
from shared.web.request_context import RequestContext
from shared.web.strict_json import StrictJson
from shared.web.tokens import CallerTokens

_REMOTE: dict[type[Exception], Translation] = {
    RemoteUnavailable: lambda _: unavailable(),
    RemoteProblem: lambda exc: Problem(
        "remote_refused", 502, "Another service refused", remote=exc.service, remote_slug=exc.slug
    ),
}
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    name: str,
    version: str,
    routers: Sequence[APIRouter],
    *,
    caller_tokens: CallerTokens | None = None,
    probes: Probes | None = None,
    lifespan: Lifespan | None = None,
    idempotency: IdempotencyKeeper | None = None,
    translations: Mapping[type[Exception], Translation] | None = None,
    body_limit: int = DEFAULT_LIMIT,
    body_limits: Mapping[str, int] | None = None,
    description: str = "",
) -> FastAPI:
    """A service's app: its `routers`, the probes, `/metrics` and `/openapi.json`.

    A `StartRefused` of `lifespan` is kept in `app.state.refused`, for `serve` to say it.
    `lifespan` may add checks to `app.state.probes`, and may set `app.state.caller_tokens` and
    `app.state.idempotency` when they exist only by then. `translations` names the problems for exceptions
    of other layers. `body_limits` maps path prefixes to bytes.
    """
    probes = probes or Probes()
    app = FastAPI(
        title=name,
        version=version,
        description=description,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours say no more than may be said
        lifespan=_lifespan(probes, lifespan),
        middleware=[*middlewares(limit=body_limit, limits=body_limits), Middleware(StrictJson)],
    )
    app.state.probes = probes
    app.state.caller_tokens = caller_tokens
    app.state.idempotency = idempotency
    install_problem_handlers(app, {**_REMOTE, **(translations or {})})
    install_replay(app)
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(operators_routes(probes))
    describe_problems(app)
    return app


def middlewares(
    *, trusted: bool = True, limit: int = DEFAULT_LIMIT, limits: Mapping[str, int] | None = None
) -> list[Middleware]:
    """The common middlewares, outermost first; for a Starlette app too. `trusted` False at the edge."""
    return [
        Middleware(TraceRequests, trusted=trusted),
        Middleware(MeasureRequests),
        Middleware(RequestContext, trusted=trusted),
        Middleware(BodyLimit, limit=limit, per_path=dict(limits or {})),
    ]


def operators_routes(probes: Probes) -> list[BaseRoute]:
    """Probes and metrics, outside of the API's description."""
    return [*probes.routes(), Route("/metrics", _metrics, methods=["GET"])]


async def _metrics(request: Request) -> Response:
    """For those inside: what came through a proxy came from the street."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return Response(status_code=404)
    return Response(exposition(), media_type=CONTENT_TYPE)


def _lifespan(probes: Probes, inner: Lifespan | None) -> Lifespan:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if inner is not None:
                try:
                    await stack.enter_async_context(inner(app))
                except StartRefused as refused:
                    app.state.refused = refused
                    raise
                except Exception as exc:
                    structlog.get_logger("serve").error("start_failed", **failure(exc))
                    raise
            probes.up()
            yield

    return run
