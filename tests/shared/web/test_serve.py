"""A real process on a real socket, stopped by real signals."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]


class Process:
    """The served app with what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0

    async def until(self, event: str) -> dict[str, object]:
        assert self.process.stdout is not None
        while line := (await self.process.stdout.readline()).decode().strip():
            self.lines.append(line)
            if line.startswith("{") and json.loads(line)["event"] == event:
                return dict(json.loads(line))
        raise AssertionError(f"{event} never came: {self.lines}")

    async def ended(self) -> int:
        assert self.process.stdout is not None
        rest = await asyncio.wait_for(self.process.stdout.read(), 15)
        self.lines += rest.decode().splitlines()
        return await self.process.wait()


@asynccontextmanager
async def served(*arguments: str) -> AsyncIterator[Process]:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tests.shared.web.served", *arguments)
    started = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=pipe)
    try:
        yield Process(started)
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


@pytest.fixture
async def running() -> AsyncIterator[Process]:
    async with served("0") as process:
        process.port = int(str((await process.until("starting"))["port"]))
        async with client(process) as probe:
            for _ in range(100):
                try:
                    if (await probe.get("/health/ready")).status_code == 200:
                        break
                except httpx.ConnectError:
                    pass
                await asyncio.sleep(0.05)
        yield process


def client(process: Process) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.port}", timeout=10)


class TestStopping:
    @pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
    async def test_lets_a_running_request_finish(self, running: Process, sign: signal.Signals) -> None:
        async with client(running) as http:
            slow = asyncio.create_task(http.get("/slow", params={"seconds": 1.2}))
            await asyncio.sleep(0.2)
            running.process.send_signal(sign)
            answer = await slow
        assert (answer.status_code, answer.json()) == (200, "finished")
        assert await running.ended() == 0
        steps = [json.loads(line)["event"] for line in running.lines]
        assert [step for step in steps if step in {"draining", "request_answered", "closed", "stopped"}] == [
            "draining",
            "request_answered",
            "closed",
            "stopped",
        ]

    async def test_is_unready_but_alive_first(self, running: Process) -> None:
        async with client(running) as http:
            running.process.send_signal(signal.SIGTERM)
            await running.until("draining")
            ready, live = await http.get("/health/ready"), await http.get("/health/live")
            work = await http.post("/echo", content=b"abc")
        assert (ready.status_code, live.status_code, work.text) == (503, 200, "3")
        assert await running.ended() == 0

    async def test_does_not_wait_for_ever(self, running: Process) -> None:
        async with client(running) as http:
            slow = asyncio.create_task(http.get("/slow", params={"seconds": 60}))
            await asyncio.sleep(0.2)
            running.process.send_signal(signal.SIGTERM)
            assert await running.ended() == 0
            outcome = (await asyncio.gather(slow, return_exceptions=True))[0]
        assert isinstance(outcome, httpx.TransportError) or outcome.status_code == 500  # type: ignore[union-attr]


class TestAChunkedBody:
    async def test_too_large_is_refused_while_it_comes(self, running: Process) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(5):  # 80 KiB, and no last chunk: the answer comes before the end of the body
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        await writer.drain()
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert head.startswith(b"HTTP/1.1 413")
        assert b"application/problem+json" in head
        writer.close()


class TestStarting:
    async def test_on_a_taken_port_says_so(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            async with served(str(taken.getsockname()[1])) as process:
                _, error = await process.process.communicate()
                assert process.process.returncode == 2
        assert error.decode().count("\n") == 1
        assert "PORTAL_PORT" in error.decode()

    async def test_that_fails_quotes_no_data(self) -> None:
        async with served("0", "broken") as process:
            output, error = await process.process.communicate()
            assert process.process.returncode == 3
        assert b"RuntimeError" in output
        assert b"canary" not in output + error


class TestAProxy:
    @pytest.mark.parametrize(
        ("trusted", "seen"),
        [((), "127.0.0.1"), (("10.0.0.0/8",), "127.0.0.1"), (("127.0.0.0/8",), "192.0.2.7")],
    )
    async def test_is_believed_only_when_it_is_known(self, trusted: tuple[str, ...], seen: str) -> None:
        async with served("0", *trusted) as process:
            process.port = int(str((await process.until("starting"))["port"]))
            async with client(process) as http:
                answer = await patiently(http, {"X-Forwarded-For": "198.51.100.9, 192.0.2.7"})
        assert answer == seen


async def patiently(http: httpx.AsyncClient, headers: dict[str, str]) -> str:
    for _ in range(100):
        try:
            return str((await http.get("/client", headers=headers)).json())
        except httpx.ConnectError:
            await asyncio.sleep(0.05)
    raise AssertionError("never answered")
