"""Runs an app under uvicorn and stops it in order: unready, a short drain, finish, close."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from types import FrameType

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from shared import heap
from shared.settings import StartRefused, refuse
from shared.web.probes import Probes

DRAIN_SECONDS = 0.2
STOP_WITHIN_SECONDS = 10


class PortTaken(Exception):
    """The address cannot be listened on; the message is one sentence for the operator."""


class DrainingServer(uvicorn.Server):
    """Goes unready and keeps answering for `drain_seconds` before it stops accepting; exits with 0."""

    def __init__(self, config: uvicorn.Config, probes: Probes | None, drain_seconds: float) -> None:
        super().__init__(config)
        self._probes = probes
        self._drain_seconds = drain_seconds
        self._forced = asyncio.Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A first signal stops in order, a second one at once. (uvicorn's own raises it again at the end.)"""
        if self.should_exit:
            self.force_exit = True
            self._forced.set()
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log = structlog.get_logger("serve")
        log.info("draining", seconds=self._drain_seconds)
        if self._probes is not None:
            self._probes.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._forced.wait(), self._drain_seconds)
        await super().shutdown(sockets)
        log.info("stopped")


def serve(
    app_factory: Callable[[], ASGIApp],
    host: str,
    port: int,
    *,
    drain_seconds: float = DRAIN_SECONDS,
    stop_within: int = STOP_WITHIN_SECONDS,
    trusted_proxies: Sequence[str] = (),
) -> None:
    """Blocks until SIGTERM or SIGINT has been obeyed. Configure logging before. A running request has
    `stop_within` seconds to end. Of `trusted_proxies` (networks) alone the X-Forwarded-For counts as the
    client's address. Takes the probes from `app.state.probes`. Exits with 2 and one sentence
    when the port is taken or the app refuses to start, with 3 when start-up fails otherwise."""
    try:
        listener = listen(host, port)
    except PortTaken as taken:
        refuse(taken)
    app = app_factory()
    try:
        uvloop.run(_serve(app, listener, drain_seconds, stop_within, list(trusted_proxies)))
    except SystemExit:
        refused = getattr(getattr(app, "state", None), "refused", None)
        if isinstance(refused, StartRefused):
            refuse(refused)
        raise


async def _serve(
    app: ASGIApp,
    listener: socket.socket,
    drain_seconds: float,
    stop_within: int,
    trusted_proxies: list[str],
) -> None:
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=stop_within,
        timeout_keep_alive=65,
    )
    probes = getattr(getattr(app, "state", None), "probes", None)
    host, port = listener.getsockname()[:2]
    structlog.get_logger("serve").info("starting", host=host, port=port)
    heap.set_apart()
    await DrainingServer(config, probes, drain_seconds).serve(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio: or no TCP_NODELAY
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        reason = exc.strerror or "not available"
        raise PortTaken(
            f"Cannot listen on {host}:{port} ({reason}): stop what runs there or set PORTAL_PORT."
        ) from None
    return listener
