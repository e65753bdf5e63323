"""Ids of a request: taken from the caller or made here, bound to every log line, sent along on calls."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.ids import new_id
from shared.observe.metrics import OPERATORS_PATHS, route_template
from shared.observe.scrubbing import failure
from shared.observe.tracing import current_traceparent
from shared.web.problems import PROBLEM_IN_SCOPE, internal

REQUEST_ID = "X-Request-Id"
CORRELATION = "X-Correlation-Id"
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{8,64}")


@dataclass(frozen=True, slots=True)
class RequestIds:
    """`request_id` names one request across processes, `correlation` all that follows from it."""

    request_id: str
    correlation: str

    @property
    def traceparent(self) -> str | None:
        return current_traceparent()


_current: ContextVar[RequestIds | None] = ContextVar("request_ids", default=None)


def current_request() -> RequestIds | None:
    """The ids of the request being answered, None outside of one."""
    return _current.get()


@dataclass(slots=True)
class RequestContext:
    """ASGI: binds the ids, logs one line per request, and turns what nobody caught into a 500.

    `trusted` False ignores ids sent by the caller, as the public edge must.
    """

    app: ASGIApp
    trusted: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        ids = self._ids(scope)
        token = _current.set(ids)
        with structlog.contextvars.bound_contextvars(request_id=ids.request_id, correlation=ids.correlation):
            try:
                await self._answer(scope, receive, send, ids)
            finally:
                _current.reset(token)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, ids: RequestIds) -> None:
        started, status = perf_counter(), 0

        async def naming(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = ids.request_id
            await send(message)

        log = structlog.get_logger("web")
        try:
            await self.app(scope, receive, naming)
        except Exception as exc:
            log.error("request_failed", method=scope["method"], route=route_template(scope), **failure(exc))
            if status:
                raise  # half an answer is out: the server must cut the connection
            await internal(ids.request_id).response()(scope, receive, naming)
        if not scope["path"].startswith(OPERATORS_PATHS):
            log.info(
                "request_answered",
                method=scope["method"],
                route=route_template(scope),
                status=status,
                ms=round((perf_counter() - started) * 1000, 1),
                **({"problem": scope[PROBLEM_IN_SCOPE]} if PROBLEM_IN_SCOPE in scope else {}),
            )

    def _ids(self, scope: Scope) -> RequestIds:
        sent = dict(scope["headers"]) if self.trusted else {}
        request_id = _well_formed(sent.get(b"x-request-id")) or str(new_id())
        return RequestIds(request_id, _well_formed(sent.get(b"x-correlation-id")) or request_id)


def _well_formed(value: bytes | None) -> str | None:
    return value.decode("ascii") if value is not None and WELL_FORMED.fullmatch(value) else None
