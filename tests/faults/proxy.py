"""A wire between a service and a server that can be cut, silenced and slowed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from deploy.local.ports import HOST

SERVER_NOTICES: Final = 20.0
"""Seconds until a server's keep-alive finds out that the other end of a silenced connection is gone."""
PIECE: Final = 65_536


@dataclass(slots=True, eq=False)
class _Link:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    lost: bool = False

    def abort(self) -> None:
        for side in (self.client, self.server):
            if side is not None:
                side.transport.abort()


@dataclass(slots=True)
class Wire:
    """Listens on `port` of loopback and passes everything on to the server at `target`.

    A connection that lived through a silence never says anything again: no byte, no end. New ones work.
    """

    target: int
    port: int = 0
    seconds_late: float = 0.0
    _refusing: bool = False
    _silent: bool = False
    _links: set[_Link] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Wire"]:
        server = await asyncio.start_server(self._connect, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            for link in list(self._links):
                link.abort()

    def of(self, url: str) -> str:
        """The same address by way of this wire."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{HOST}:{self.port}"))

    async def cut(self, seconds: float) -> None:
        """Every connection is reset, and new ones are until the time is up."""
        self._refusing = True
        for link in list(self._links):
            link.abort()
        await asyncio.sleep(seconds)
        self._refusing = False

    async def silence(self, seconds: float) -> None:
        """A black hole: what is sent vanishes, nobody is told."""
        self._silent = True
        for link in self._links:
            link.lost = True
        await asyncio.sleep(seconds)
        self._silent = False
        lost = [link.server for link in self._links if link.lost and link.server is not None]
        self._later(_end_after(SERVER_NOTICES - seconds, lost))

    async def slow_down(self, seconds: float, each: float = 0.15) -> None:
        """Each piece is `each` seconds late."""
        self.seconds_late = each
        await asyncio.sleep(seconds)
        self.seconds_late = 0.0

    async def _connect(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        link = _Link(client, lost=self._silent)
        self._links.add(link)
        try:
            if self._refusing:
                return
            if link.lost:
                await self._pass_on(link, reader, None)
                return
            from_server, link.server = await asyncio.open_connection(HOST, self.target)
            answers = self._later(self._pass_on(link, from_server, client))
            await self._pass_on(link, reader, link.server)
            if not link.lost or link.server is not None:
                await answers
        except (OSError, asyncio.CancelledError):  # of the wire's own end
            return
        finally:
            self._links.discard(link)
            link.abort()

    async def _pass_on(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None
    ) -> None:
        try:
            while piece := await reader.read(PIECE):
                if link.lost or writer is None:
                    continue
                if self.seconds_late:
                    await asyncio.sleep(self.seconds_late)
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        if writer is not None and not link.lost:
            writer.close()

    def _later(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _end_after(seconds: float, servers: list[asyncio.StreamWriter]) -> None:
    await asyncio.sleep(max(seconds, 0.0))
    for server in servers:
        server.transport.abort()
