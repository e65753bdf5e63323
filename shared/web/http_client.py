"""HTTP/1.1 between our own processes: asyncio and httptools, connections kept, no more than a call needs.

A call through a general client costs ten times the processor time of the call itself.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Protocol, cast
from urllib.parse import urlsplit

import httptools
import msgspec

CONNECT_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 5.0
ROOM_SECONDS: Final = 2.0
IDLE_SECONDS: Final = 30.0
MOST_CONNECTIONS: Final = 100
MOST_IDLE: Final = 20
_UNSENDABLE: Final = re.compile(rb"[\x00-\x20\x7f]")
_BREAKS_HEADERS: Final = re.compile(r"[\x00\r\n]")


class NoAnswer(Exception):
    """Nothing usable came back. `broken` tells a connection that broke, which a kept one may do unseen,
    from one that was never made or was silent for too long."""

    def __init__(self, reason: str, *, broken: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.broken = reason, broken


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, of a length told or in chunks.

    Names of `headers` are in lower case; of what came twice the values are joined by a comma.
    """

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The decoded content. Raises ValueError."""
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(str(error)) from None


class Client(Protocol):
    """What sends. `base` is an address without a query, `target` what follows it, encoded for the wire."""

    async def send(
        self, method: str, base: str, target: bytes, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Raises NoAnswer."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Origin:
    host: str
    port: int
    secure: bool
    named: str
    prefix: bytes


@lru_cache(maxsize=64)
def _origin(base: str) -> _Origin:
    parts = urlsplit(base)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    return _Origin(parts.hostname or "", port, secure, parts.netloc, parts.path.rstrip("/").encode())


class _Connection(asyncio.Protocol):
    """One connection and, one after the other, its exchanges. The methods `on_…` are the parser's."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._heard = self._idle_since = 0.0
        self._bodiless = self._kept = False

    @property
    def usable(self) -> bool:
        """Whether another exchange may follow."""
        return self._kept and self._transport is not None and not self._transport.is_closing()

    @property
    def stale(self) -> bool:
        return self._loop.time() - self._idle_since > IDLE_SECONDS

    async def exchange(self, request: bytes, *, bodiless: bool) -> Answer:
        """Sends and waits. Raises NoAnswer; whoever is cancelled meanwhile loses the connection."""
        if self._transport is None:
            raise NoAnswer("ReadError", broken=True)
        self._headers, self._chunks, self._kept, self._bodiless = {}, [], False, bodiless
        self._waiting = waiting = self._loop.create_future()
        self._heard = self._loop.time()
        self._transport.write(request)
        self._timer = self._loop.call_later(SILENT_SECONDS, self._listen_on)
        try:
            answer: Answer = await waiting
            return answer
        except BaseException:
            self.abort()
            raise
        finally:
            self._timer.cancel()
            self._waiting, self._idle_since = None, self._loop.time()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its type

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(NoAnswer("ReadError", broken=True))

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        if self._waiting is None or self._waiting.done():  # nobody asked
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()
            self._fail(NoAnswer("RemoteProtocolError", broken=True))

    def on_header(self, name: bytes, value: bytes) -> None:
        known, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[known] = f"{self._headers[known]}, {text}" if known in self._headers else text

    def on_headers_complete(self) -> None:
        if (
            self._bodiless and self._parser.get_status_code() >= 200
        ):  # its length is that of an answer to GET: the parser would wait for a body
            self._complete(kept=False)

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:  # only an announcement
            self._headers = {}
        else:
            self._complete(kept=self._parser.should_keep_alive())

    def _complete(self, *, kept: bool) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._kept = kept
            content = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            self._waiting.set_result(Answer(self._parser.get_status_code(), self._headers, content))

    def _listen_on(self) -> None:
        """The time is up, unless a part of the answer has come meanwhile."""
        left = self._heard + SILENT_SECONDS - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._listen_on)
        else:
            self._fail(NoAnswer("ReadTimeout"))

    def _fail(self, reason: NoAnswer) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(reason)


@dataclass(slots=True)
class HttpClient:
    """Connections to any origin, at most `MOST_CONNECTIONS` in use. `await aclose()` in the end."""

    _idle: dict[_Origin, list[_Connection]] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_CONNECTIONS))
    _tls: ssl.SSLContext | None = None

    async def send(
        self, method: str, base: str, target: bytes, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """The answer, whatever its status. Never repeats. Raises NoAnswer."""
        origin = _origin(base)
        request = _written(method, origin, target, headers, body)
        await self._enter()
        try:
            connection = self._kept(origin) or await self._connected(origin)
            answer = await connection.exchange(request, bodiless=method == "HEAD")
            self._keep(origin, connection)
            return answer
        finally:
            self._room.release()

    async def aclose(self) -> None:
        for kept in self._idle.values():
            for connection in kept:
                connection.abort()
        self._idle.clear()

    async def _enter(self) -> None:
        if not self._room.locked():
            await self._room.acquire()
            return
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            raise NoAnswer("PoolTimeout") from None

    def _kept(self, origin: _Origin) -> _Connection | None:
        kept = self._idle.get(origin, [])
        while kept:
            connection = kept.pop()
            if connection.usable and not connection.stale:
                return connection
            connection.abort()
        return None

    def _keep(self, origin: _Origin, connection: _Connection) -> None:
        kept = self._idle.setdefault(origin, [])
        if connection.usable and len(kept) < MOST_IDLE:
            kept.append(connection)
        else:
            connection.abort()

    async def _connected(self, origin: _Origin) -> _Connection:
        tls = self._secured() if origin.secure else None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                loop = asyncio.get_running_loop()
                _, made = await loop.create_connection(_Connection, origin.host, origin.port, ssl=tls)
        except TimeoutError:
            raise NoAnswer("ConnectTimeout") from None
        except OSError:
            raise NoAnswer("ConnectError") from None
        return made

    def _secured(self) -> ssl.SSLContext:
        self._tls = self._tls or ssl.create_default_context()
        return self._tls


def _written(
    method: str, origin: _Origin, target: bytes, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """The request as it goes out. Raises NoAnswer for what would not be one request."""
    lines = [f"host: {origin.named}", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines.append(f"content-length: {len(body)}")
    if _UNSENDABLE.search(target) or any(map(_BREAKS_HEADERS.search, lines)):
        raise NoAnswer("LocalProtocolError")
    try:
        head = "\r\n".join(lines).encode("ascii")
    except UnicodeEncodeError:
        raise NoAnswer("LocalProtocolError") from None
    start = b"%b %b%b HTTP/1.1\r\n" % (method.encode("ascii"), origin.prefix, target)
    return b"%b%b\r\n\r\n%b" % (start, head, body or b"")
