"""The wire does to connections what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.faults.proxy import Wire


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """To a server that says everything twice."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError, ConnectionError):
            while said := await reader.read(100):
                writer.write(said + said)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Wire(server.sockets[0].getsockname()[1]).listening() as wire:
        yield wire


class Client:
    """One connection by way of the wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, wire: Wire) -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", wire.port))

    async def ask(self, said: bytes) -> bytes:
        self.writer.write(said)
        async with asyncio.timeout(0.3):
            return await self.reader.readexactly(2 * len(said))


class TestAWire:
    async def test_passes_both_ways(self, wire: Wire) -> None:
        client = await Client.to(wire)
        assert await client.ask(b"ab") == b"abab"
        client.writer.write_eof()
        assert await client.reader.read() == b""

    async def test_that_is_cut_resets_every_connection(self, wire: Wire) -> None:
        client = await Client.to(wire)
        await client.ask(b"a")
        cutting = asyncio.create_task(wire.cut(0.2))
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await client.ask(b"b")
        later = await Client.to(wire)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await later.ask(b"c")
        await cutting
        assert await (await Client.to(wire)).ask(b"d") == b"dd"

    async def test_that_is_silent_says_nothing_not_even_the_end(self, wire: Wire) -> None:
        before = await Client.to(wire)
        await before.ask(b"a")
        silence = asyncio.create_task(wire.silence(0.5))
        await asyncio.sleep(0)
        meanwhile = await Client.to(wire)
        for client in (before, meanwhile):
            with pytest.raises(TimeoutError):
                await client.ask(b"b")
        await silence
        for client in (before, meanwhile):
            with pytest.raises(TimeoutError):
                await client.ask(b"c")
        assert await (await Client.to(wire)).ask(b"d") == b"dd"

    async def test_that_is_slow_passes_all_the_same(self, wire: Wire) -> None:
        client = await Client.to(wire)
        slow = asyncio.create_task(wire.slow_down(0.2, each=0.02))
        await asyncio.sleep(0)
        assert wire.seconds_late == 0.02
        assert await client.ask(b"a") == b"aa"
        await slow
        assert wire.seconds_late == 0

    def test_changes_the_place_of_an_address_alone(self) -> None:
        wire = Wire(5432, port=7000)
        assert wire.of("postgresql://me:pw@10.0.0.1:5432/mine") == "postgresql://me:pw@127.0.0.1:7000/mine"
