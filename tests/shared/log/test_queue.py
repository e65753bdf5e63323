"""The append queue under rivals, poison, lost connections and cancellation."""

import asyncio
import random
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from shared.ids import new_id
from shared.log import (
    Append,
    AppendQueue,
    CursorMoved,
    LeaseLost,
    LogUnavailable,
    ReservationTaken,
    Table,
    VersionConflict,
)
from shared.log import queue as queue_module
from shared.log.append import CursorMove, DoneTask, NewTask, Reservation, Row
from tests.faults.proxy import Wire
from tests.shared.log.conftest import Log, events
from tests.shared.toy.library import LOANS, Loan

pytestmark = pytest.mark.integration


def row(title: object) -> Append:
    append = Append()
    append.put(Row(LOANS, (str(new_id()),), {"title": title, "state": "lent"}))
    return append


async def outcomes(*appends: Any) -> list[Any]:
    return list(await asyncio.gather(*appends, return_exceptions=True))


class TestAStream:
    async def test_takes_one_of_many_at_the_same_version(self, log: Log) -> None:
        stream = new_id()
        found = await outcomes(*(log.queue.append(events(stream, 0)) for _ in range(20)))
        assert sum(outcome is None for outcome in found) == 1
        assert sum(isinstance(outcome, VersionConflict) for outcome in found) == 19
        assert await log.count("event") == 1

    async def test_refuses_a_version_that_is_not_there(self, log: Log) -> None:
        with pytest.raises(VersionConflict):
            await log.queue.append(events(new_id(), 3))

    async def test_saved_twice_in_a_unit_is_written_once_in_order(self, log: Log) -> None:
        unit = log.unit()
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
        await unit.save(loan, subject=new_id())
        loan.give_back("at once", now=unit.now)
        await unit.save(loan)
        await unit.commit()
        assert (await log.unit().load(Loan, loan.id)).version == 2


class TestAReservation:
    async def test_is_freed_and_taken_again(self, log: Log) -> None:
        first, second = new_id(), new_id()
        unit = log.unit()
        unit.reserve("mail", "a@example.org", first)
        await unit.commit()
        unit = log.unit()
        unit.reserve("mail", "a@example.org", second)
        with pytest.raises(ReservationTaken) as taken:
            await unit.commit()
        assert taken.value.scope == "mail"
        unit = log.unit()
        unit.release("mail", "a@example.org", second)
        await unit.commit()
        assert await log.count("reservation") == 1, "only its holder frees it"
        unit = log.unit()
        unit.release("mail", "a@example.org", first)
        await unit.commit()
        unit = log.unit()
        unit.reserve("mail", "a@example.org", second)
        await unit.commit()
        assert await log.pool.fetchval("SELECT stream_id FROM reservation") == second

    async def test_goes_to_one_of_two_processes(self, log: Log) -> None:
        rival = log.rival()
        await rival.start()
        taken = [
            q.append(Append(reserve=[Reservation("mail", bytes([n]), new_id())]))
            for n in range(40)
            for q in (log.queue, rival)
        ]
        found = await outcomes(*taken)
        assert sum(outcome is None for outcome in found) == 40
        assert sum(isinstance(outcome, ReservationTaken) for outcome in found) == 40
        await rival.close()


class TestAPoisonValue:
    @pytest.mark.parametrize(
        "poison", ["a\x00b", None, 2**70, object()], ids=["nul", "null", "big", "object"]
    )
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

    async def test_that_clashes_with_itself_is_told_so(self, log: Log) -> None:
        twice = Reservation("mail", b"x", new_id())
        found = await outcomes(
            log.queue.append(row("fine")),
            log.queue.append(Append(reserve=[twice, twice])),
            log.queue.append(row("fine")),
        )
        assert isinstance(found[1], asyncpg.UniqueViolationError)
        assert (found[0], found[2]) == (None, None)

    async def test_beside_a_conflict_tells_each_its_own(self, log: Log) -> None:
        loan = await log.lend()
        found = await outcomes(
            log.queue.append(events(loan.id, 0)), log.queue.append(row("\x00")), log.queue.append(row("fine"))
        )
        assert [type(outcome) for outcome in found] == [
            VersionConflict,
            asyncpg.UntranslatableCharacterError,
            type(None),
        ]


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
        monkeypatch.setattr(queue_module, "ANSWERED_WITHIN", 0.3)
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


class TestARow:
    async def test_is_patched_and_deleted(self, log: Log) -> None:
        loan = await log.lend("Urfaust")
        unit = log.unit()
        unit.put(LOANS, (str(loan.id),), {"state": "lost"})
        await unit.commit()
        assert tuple(await log.pool.fetchrow("SELECT title, state FROM loan")) == ("Urfaust", "lost")
        unit = log.unit()
        unit.put(LOANS, (str(loan.id),), None)
        await unit.commit()
        assert await log.count("loan") == 0

    async def test_written_once_keeps_its_first_values(self, log: Log) -> None:
        once, key = Table("loan", ("loan_id",), ("title", "state"), write_once=True), (str(new_id()),)
        for title in ("first", "second"):
            unit = log.unit()
            unit.put(once, key, {"title": title, "state": "lent"})
            await unit.commit()
        assert await log.pool.fetchval("SELECT title FROM loan") == "first"


class TestACursor:
    async def test_that_moved_voids_the_append(self, log: Log) -> None:
        await log.queue.append(Append(cursor=CursorMove("a", 0, 5)))
        late = row("late")
        late.cursor = CursorMove("a", 0, 1)
        with pytest.raises(CursorMoved):
            await log.queue.append(late)
        assert await log.count("loan") == 0
        assert await log.pool.fetchval("SELECT sequence FROM inbox_cursor") == 5

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

    async def test_held_finishes_once(self, log: Log) -> None:
        task_id, lease = await self.task(log), new_id()
        await log.pool.execute("UPDATE task SET lease = $1", lease)
        await log.queue.append(Append(done=[DoneTask(task_id, lease)]))
        with pytest.raises(LeaseLost):
            await log.queue.append(Append(done=[DoneTask(task_id, lease)]))

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


class TestACaller:
    async def test_cancelled_neither_loses_nor_doubles(self, log: Log) -> None:
        callers = [asyncio.create_task(log.queue.append(events(new_id(), 0))) for _ in range(50)]
        await asyncio.sleep(0)
        for caller in callers[::2]:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        await log.queue.append(events(new_id(), 0))
        assert await log.count("event") == 51

    async def test_is_refused_when_too_much_waits(self, log: Log, monkeypatch: Any) -> None:
        monkeypatch.setattr(queue_module, "PENDING", 10)
        found = await outcomes(*(log.queue.append(events(new_id(), 0)) for _ in range(30)))
        assert sum(isinstance(outcome, LogUnavailable) for outcome in found) == 20
        assert await log.count("event") == 10


class TestClosing:
    async def test_flushes_what_is_pending(self, log: Log) -> None:
        queue = log.rival()
        await queue.start()
        callers = [asyncio.create_task(queue.append(events(new_id(), 0))) for _ in range(300)]
        await asyncio.sleep(0)
        await queue.close()
        assert await outcomes(*callers) == [None] * 300
        assert await log.count("event") == 300
        with pytest.raises(LogUnavailable):
            await queue.append(events(new_id(), 0))


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
