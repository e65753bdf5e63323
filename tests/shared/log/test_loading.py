"""The load queue where only a real server shows it: what is read together, lost connections, long streams."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from shared.ids import new_id
from shared.log import LoadQueue, LogUnavailable
from shared.log import loading as loading_module
from shared.log.loading import LATEST
from tests.faults.proxy import Wire
from tests.shared.log.conftest import Log, events

pytestmark = pytest.mark.integration


LOADS = (loading_module.STREAM, loading_module._STREAMS)


@pytest.fixture
async def loads(log: Log) -> AsyncIterator[LoadQueue]:
    """With one connection, so that what goes together is certain."""
    queue = LoadQueue(lambda: asyncpg.connect(log.databases.log), lanes=1)
    yield queue
    await queue.close()


class Held:
    """Answers of the database to loads, kept back on their way until `release`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.arrived, self.release = asyncio.Event(), asyncio.Event()
        self.statements = 0
        fetch = asyncpg.Connection.fetch

        async def held(connection: Any, query: str, *args: Any, **options: Any) -> Any:
            found = await fetch(connection, query, *args, **options)
            if query in LOADS:
                self.statements += 1
                self.arrived.set()
                await self.release.wait()
            return found

        monkeypatch.setattr(asyncpg.Connection, "fetch", held)


async def versions(loads: LoadQueue, stream: UUID, after: int = 0, until: int = LATEST) -> list[int]:
    return [row["version"] for row in await loads.rows(stream, after, until)]


