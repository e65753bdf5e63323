"""HTTP/1.1 between our own processes, through aiohttp: connections kept, nothing followed, nothing repeated.

A call costs a tenth of the processor time that a general client such as httpx spends on it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import aiohttp
import msgspec
from yarl import URL

CONNECT_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 5.0
ROOM_SECONDS: Final = 2.0
"""How long a call waits for one of the connections, its making included."""
IDLE_SECONDS: Final = 30.0
MOST_CONNECTIONS: Final = 100
_UNSENDABLE: Final = re.compile(rb"[\x00-\x20\x7f-\xff]")
_BREAKS_HEADERS: Final = re.compile(r"[^\x20-\x7e]")


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
        self,
        method: str,
        base: str,
        target: bytes,
        headers: Mapping[str, str],
        body: bytes | None = None,
        silent: float | None = None,
    ) -> Answer:
        """`silent` are seconds to wait for each part of this answer. Raises NoAnswer."""
        ...

    async def aclose(self) -> None: ...


class HttpClient:
    """Connections to any origin, at most `room` in use; it waits `silent` seconds for each part of an answer.

    Where others answer, `kept` is False: what such a server says too much could be taken for its next answer.
    `await aclose()` in the end.
    """

    def __init__(
        self,
        room: int = MOST_CONNECTIONS,
        silent: float = SILENT_SECONDS,
        connect: float = CONNECT_SECONDS,
        *,
        kept: bool = True,
    ) -> None:
        self._room, self._silent, self._connect, self._kept = room, silent, connect, kept
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self,
        method: str,
        base: str,
        target: bytes,
        headers: Mapping[str, str],
        body: bytes | None = None,
        silent: float | None = None,
    ) -> Answer:
        """The answer, whatever its status. Raises NoAnswer; whoever is cancelled loses the connection."""
        if _UNSENDABLE.search(target) or any(map(_BREAKS_HEADERS.search, headers.values())):
            raise NoAnswer("LocalProtocolError")
        address = URL(base.rstrip("/") + target.decode("ascii"), encoded=True)
        try:
            sent = self._opened().request(
                method, address, headers=headers, data=body, allow_redirects=False,
                timeout=self._waits(silent or self._silent),
            )  # fmt: skip
            async with sent as response:
                content = await response.read()
                return Answer(response.status, _lowered(response.headers), content)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _no_answer(error) from None

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """Made by the first call, in the loop of all of them."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
            )
        return self._session

    def _connector(self) -> aiohttp.TCPConnector:
        if not self._kept:
            return aiohttp.TCPConnector(limit=self._room, force_close=True)
        return aiohttp.TCPConnector(limit=self._room, keepalive_timeout=IDLE_SECONDS)

    def _waits(self, silent: float) -> aiohttp.ClientTimeout:
        room = max(ROOM_SECONDS, self._connect)
        return aiohttp.ClientTimeout(total=None, connect=room, sock_connect=self._connect, sock_read=silent)


_REASONS: Final[tuple[tuple[type[Exception], str, bool], ...]] = (
    (aiohttp.ConnectionTimeoutError, "ConnectTimeout", False),
    (TimeoutError, "ReadTimeout", False),
    (aiohttp.ClientConnectorError, "ConnectError", False),
    (aiohttp.ClientResponseError, "RemoteProtocolError", True),
    (aiohttp.ClientConnectionError, "ReadError", True),
    (aiohttp.ClientPayloadError, "ReadError", True),
)


def _no_answer(error: Exception) -> NoAnswer:
    for kind, reason, broken in _REASONS:
        if isinstance(error, kind):
            return NoAnswer(reason, broken=broken)
    return NoAnswer("LocalProtocolError")


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    lowered: dict[str, str] = {}
    for name, value in headers.items():
        known = name.lower()
        lowered[known] = f"{lowered[known]}, {value}" if known in lowered else value
    return lowered
