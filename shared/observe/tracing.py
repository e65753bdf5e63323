"""Traces (OpenTelemetry, W3C Trace Context). Ids flow with or without an exporter."""

import random
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.observe.metrics import OPERATORS_PATHS

_TRACEPARENT: Final = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


class Provider(TracerProvider):
    """Knows whether anybody takes its spans: without one, a span is only its ids."""

    taken = False

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        self.taken = True
        super().add_span_processor(span_processor)


def configure_tracing(service: str, otlp_endpoint: str = "") -> Provider:
    """Once per process; a second call keeps the first provider. `otlp_endpoint`: base URL of a collector
    (OTLP over HTTP), empty for no export."""
    current = trace.get_tracer_provider()
    if isinstance(current, Provider):
        return current
    provider = Provider(resource=Resource.create({"service.name": service}))
    if otlp_endpoint:  # imported only here: a process without a collector need not pay for it
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(endpoint=otlp_endpoint.rstrip("/") + "/v1/traces", timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def current_traceparent() -> str | None:
    """The `traceparent` of the current span, to be stored with an event or sent along."""
    return traceparent_of(trace.get_current_span())


def traceparent_of(span: Span) -> str | None:
    """The `traceparent` with which another span continues this one."""
    ids = span.get_span_context()
    if not ids.is_valid:
        return None
    return f"00-{ids.trace_id:032x}-{ids.span_id:016x}-{ids.trace_flags:02x}"


def context_from(traceparent: str | None) -> Context | None:
    """The remote context of a header; None (a new trace) when it is absent or malformed."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None or (found[1] == "00" and found[5]):
        return None
    ids = SpanContext(int(found[2], 16), int(found[3], 16), True, TraceFlags(int(found[4], 16)))
    return trace.set_span_in_context(NonRecordingSpan(ids), Context())


def span_from(
    traceparent: str | None, name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int
) -> AbstractContextManager[Span]:
    """A span that continues `traceparent`, or the current trace when it is None. An exception marks it
    with its type only: messages may quote personal data."""
    provider, parent = trace.get_tracer_provider(), context_from(traceparent)
    if isinstance(provider, Provider) and provider.taken:
        return _taken(parent, name, kind, attributes)
    return _OnlyIds(parent)


@contextmanager
def _taken(
    parent: Context | None, name: str, kind: SpanKind, attributes: dict[str, str | int]
) -> Iterator[Span]:
    with trace.get_tracer("portal").start_as_current_span(
        name,
        context=parent,
        kind=kind,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except BaseException as exc:
            span.set_attribute("error.type", type(exc).__name__)
            span.set_status(StatusCode.ERROR)
            raise


class _OnlyIds:
    """A span that nobody takes, so that it keeps nothing: its ids are in log lines, calls and events."""

    __slots__ = ("_parent", "_token")

    def __init__(self, parent: Context | None) -> None:
        self._parent = parent

    def __enter__(self) -> Span:
        above = trace.get_current_span(self._parent).get_span_context()
        trace_id = above.trace_id or random.getrandbits(128) or 1
        flags = above.trace_flags if above.is_valid else _SAMPLED
        span = NonRecordingSpan(SpanContext(trace_id, random.getrandbits(64) or 1, False, flags))
        self._token = attach(trace.set_span_in_context(span, self._parent))
        return span

    def __exit__(self, *_: object) -> None:
        detach(self._token)


@dataclass(slots=True)
class TraceRequests:
    """ASGI: a server span per request, named by its route template. `trusted` False starts a new trace
    whatever the caller sends, as the public edge must."""

    app: ASGIApp
    trusted: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OPERATORS_PATHS):
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        incoming = _header(scope, b"traceparent") if self.trusted else None
        with span_from(incoming, method, SpanKind.SERVER, **{"http.request.method": method}) as span:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self.app(scope, receive, noting)
            finally:
                if (route := getattr(scope.get("route"), "path", None)) is not None:
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.route", route)


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)
