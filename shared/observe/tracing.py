"""Traces (OpenTelemetry, W3C Trace Context). Ids flow with or without an exporter."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.observe.metrics import OPERATORS_PATHS

PROPAGATOR = TraceContextTextMapPropagator()


def configure_tracing(service: str, otlp_endpoint: str = "") -> TracerProvider:
    """Once per process; a second call keeps the first provider. `otlp_endpoint`: base URL of a collector
    (OTLP over HTTP), empty for no export."""
    current = trace.get_tracer_provider()
    if isinstance(current, TracerProvider):
        return current
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if otlp_endpoint:  # imported only here: a process without a collector need not pay for it
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(endpoint=otlp_endpoint.rstrip("/") + "/v1/traces", timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def current_traceparent() -> str | None:
    """The `traceparent` of the current span, to be stored with an event or sent along."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def context_from(traceparent: str | None) -> Context | None:
    """The remote context of a header; None (a new trace) when it is absent or malformed."""
    if not traceparent:
        return None
    context = PROPAGATOR.extract({"traceparent": traceparent}, context=Context())
    return context if trace.get_current_span(context).get_span_context().is_valid else None


@contextmanager
def span_from(
    traceparent: str | None, name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int
) -> Iterator[Span]:
    """A span that continues `traceparent`, or the current trace when it is None. An exception marks it
    with its type only: messages may quote personal data."""
    with trace.get_tracer("portal").start_as_current_span(
        name,
        context=context_from(traceparent),
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
