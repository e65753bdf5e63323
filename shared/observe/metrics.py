"""Prometheus metrics of this process, in base units and with bounded labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
OPERATORS_PATHS = ("/health/", "/metrics")


def counter(name: str, says: str, labels: Sequence[str] = ()) -> Counter:
    """A counter of this process; `name` ends in `_total`. One call per name, at module level."""
    return Counter(name, says, labels, registry=REGISTRY)


def gauge(name: str, says: str, labels: Sequence[str] = ()) -> Gauge:
    """A value that goes up and down, in base units that its name ends in."""
    return Gauge(name, says, labels, registry=REGISTRY)


def histogram(
    name: str, says: str, labels: Sequence[str] = (), buckets: Sequence[float] = SECONDS
) -> Histogram:
    """A distribution; `name` ends in its unit, normally `_seconds`."""
    return Histogram(name, says, labels, registry=REGISTRY, buckets=buckets)


def exposition() -> bytes:
    """Everything this process measures, in the text format of `CONTENT_TYPE`."""
    return generate_latest(REGISTRY)


REQUEST_SECONDS = histogram(
    "http_server_request_duration_seconds",
    "Time to answer a request, by route template",
    ("method", "route", "status"),
)
ACTIVE_REQUESTS = gauge("http_server_active_requests", "Requests being answered now")


def route_template(scope: Scope) -> str:
    """The template of the matched route; one word for all that matched none, so labels stay bounded."""
    return getattr(scope.get("route"), "path", None) or UNMATCHED


@dataclass(slots=True)
class MeasureRequests:
    """ASGI: observes each request's duration once the answer is complete; probes are left out."""

    app: ASGIApp
    timer: Callable[[], float] = perf_counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OPERATORS_PATHS):
            await self.app(scope, receive, send)
            return
        status = 500
        started = self.timer()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        ACTIVE_REQUESTS.inc()
        try:
            await self.app(scope, receive, noting)
        finally:
            ACTIVE_REQUESTS.dec()
            method = scope["method"] if scope["method"] in METHODS else "other"
            seconds = self.timer() - started
            REQUEST_SECONDS.labels(method, route_template(scope), str(status)).observe(seconds)