class TestALoad:
    async def test_shows_what_was_committed_before_it_though_another_is_on_its_way(
        self, log: Log, loads: LoadQueue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = new_id()
        await log.queue.append(events(stream, 0))
        held = Held(monkeypatch)
        early = asyncio.create_task(versions(loads, stream))
        await held.arrived.wait()
        await log.queue.append(events(stream, 1))
        late = asyncio.create_task(versions(loads, stream))
        await asyncio.sleep(0)
        held.release.set()
        assert await early == [1]
        assert await late == [1, 2]

    @pytest.mark.parametrize("lanes", [1, 2])
    async def test_shows_each_of_32_callers_its_own_writes(self, log: Log, lanes: int) -> None:
        loads = LoadQueue(lambda: asyncpg.connect(log.databases.log), lanes)

        async def call(stream: UUID) -> None:
            for version in range(15):
                await log.queue.append(events(stream, version))
                assert await versions(loads, stream) == list(range(1, version + 2))

        await asyncio.gather(*(call(new_id()) for _ in range(32)))
        await loads.close()

    async def test_goes_together_with_those_that_wait_and_gets_its_own_rows(
        self, log: Log, loads: LoadQueue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        streams = [new_id() for _ in range(12)]
        await asyncio.gather(*(log.queue.append(events(s, 0, n)) for n, s in enumerate(streams, 1)))
        held = Held(monkeypatch)
        first = asyncio.create_task(versions(loads, new_id()))
        await held.arrived.wait()
        waiting = [asyncio.create_task(versions(loads, s, n // 2)) for n, s in enumerate(streams, 1)]
        await asyncio.sleep(0)
        held.release.set()
        assert await first == []
        assert await asyncio.gather(*waiting) == [list(range(n // 2 + 1, n + 1)) for n in range(1, 13)]
        assert held.statements == 2

    async def test_of_a_long_stream_is_whole_and_lets_others_in_between(
        self, log: Log, loads: LoadQueue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(loading_module, "PART", 10)
        long, short = new_id(), new_id()
        await log.queue.append(events(long, 0, 95))
        await log.queue.append(events(short, 0))
        whole = asyncio.create_task(versions(loads, long))
        await asyncio.sleep(0)
        assert await versions(loads, short) == [1]
        assert not whole.done()
        assert await whole == list(range(1, 96))
        assert await versions(loads, long, 10, 20) == list(range(11, 21))

    async def test_until_beyond_all_versions_reads_to_the_end(self, log: Log, loads: LoadQueue) -> None:
        stream = new_id()
        await log.queue.append(events(stream, 0, 2))
        assert await versions(loads, stream, 1, 2**70) == [2]
        assert await versions(loads, stream, 2**70, 2**70) == []


class TestACancelledCaller:
    async def test_disturbs_nobody(self, log: Log, loads: LoadQueue, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = new_id()
        await log.queue.append(events(stream, 0))
        held = Held(monkeypatch)
        sent = asyncio.create_task(versions(loads, stream))
        await held.arrived.wait()
        waiting = [asyncio.create_task(versions(loads, stream)) for _ in range(3)]
        await asyncio.sleep(0)
        sent.cancel()
        waiting[1].cancel()
        held.release.set()
        async with asyncio.timeout(20):
            found = await asyncio.gather(sent, *waiting, return_exceptions=True)
        assert [type(one) for one in found[:1] + found[2:3]] == [asyncio.CancelledError] * 2
        assert found[1] == found[3] == [1]
        assert await versions(loads, stream) == [1]


class TestALostConnection:
    async def test_is_made_anew_and_everybody_answered(
        self, log: Log, loads: LoadQueue, postgres_url: str
    ) -> None:
        stream = new_id()
        await log.queue.append(events(stream, 0))
        admin = await asyncpg.connect(postgres_url)
        for _ in range(3):
            assert await versions(loads, stream) == [1]
            lost = await admin.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = $1 AND query LIKE '%version > $2%'",
                log.databases.log.rpartition("/")[2],
            )
            assert lost == 1
            found = await asyncio.gather(*(versions(loads, stream) for _ in range(8)))
            assert found == [[1]] * 8
        await admin.close()

    async def test_that_cannot_be_made_is_told_to_those_who_asked(self, log: Log) -> None:
        away = True

        async def connect() -> asyncpg.Connection:
            if away:
                raise ConnectionRefusedError("away")
            return await asyncpg.connect(log.databases.log)

        loads, stream = LoadQueue(connect), new_id()
        await log.queue.append(events(stream, 0))
        callers = (versions(loads, stream) for _ in range(5))
        found = await asyncio.gather(*callers, return_exceptions=True)
        assert [type(one) for one in found] == [ConnectionRefusedError] * 5
        away = False
        assert await versions(loads, stream) == [1]
        await loads.close()

    async def test_that_falls_silent_is_left_for_a_new_one(self, log: Log, monkeypatch: Any) -> None:
        monkeypatch.setattr(loading_module, "ANSWERED_WITHIN", 0.3)
        stream = new_id()
        await log.queue.append(events(stream, 0))
        async with Wire(urlsplit(log.databases.log).port or 5432).listening() as wire:
            loads = LoadQueue(lambda: asyncpg.connect(wire.of(log.databases.log)), lanes=1)
            assert await versions(loads, stream) == [1]
            silence = asyncio.create_task(wire.silence(0.1))
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                await versions(loads, stream)
            await silence
            assert await versions(loads, stream) == [1]
            await loads.close()


class TestWhatCannotBeRead:
    async def test_is_told_to_its_caller_alone(
        self, log: Log, loads: LoadQueue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As of a page of the table that the disk has lost."""
        streams = [new_id() for _ in range(5)]
        await asyncio.gather(*(log.queue.append(events(stream, 0)) for stream in streams))
        fetch = asyncpg.Connection.fetch

        async def damaged(connection: Any, query: str, *args: Any, **options: Any) -> Any:
            if streams[2] in args or any(isinstance(arg, tuple) and streams[2] in arg for arg in args):
                raise asyncpg.DataCorruptedError("invalid page")
            return await fetch(connection, query, *args, **options)

        monkeypatch.setattr(asyncpg.Connection, "fetch", damaged)
        found: list[Any] = await asyncio.gather(
            *(versions(loads, stream) for stream in streams), return_exceptions=True
        )
        assert isinstance(found.pop(2), asyncpg.DataCorruptedError)
        assert found == [[1]] * 4


class TestClosing:
    async def test_answers_what_waits_and_takes_no_more(self, log: Log, loads: LoadQueue) -> None:
        stream = new_id()
        await log.queue.append(events(stream, 0))
        callers = [asyncio.create_task(versions(loads, stream)) for _ in range(200)]
        await asyncio.sleep(0)
        await loads.close()
        async with asyncio.timeout(20):
            assert await asyncio.gather(*callers) == [[1]] * 200
        with pytest.raises(LogUnavailable):
            await versions(loads, stream)
