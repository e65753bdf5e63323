"""ASGI apps on real ports of this machine, for as long as a test looks at them."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from shared.web.serve import listen


class PromptServer(uvicorn.Server):
    """Ends when it is told to and its connections are closed. uvicorn's own looks only every tenth of a
    second, two or three times: longer than most tests take."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """None: they are for whoever runs the tests."""
        return contextlib.nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._over.wait()

    def end(self) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._over.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.001)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


@contextlib.asynccontextmanager
async def listening(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """The address of a server in the test's own loop."""
    listener = listen("127.0.0.1", port)
    config = uvicorn.Config(
        app, http="httptools", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = PromptServer(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.001)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.end()
    await running
    listener.close()


@contextlib.contextmanager
def serving(app: ASGIApp, **tls: Any) -> Iterator[str]:
    """The address of a server in a thread of its own, with its lifespan; `tls` in uvicorn's words."""
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_level="critical", lifespan="on", timeout_graceful_shutdown=2, **tls)
    server = PromptServer(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.001)
    try:
        yield f"{'https' if config.is_ssl else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.end()
        thread.join(10)
        listener.close()
