"""The append queue where only a real server shows it: rivals in a transaction, lost connections, a column's
rules. What it shares with its twin is in test_contract.py."""

import asyncio
import random
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from shared.clock import SystemClock
from shared.ids import new_id
from shared.log import (
    Append,
    AppendQueue,
    CursorMoved,
    LeaseLost,
    LogUnavailable,
    VersionConflict,
)
from shared.log import queue as queue_module
from shared.log.append import CursorMove, DoneTask, NewTask, Row
from shared.log.statement import compose
from tests.faults.proxy import Wire
from tests.shared.log.conftest import Log, events
from tests.shared.toy.library import LOANS

pytestmark = pytest.mark.integration


def row(title: object) -> Append:
    append = Append()
    append.put(Row(LOANS, (str(new_id()),), {"title": title, "state": "lent"}))
    return append


def named(loan: str, title: int) -> Append:
    """A new title for one loan."""
    append = Append()
    append.put(Row(LOANS, (loan,), {"title": str(title), "state": "lent"}))
    return append


async def outcomes(*appends: Any) -> list[Any]:
    return list(await asyncio.gather(*appends, return_exceptions=True))


class TestAPoisonValue:
    @pytest.mark.parametrize("poison", [None, 2**70], ids=["null", "big"])
    async def test_of_one_disturbs_no_neighbour(self, log: Log, poison: object) -> None:
        appends = [row("fine") for _ in range(30)]
        appends.insert(11, row(poison))
        found = await outcomes(*(log.queue.append(append) for append in appends))
        bad = [n for n, outcome in enumerate(found) if outcome is not None]
        if poison == 2**70:  # a number is a text too; what matters is that nobody else is told of it
            assert bad in ([], [11])
        else:
            assert bad == [11]
        assert await log.count("loan") == 31 - len(bad)

    async def test_that_the_driver_cannot_send_is_its_callers_alone(self, log: Log) -> None:
        """A text with half a character: no connection is to blame, and none is given up for it."""
        connection = log.queue._lanes[0].connection
        poison = row("poisoned")
        poison.tasks.append(NewTask(new_id(), "remind", "{}", "{}", SystemClock().now(), "\ud800"))
        async with asyncio.timeout(5):
            found = await outcomes(
                log.queue.append(row("fine")), log.queue.append(poison), log.queue.append(row("fine"))
            )
        assert [type(outcome) for outcome in found[::2]] == [type(None)] * 2
        assert isinstance(found[1], asyncpg.DataError)
        assert log.queue._lanes[0].connection is connection
        assert await log.count("loan") == 2


class TestWhileTheDatabase:
    async def test_is_away_nobody_waits_for_his_turn_to_be_told(self, log: Log, monkeypatch: Any) -> None:
        monkeypatch.setattr(queue_module, "TRIES", 2)
        monkeypatch.setattr(queue_module, "BATCH", 2)
        asked: list[bool] = []

        async def refused() -> asyncpg.Connection:
            asked.append(True)
            raise ConnectionRefusedError

        monkeypatch.setattr(log.queue, "_connect", refused)
        connection = log.queue._lanes[0].connection
        assert connection is not None
        connection.terminate()
        found = await outcomes(*(log.queue.append(row("unheard")) for _ in range(40)))
        assert {type(outcome) for outcome in found} == {LogUnavailable}
        assert len(asked) <= queue_module.TRIES * queue_module.LANES
        assert log.queue._waiting_keys == 0
        monkeypatch.undo()
        await log.queue.append(row("heard"))
        assert await log.count("loan") == 1

    async def test_is_slow_so_much_may_wait_and_no_more(self, log: Log, monkeypatch: Any) -> None:
        """A rival holds a row: what needs it waits, what comes behind is refused, and all that was taken is
        written when the row is free."""
        monkeypatch.setattr(queue_module, "PENDING", 10)
        loan = str(new_id())
        rival = await asyncpg.connect(log.databases.log)
        async with rival.transaction():
            await rival.execute("INSERT INTO loan (loan_id, title, state) VALUES ($1, '', '')", loan)
            held = [asyncio.create_task(log.queue.append(named(loan, 0)))]
            await asyncio.sleep(0.2)  # on its way
            held += [asyncio.create_task(log.queue.append(named(loan, n))) for n in range(1, 11)]
            await asyncio.sleep(0.2)
            with pytest.raises(LogUnavailable, match="too much"):
                await log.queue.append(row("one too many"))
            assert not any(task.done() for task in held)
        await rival.close()
        async with asyncio.timeout(10):
            assert await asyncio.gather(*held) == [None] * 11
        assert await log.pool.fetchval("SELECT title FROM loan") == "10"


