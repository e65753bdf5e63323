"""What has been kept long enough goes; all else stays. On a real log."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from structlog.testing import CapturingLogger

from shared.ids import new_id
from shared.log import Retention, Unit
from shared.observe.metrics import REGISTRY
from shared.service import KERNEL_RETENTIONS
from shared.tasks import HOUSEKEEPING, Housekeeping, Later, Tasks, Worker, housekeeping
from shared.testing import FixedClock
from tests.shared.log.conftest import Log, databases, log

pytestmark = pytest.mark.integration
__all__ = ["databases", "log"]

A_WEEK = Retention("task", "created_at < $1 AND kind = 'old'", timedelta(days=7))
ADD = """
INSERT INTO task (task_id, kind, payload, meta, due_at, created_at)
SELECT gen_random_uuid(), $1, '{}', '{}', 'infinity', $2 FROM generate_series(1, $3)
"""
WRITING = """
SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database()
"""


class House:
    """A log with rows of some age, and the housekeeping over it."""

    def __init__(self, found: Log) -> None:
        self.log, self.clock = found, FixedClock()

    async def add(self, count: int, days_ago: float, kind: str = "old") -> None:
        await self.log.pool.execute(ADD, kind, self.clock.now() - timedelta(days=days_ago), count)

    async def run(self, *retentions: Retention) -> timedelta:
        """One run; when the next one is."""
        with pytest.raises(Later) as later:
            await self.over(*retentions).run({}, Unit(self.log.parts, self.clock.now()))
        return later.value.delay

    def over(self, *retentions: Retention) -> Housekeeping:
        return Housekeeping(self.log.pool, self.clock, retentions or (A_WEEK,))

    async def left(self, table: str = "task") -> int:
        return await self.log.count(table)


@pytest.fixture
def house(log: Log) -> House:
    return House(log)


class TestRun:
    async def test_deletes_what_is_over_and_no_more(self, house: House) -> None:
        await house.add(3, 8)
        await house.add(2, 6)
        await house.add(2, 8, kind="other")
        assert await house.run() == housekeeping.EVERY
        assert await house.left() == 4

    async def test_goes_on_batch_after_batch(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(housekeeping, "BATCH", 10)
        monkeypatch.setattr(housekeeping, "PAUSE", 0)
        await house.add(35, 8)
        assert await house.run() == housekeeping.EVERY
        assert await house.left() == 0

    async def test_stops_when_its_time_is_up_and_comes_again_soon(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(housekeeping, "BATCH", 10)
        monkeypatch.setattr(housekeeping, "LONGEST_RUN", 0)
        await house.add(35, 8)
        assert await house.run() == housekeeping.SOON
        assert await house.left() == 25

    async def test_commits_each_batch_by_itself(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(housekeeping, "BATCH", 10)
        await house.add(30, 8)
        seen = []

        async def look(_seconds: float) -> None:
            seen.append((await house.left(), await house.log.pool.fetchval(WRITING)))

        monkeypatch.setattr(asyncio, "sleep", look)
        await house.run()
        assert seen[:2] == [(20, 0), (10, 0)]

    async def test_waits_for_nobody(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        """A row that another transaction holds is left, and the run of the next table is not held up."""
        monkeypatch.setattr(housekeeping, "BATCH", 10)
        await house.add(1, 9)
        other = Retention("task", "created_at < $1 AND kind = 'other'", timedelta(days=7))
        await house.add(3, 9, kind="other")
        async with house.log.pool.acquire() as holding, holding.transaction():
            await holding.execute("SELECT FROM task WHERE kind = 'old' FOR UPDATE")
            async with asyncio.timeout(20):
                await house.run(A_WEEK, other)
            assert await house.left() == 1
        await house.run(A_WEEK, other)
        assert await house.left() == 0

    async def test_keeps_what_was_changed_while_it_looked(self, house: House) -> None:
        await house.add(2, 8)
        found = await house.log.pool.fetch(housekeeping._find(A_WEEK), house.clock.now(), 10)
        await house.log.pool.execute(
            "UPDATE task SET kind = 'kept' WHERE task_id = (SELECT task_id FROM task LIMIT 1)"
        )
        await house.log.pool.execute(
            housekeeping._delete(A_WEEK), house.clock.now(), [row["ctid"] for row in found]
        )
        assert [row["kind"] for row in await house.log.pool.fetch("SELECT kind FROM task")] == ["kept"]

    async def test_goes_on_where_one_table_fails(self, house: House) -> None:
        await house.add(2, 8)
        nowhere = Retention("nowhere", "at < $1", timedelta(days=1))
        forbidden = Retention("event", "recorded_at < $1", timedelta(days=-9000))
        await house.log.lend()
        assert await house.run(nowhere, forbidden, A_WEEK) == housekeeping.EVERY
        assert (await house.left(), await house.left("event")) == (0, 1)

    async def test_is_counted_and_logged(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        def metric(name: str, **labels: str) -> float:
            return REGISTRY.get_sample_value(name, labels) or 0.0

        before = metric("portal_housekeeping_deleted_total", table="task")
        done = metric("portal_housekeeping_runs_total", outcome="done")
        await house.add(3, 8)
        said = CapturingLogger()
        monkeypatch.setattr(housekeeping, "log", said)
        await house.run()
        assert metric("portal_housekeeping_deleted_total", table="task") == before + 3
        assert metric("portal_housekeeping_runs_total", outcome="done") == done + 1
        (line,) = said.calls
        assert (line.args, line.kwargs["deleted"]) == (("housekeeping_ran",), {"task": 3})


class TestKernelTables:
    async def test_lose_answers_after_a_week_and_no_other_reservation(self, house: House) -> None:
        for days in (6, 8):
            for scope in ("idempotency", "permit_per_plate"):
                await house.log.pool.execute(
                    "INSERT INTO reservation (scope, digest, stream_id, taken_at) VALUES ($1, $2, $3, $4)",
                    scope, bytes([days]), new_id(), house.clock.now() - timedelta(days=days),
                )  # fmt: skip
        await house.run(*KERNEL_RETENTIONS)
        rows = await house.log.pool.fetch("SELECT scope, digest FROM reservation ORDER BY scope, digest")
        assert [(row["scope"], row["digest"][0]) for row in rows] == [
            ("idempotency", 6),
            ("permit_per_plate", 6),
            ("permit_per_plate", 8),
        ]

    async def test_lose_tasks_that_are_done_and_keep_those_that_failed_or_wait(self, house: House) -> None:
        await house.add(3, 400)
        await house.log.pool.execute(
            "UPDATE task SET kind = 'done', done_at = $1"
            " WHERE task_id = (SELECT min(task_id::text)::uuid FROM task)",
            house.clock.now() - timedelta(days=31),
        )
        await house.log.pool.execute(
            "UPDATE task SET kind = 'failed', failed_at = created_at"
            " WHERE task_id = (SELECT max(task_id::text)::uuid FROM task)"
        )
        await house.run(*KERNEL_RETENTIONS)
        rows = await house.log.pool.fetch("SELECT kind FROM task ORDER BY kind")
        assert [row["kind"] for row in rows] == ["failed", "old"]

    async def test_lose_what_an_operator_discarded_a_year_ago(self, house: House) -> None:
        for sequence, days in ((1, None), (2, 300), (3, 400)):
            when = None if days is None else house.clock.now() - timedelta(days=days)
            await house.log.pool.execute(
                "INSERT INTO parked (source, sequence, stream_key, envelope, error, parked_at, discarded_at)"
                " VALUES ('x', $1, 's', '', 'e', '2020-01-01', $2)", sequence, when,
            )  # fmt: skip
        await house.run(*KERNEL_RETENTIONS)
        rows = await house.log.pool.fetch("SELECT sequence FROM parked ORDER BY sequence")
        assert [row["sequence"] for row in rows] == [1, 2]

    async def test_lose_attempts_at_events_that_were_passed(self, house: House) -> None:
        await house.log.pool.execute("INSERT INTO inbox_cursor VALUES ('x', 7)")
        await house.log.pool.execute("INSERT INTO inbox_attempt VALUES ('x', 7, 0), ('x', 8, 1), ('y', 1, 1)")
        await house.run(*KERNEL_RETENTIONS)
        rows = await house.log.pool.fetch("SELECT source, sequence FROM inbox_attempt ORDER BY 1")
        assert [tuple(row) for row in rows] == [("x", 8), ("y", 1)]

    async def test_that_must_stay_are_in_no_retention(self) -> None:
        named = {one.table for one in KERNEL_RETENTIONS}
        assert named.isdisjoint(
            {"event", "feed", "feed_head", "relay_cursor", "inbox_cursor", "number_range"}
        )


class TestRecurring:
    """Through the worker: one row, one run at a time, whatever the number of processes."""

    @asynccontextmanager
    async def at_work(self, house: House, processes: int, act: Callable[..., Any]) -> Any:
        async with AsyncExitStack() as stack:
            for _ in range(processes):
                tasks = Tasks()
                tasks.recur(HOUSEKEEPING, act)
                worker = Worker(
                    house.log.pool, tasks, lambda _: Unit(house.log.parts, house.clock.now()), house.clock
                )
                worker.start()
                stack.push_async_callback(worker.close)
            yield

    @staticmethod
    async def until(check: Callable[[], Any]) -> None:
        async with asyncio.timeout(20):
            while not check():
                await asyncio.sleep(0.02)

    async def test_is_done_by_one_process_at_a_time_and_again_when_due(self, house: House) -> None:
        runs, at_once = 0, 0

        async def act(_payload: Any, _unit: Unit) -> None:
            nonlocal runs, at_once
            at_once += 1
            assert at_once == 1
            await asyncio.sleep(0.1)
            at_once -= 1
            runs += 1
            raise Later(timedelta(hours=1))

        async with self.at_work(house, 3, act):
            await self.until(lambda: runs == 1)
            await asyncio.sleep(0.3)
            assert (runs, await house.left()) == (1, 1)
            house.clock.advance(timedelta(hours=1))
            await self.until(lambda: runs == 2)
        assert await house.left() == 1

    async def test_begins_anew_after_it_was_given_up(self, house: House) -> None:
        async with self.at_work(house, 1, house.over().run):
            pass
        await house.log.pool.execute(
            "INSERT INTO task (task_id, kind, dedupe, payload, meta, due_at, tries, failed_at)"
            " VALUES ($1, $2, $2, '{}', '{}', now(), 12, now())"
            " ON CONFLICT (kind, dedupe) WHERE dedupe IS NOT NULL"
            " DO UPDATE SET failed_at = now(), tries = 12",
            new_id(),
            HOUSEKEEPING,
        )
        runs = 0

        async def act(_payload: Any, _unit: Unit) -> None:
            nonlocal runs
            runs += 1
            raise Later(timedelta(hours=1))

        async with self.at_work(house, 1, act):
            await self.until(lambda: runs == 1)


async def test_a_role_may_delete_only_where_a_retention_says_so(log: Log) -> None:
    for table in ("event", "feed"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await log.pool.execute(f"DELETE FROM {table}")
