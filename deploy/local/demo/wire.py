"""What carries the requests of the browser without a screen: aiohttp, at a third of what httpx's own costs.

Whoever measures the portal with it measures the portal.
"""

from collections.abc import AsyncIterator

import aiohttp
import httpx
from yarl import URL


class Wire(httpx.AsyncBaseTransport):
    """Connections kept, nothing followed, cookies left to the client. `comes_from` is the own address."""

    def __init__(self, comes_from: str) -> None:
        self._comes_from = comes_from
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx.TransportError."""
        asked = self._opened().request(
            request.method, URL(str(request.url), encoded=True), headers=request.headers.multi_items(),
            data=await request.aread() or None, allow_redirects=False, timeout=_patience(request),
        )  # fmt: skip
        try:
            answer = await asked
        except TimeoutError as error:
            raise httpx.ReadTimeout(type(error).__name__, request=request) from error
        except aiohttp.ClientConnectorError as error:
            raise httpx.ConnectError(type(error).__name__, request=request) from error
        except aiohttp.ClientError as error:
            raise httpx.ReadError(type(error).__name__, request=request) from error
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer, request))

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """Made by the first request, in the loop of all of them."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(local_addr=(self._comes_from, 0)),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
            )
        return self._session


class _Body(httpx.AsyncByteStream):
    """The answer as it comes, an endless one too."""

    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer, self._request = answer, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._answer.content.iter_any():
                yield part
        except TimeoutError as error:
            raise httpx.ReadTimeout(type(error).__name__, request=self._request) from error
        except aiohttp.ClientError as error:
            raise httpx.ReadError(type(error).__name__, request=self._request) from error

    async def aclose(self) -> None:
        """What is not read to its end takes its connection along."""
        if self._answer.content.at_eof():
            self._answer.release()
        else:
            self._answer.close()


def _patience(request: httpx.Request) -> aiohttp.ClientTimeout:
    given = request.extensions.get("timeout", {})
    return aiohttp.ClientTimeout(total=None, sock_connect=given.get("connect"), sock_read=given.get("read"))