class TestWhatWaits:
    async def test_with_another_is_not_overtaken_there(self, log: Log) -> None:
        busy, free = new_id(), new_id()
        both = events(busy, 1)
        both.add(events(free, 0).streams[0])
        found = await outcomes(
            log.queue.append(events(busy, 0)), log.queue.append(both), log.queue.append(events(free, 1))
        )
        assert found == [None] * 3


class TestALostConnection:
    async def test_loses_and_doubles_nothing_under_load(self, log: Log, postgres_url: str) -> None:
        admin = await asyncpg.connect(postgres_url)
        database = log.databases.log.rpartition("/")[2]
        stop = False

        async def kill() -> None:
            while not stop:
                await asyncio.sleep(random.uniform(0.15, 0.4))
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = $1 AND query LIKE 'WITH%'",
                    database,
                )

        killer = asyncio.create_task(kill())
        streams = [new_id() for _ in range(16)]

        async def write(stream: Any) -> int:
            for version in range(20):
                append = events(stream, version)
                append.tasks.append(NewTask(new_id(), "none", "{}", "{}", log.unit().now))
                for _ in range(20):  # each try is the same append, as for a caller told "unavailable"
                    try:
                        await log.queue.append(append)
                        break
                    except LogUnavailable:
                        continue
            return version

        await asyncio.gather(*(write(stream) for stream in streams))
        stop = True
        await killer
        await admin.close()
        rows = await log.pool.fetch("SELECT stream_id, version FROM event ORDER BY stream_id, version")
        assert len(rows) == 16 * 20
        assert {r["version"] for r in rows} == set(range(1, 21))
        assert await log.count("task") == 16 * 20

    async def test_after_the_commit_is_no_conflict(self, log: Log, monkeypatch: Any) -> None:
        fetch = asyncpg.Connection.fetch
        lost: list[bool] = []

        async def forgetful(self: Any, query: str, *args: Any, **kw: Any) -> Any:
            found = await fetch(self, query, *args, **kw)
            if query.startswith("WITH") and not lost:
                lost.append(True)
                raise asyncpg.ConnectionDoesNotExistError("the answer was lost")
            return found

        monkeypatch.setattr(asyncpg.Connection, "fetch", forgetful)
        stream = new_id()
        await log.queue.append(events(stream, 0, 2))
        assert lost
        assert await log.count("event") == 2

    async def test_that_falls_silent_is_left_for_a_new_one(self, log: Log, monkeypatch: Any) -> None:
        monkeypatch.setattr(queue_module, "ANSWERED_WITHIN", 1.0)
        async with Wire(urlsplit(log.databases.log).port or 5432).listening() as wire:
            silences: list[asyncio.Task[None]] = []

            async def connect() -> asyncpg.Connection:
                connection = await asyncpg.connect(wire.of(log.databases.log))
                if not silences:  # the first falls silent before it has said anything
                    silences.append(asyncio.create_task(wire.silence(0.1)))
                    await asyncio.sleep(0)
                return connection

            queue = AppendQueue(connect)
            with pytest.raises(TimeoutError):
                await queue.start()
            await queue.start()
            silences[0] = asyncio.create_task(wire.silence(0.1))
            await asyncio.sleep(0)
            async with asyncio.timeout(20):
                await queue.append(events(new_id(), 0))
            await queue.close()
        assert await log.count("event") == 1


class TestATransactionThatBeganBefore:
    async def test_does_not_go_on_from_what_was_written_since(self, log: Log) -> None:
        """It would stand before what it follows: the feed reads by transaction id."""
        stream, late = new_id(), await asyncpg.connect(log.databases.log)
        async with late.transaction():
            await late.execute("SELECT pg_current_xact_id()")
            await log.queue.append(events(stream, 0))
            statement = compose([events(stream, 1)], 1)
            verdicts = await late.fetch(statement.text, *statement.args)
        await late.close()
        assert [row["state"] for row in verdicts] == ["version"]
        await log.queue.append(events(stream, 1))


class TestACursor:
    @pytest.mark.parametrize("before", [0, 1], ids=["first", "later"])
    async def test_is_moved_by_one_of_two_at_the_same_instant(self, log: Log, before: int) -> None:
        """The rival has written and not committed when ours is judged."""
        if before:
            await log.queue.append(Append(cursor=CursorMove("a", 0, 1)))
        rival = await asyncpg.connect(log.databases.log)
        transaction = rival.transaction()
        await transaction.start()
        await rival.execute(
            "INSERT INTO inbox_cursor VALUES ('a', $1) ON CONFLICT (source) DO UPDATE SET sequence = $1",
            before + 1,
        )
        late = row("late")
        late.cursor = CursorMove("a", before, before + 1)
        ours = asyncio.create_task(log.queue.append(late))
        await asyncio.sleep(0.3)
        await transaction.commit()
        with pytest.raises(CursorMoved):
            await ours
        assert await log.count("loan") == 0
        await rival.close()


