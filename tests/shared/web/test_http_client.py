"""The client between our processes, against a server that says what a test wants it to say."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import uvloop

from shared.web import http_client
from shared.web.http_client import Answer, HttpClient, NoAnswer

Saying = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """Hands each request, head and body together, to `says`, and counts the connections."""

    def __init__(self, says: Saying) -> None:
        self.says, self.connections = says, 0
        self.port = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                await self.says(head + await reader.readexactly(length), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def asked(
        self,
        client: HttpClient,
        target: bytes = b"/",
        method: str = "GET",
        body: bytes | None = None,
        **headers: str,
    ) -> Answer:
        return await client.send(method, f"http://127.0.0.1:{self.port}", target, headers, body)


@asynccontextmanager
async def serving(says: Saying) -> AsyncIterator[Server]:
    server = Server(says)
    listener = await asyncio.start_server(server.take, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    yield server
    listener.close()


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    made = HttpClient()
    yield made
    await made.aclose()


async def say(text: bytes, _request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(text)


async def echo(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(request), request))


async def refused(asking: Awaitable[Answer]) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        await asking
    return caught.value


class TestARequest:
    async def test_goes_out_as_it_was_meant(self, client: HttpClient) -> None:
        async with serving(echo) as server:
            answer = await server.asked(client, b"/a?b=%20%C3%BC+%2f", "POST", b"{}", Kind="text")
        head, _, body = answer.content.partition(b"\r\n\r\n")
        first, *headers = head.split(b"\r\n")
        assert (first, body) == (b"POST /a?b=%20%C3%BC+%2f HTTP/1.1", b"{}")
        assert sorted(headers) == [
            b"Accept: */*", b"Content-Length: 2", b"Host: 127.0.0.1:%d" % server.port, b"Kind: text",
        ]  # fmt: skip

    async def test_is_not_sent_on_to_where_the_answer_points(self, client: HttpClient) -> None:
        text = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"
        async with serving(partial(say, text)) as server:
            assert (await server.asked(client)).status_code == 302

    async def test_stands_below_the_path_of_its_base(self, client: HttpClient) -> None:
        async with serving(echo) as server:
            base = f"http://127.0.0.1:{server.port}/below/"
            answer = await client.send("GET", base, b"/a", {})
        assert answer.content.startswith(b"GET /below/a HTTP/1.1\r\n")

    @pytest.mark.parametrize(
        ("target", "headers"),
        [
            (b"/a HTTP/1.1\r\nx: 1\r\n\r\nGET /b", {}),
            (b"/a b", {}),
            (b"/\xfc", {}),
            (b"/", {"key": "1\r\nauthorization: other"}),
            (b"/", {"key": "1\n2"}),
            (b"/", {"key": "Łucja"}),
        ],
    )
    async def test_that_would_be_two_is_not_sent(
        self, client: HttpClient, target: bytes, headers: dict[str, str]
    ) -> None:
        async with serving(echo) as server:
            failed = await refused(client.send("GET", f"http://127.0.0.1:{server.port}", target, headers))
        assert (failed.broken, server.connections) == (False, 0)


class TestAnAnswer:
    async def test_has_status_headers_and_content(self, client: HttpClient) -> None:
        text = b"HTTP/1.1 404 No\r\nETag: a\r\nVary: b\r\nvary: c\r\ncontent-length: 4\r\n\r\nnone"
        async with serving(partial(say, text)) as server:
            answer = await server.asked(client)
        assert (answer.status_code, answer.content) == (404, b"none")
        assert answer.headers == {"etag": "a", "vary": "b, c", "content-length": "4"}

    async def test_may_come_in_chunks(self, client: HttpClient) -> None:
        text = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        async with serving(partial(say, text)) as server:
            assert (await server.asked(client)).content == b"abc"
            assert (await server.asked(client)).content == b"abc"

    @pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
    async def test_without_a_body_is_whole_at_its_head(self, client: HttpClient, status: bytes) -> None:
        async with serving(partial(say, b"HTTP/1.1 " + status + b"\r\netag: a\r\n\r\n")) as server:
            assert (await server.asked(client)).content == b""

    async def test_to_head_is_whole_at_its_head(self, client: HttpClient) -> None:
        async with serving(partial(say, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")) as server:
            assert (await server.asked(client, method="HEAD")).headers["content-length"] == "9"

    async def test_is_not_its_announcement(self, client: HttpClient) -> None:
        text = b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" + OK
        async with serving(partial(say, text)) as server:
            answer = await server.asked(client)
        assert (answer.status_code, answer.headers, answer.content) == (200, {"content-length": "2"}, b"ok")

    def test_that_is_not_json_says_so(self) -> None:
        for content in (b"{", b"", b"\xff", b"[" * 100_000):
            with pytest.raises(ValueError, match=r"."):
                Answer(200, {}, content).json()


class TestAConnection:
    def test_works_on_the_loop_that_processes_run_on(self) -> None:
        async def asked_twice() -> list[bytes]:
            client = HttpClient()
            async with serving(partial(say, OK)) as server:
                answers = [await server.asked(client) for _ in range(2)]
            await client.aclose()
            assert server.connections == 1
            return [answer.content for answer in answers]

        assert uvloop.run(asked_twice()) == [b"ok", b"ok"]

    async def test_is_kept(self, client: HttpClient) -> None:
        async with serving(partial(say, OK)) as server:
            for _ in range(3):
                await server.asked(client)
            await asyncio.gather(*(server.asked(client) for _ in range(4)))
        assert server.connections == 4

    async def test_is_not_kept_when_the_server_ends_it(self, client: HttpClient) -> None:
        async with serving(partial(say, OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))) as server:
            for _ in range(2):
                await server.asked(client)
        assert server.connections == 2

    async def test_is_not_used_after_lying_idle_for_long(
        self, client: HttpClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http_client, "IDLE_SECONDS", -1)
        async with serving(partial(say, OK)) as server:
            for _ in range(2):
                await server.asked(client)
        assert server.connections == 2

    async def test_of_a_caller_who_left_never_answers_another(self, client: HttpClient) -> None:
        async def slowly(request: bytes, writer: asyncio.StreamWriter) -> None:
            if b"/slow" in request:
                await asyncio.sleep(0.05)
            await echo(request, writer)

        async with serving(slowly) as server:
            leaving = asyncio.create_task(server.asked(client, b"/slow"))
            await asyncio.sleep(0.02)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            answers = [await server.asked(client, b"/mine") for _ in range(3)]
        assert all(answer.content.startswith(b"GET /mine ") for answer in answers)

    async def test_of_a_caller_who_left_is_closed_at_once(self, client: HttpClient) -> None:
        asked, closed = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            assert await reader.read() == b""
            closed.set()
            writer.close()

        listener = await asyncio.start_server(silent, "127.0.0.1", 0)
        base = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        leaving = asyncio.create_task(client.send("GET", base, b"/", {}))
        await asked.wait()
        leaving.cancel()
        async with asyncio.timeout(2):
            await closed.wait()
        listener.close()

    async def test_waits_for_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_client, "ROOM_SECONDS", 0.2)
        client = HttpClient(room=1)

        async def never(_request: bytes, _writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(1)

        async with serving(never) as server:
            first = asyncio.create_task(server.asked(client))
            await asyncio.sleep(0.01)
            assert (await refused(server.asked(client))).reason == "ConnectTimeout"
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            again = asyncio.create_task(server.asked(client))  # the room of who left is free
            async with asyncio.timeout(5):
                while server.connections < 2:
                    await asyncio.sleep(0.01)
            assert not again.done()
            again.cancel()
        await client.aclose()


class TestNoAnswer:
    async def test_where_nobody_listens(self, client: HttpClient) -> None:
        failed = await refused(client.send("GET", "http://127.0.0.1:1", b"/", {}))
        assert (failed.reason, failed.broken) == ("ConnectError", False)

    async def test_when_the_connection_breaks(self, client: HttpClient) -> None:
        async def broken(_request: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(OK[:-1])
            writer.close()

        async with serving(broken) as server:
            failed = await refused(server.asked(client))
        assert (failed.reason, failed.broken) == ("ReadError", True)

    async def test_when_it_is_no_http(self, client: HttpClient) -> None:
        async with serving(partial(say, b"220 mail.example ESMTP\r\n\r\n")) as server:
            failed = await refused(server.asked(client))
        assert (failed.reason, failed.broken) == ("RemoteProtocolError", True)

    async def test_when_it_is_silent_for_too_long(
        self, client: HttpClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http_client, "SILENT_SECONDS", 0.4)

        async def drop_by_drop(request: bytes, writer: asyncio.StreamWriter) -> None:
            for place in range(0, len(OK), 10):
                writer.write(OK[place : place + 10])
                await asyncio.sleep(0.1)
            if b"/ends" not in request:
                await asyncio.sleep(2)

        async with serving(drop_by_drop) as server:
            assert (await server.asked(client, b"/ends")).content == b"ok"  # slow, never silent
            await server.asked(client, b"/ends")
        async with serving(lambda request, writer: asyncio.sleep(2)) as server:
            failed = await refused(server.asked(client))
        assert (failed.reason, failed.broken) == ("ReadTimeout", False)