class TestALease:
    async def task(self, log: Log) -> Any:
        unit = log.unit()
        task_id = unit.task("none", {})
        await unit.commit()
        return task_id

    async def test_passed_on_at_the_same_instant_voids_the_append(self, log: Log) -> None:
        task_id, lease = await self.task(log), new_id()
        await log.pool.execute("UPDATE task SET lease = $1", lease)
        rival = await asyncpg.connect(log.databases.log)
        transaction = rival.transaction()
        await transaction.start()
        await rival.execute("UPDATE task SET lease = $1", new_id())
        late = row("late")
        late.done.append(DoneTask(task_id, lease))
        ours = asyncio.create_task(log.queue.append(late))
        await asyncio.sleep(0.3)
        await transaction.commit()
        with pytest.raises(LeaseLost):
            await ours
        assert await log.count("loan") == 0
        await rival.close()


class TestTwoFlushes:
    async def test_run_side_by_side_and_never_share_a_stream(self, log: Log) -> None:
        """The first waits for a rival's lock: what follows it waits with it, all else goes on."""
        await log.queue.append(Append(cursor=CursorMove("a", 0, 1)))
        rival, stream = await asyncpg.connect(log.databases.log), new_id()
        async with rival.transaction():
            await rival.execute("SELECT FROM inbox_cursor FOR UPDATE")
            first = events(stream, 0)
            first.cursor = CursorMove("a", 1, 2)
            held = [asyncio.create_task(log.queue.append(first))]
            await asyncio.sleep(0.2)
            held.append(asyncio.create_task(log.queue.append(events(stream, 1))))
            async with asyncio.timeout(5):
                await asyncio.gather(*(log.queue.append(events(new_id(), 0)) for _ in range(20)))
            assert not any(task.done() for task in held)
        await rival.close()
        async with asyncio.timeout(10):
            assert await asyncio.gather(*held) == [None, None]
        order = await log.pool.fetch(
            "SELECT version FROM event WHERE stream_id = $1 ORDER BY epoch, xid, position", stream
        )
        assert [row["version"] for row in order] == [1, 2]

    async def test_share_what_waits_when_it_is_much(self, log: Log, monkeypatch: Any) -> None:
        flushed: list[int] = []

        def noted(batch: Any, epoch: int) -> Any:
            flushed.append(len(batch))
            return compose(batch, epoch)

        monkeypatch.setattr(queue_module, "compose", noted)
        await outcomes(*(log.queue.append(events(new_id(), 0)) for _ in range(queue_module.SHARED_FROM)))
        assert flushed == [queue_module.SHARED_FROM // 2] * 2
        flushed.clear()
        await outcomes(*(log.queue.append(events(new_id(), 0)) for _ in range(queue_module.SHARED_FROM - 1)))
        assert flushed == [queue_module.SHARED_FROM - 1]

    async def test_are_planned_once_and_not_each_time(self, log: Log) -> None:
        for _ in range(10):
            await log.queue.append(events(new_id(), 0))
        connection = log.queue._lanes[0].connection
        assert connection is not None
        plans = await connection.fetchrow(
            "SELECT sum(generic_plans)::int AS kept, sum(custom_plans)::int AS anew "
            "FROM pg_prepared_statements WHERE statement LIKE 'WITH epoch%'"
        )
        assert plans is not None
        assert (plans["kept"], plans["anew"]) == (10, 0)


class TestTwoProcesses:
    async def test_share_hot_streams(self, log: Log) -> None:
        rival = log.rival()
        await rival.start()
        streams = [new_id() for _ in range(5)]
        written = 0

        async def write(queue: Any) -> None:
            nonlocal written
            for _ in range(15):
                stream = random.choice(streams)
                version = await log.pool.fetchval(
                    "SELECT coalesce(max(version), 0) FROM event WHERE stream_id = $1", stream
                )
                append = events(stream, version)
                append.put(Row(LOANS, (str(stream),), {"title": "hot", "state": str(version + 1)}))
                with suppress(VersionConflict):
                    await queue.append(append)
                    written += 1

        await asyncio.gather(*(write(q) for q in (log.queue, rival) for _ in range(8)))
        await rival.close()
        assert await log.count("event") == written
        wrong = await log.pool.fetch(
            "SELECT stream_id FROM event GROUP BY 1 HAVING max(version) <> count(*) UNION ALL "
            "SELECT loan_id FROM loan WHERE state::int <> "
            "(SELECT max(version) FROM event WHERE stream_id = loan_id)"
        )
        assert wrong == []
        order = await log.pool.fetch("SELECT stream_id, version FROM event ORDER BY epoch, xid, position")
        for stream in streams:
            versions = [r["version"] for r in order if r["stream_id"] == stream]
            assert versions == sorted(versions)
