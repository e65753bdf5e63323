"""Tasks on a real log with a clock that is told to go on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared.bus.handlers import Permanent
from shared.clock import SystemClock
from shared.ids import new_id
from shared.log import ReservationTaken, Unit, VersionConflict
from shared.tasks import Later, Tasks, Worker, worker
from shared.testing import FixedClock
from tests.shared.log.conftest import Log, databases, log

pytestmark = pytest.mark.integration
__all__ = ["databases", "log"]


class Bench:
    """Workers on one table; what the task does is set by the test."""

    def __init__(self, found: Log, stack: AsyncExitStack) -> None:
        self.log = found
        self.clock: Any = FixedClock()
        self.runs = 0
        self.given_up = 0
        self.act: Callable[[Unit], Any] | None = None
        self._stack = stack

    def worker(self) -> Worker:
        tasks = Tasks()

        async def give_up(payload: Mapping[str, Any], unit: Unit) -> None:
            self.given_up += 1
            unit.task("given_up", {})

        @tasks.on("act", tries=2, give_up=give_up)
        async def act(payload: Mapping[str, Any], unit: Unit) -> None:
            self.runs += 1
            unit.task("effect", {})
            if self.act is not None:
                await self.act(unit)

        made = Worker(self.log.pool, tasks, lambda _: self.unit(), self.clock)
        self._stack.push_async_callback(made.close)
        made.start()
        return made

    def unit(self) -> Unit:
        return Unit(self.log.parts, self.clock.now())

    async def store(self, **kw: Any) -> None:
        unit = self.unit()
        unit.task("act", {}, **kw)
        await unit.commit()

    async def until(self, condition: str) -> None:
        async with asyncio.timeout(20):
            while not await self.log.pool.fetchval(f"SELECT count(*) FROM task WHERE {condition}"):
                await asyncio.sleep(0.02)

    async def kinds(self) -> list[str]:
        rows = await self.log.pool.fetch("SELECT kind FROM task WHERE kind <> 'act' ORDER BY kind")
        return [r["kind"] for r in rows]


@pytest.fixture
async def bench(log: Log, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(worker, "POLL", 0.05)
    async with AsyncExitStack() as stack:
        yield Bench(log, stack)


def raising(error: Exception, times: int = 1_000) -> Callable[[Unit], Any]:
    left = times

    async def act(unit: Unit) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise error

    return act


DONE = "kind = 'act' AND done_at IS NOT NULL"


class TestATask:
    async def test_with_a_key_is_kept_once(self, bench: Bench) -> None:
        for _ in range(3):
            await bench.store(key="one")
        bench.worker()
        await bench.until(DONE)
        assert (bench.runs, await bench.kinds()) == (1, ["effect"])

    async def test_waits_until_it_is_due(self, bench: Bench) -> None:
        await bench.store(due=bench.clock.now() + timedelta(hours=1))
        bench.worker()
        await asyncio.sleep(0.3)
        assert bench.runs == 0
        bench.clock.advance(timedelta(hours=1))
        await bench.until(DONE)


class TestAFailure:
    async def test_is_tried_again_after_a_while(self, bench: Bench) -> None:
        bench.act = raising(RuntimeError("hiccup"), 1)
        await bench.store()
        bench.worker()
        await bench.until("last_error LIKE '%hiccup%'")
        await asyncio.sleep(0.2)
        assert bench.runs == 1
        bench.clock.advance(timedelta(seconds=1))
        await bench.until(DONE)
        assert await bench.kinds() == ["effect"]

    @pytest.mark.parametrize(
        ("error", "runs"), [(Permanent("no"), 1), (RuntimeError("no"), 2), (ReservationTaken("mail"), 2)],
        ids=["permanent", "lasting", "refused"],
    )  # fmt: skip
    async def test_for_good_is_given_up(self, bench: Bench, error: Exception, runs: int) -> None:
        bench.act = raising(error)
        await bench.store()
        bench.worker()
        async with asyncio.timeout(20):
            while not bench.given_up:
                await asyncio.sleep(0.05)
                bench.clock.advance(timedelta(seconds=5))
        await bench.until(DONE)
        assert (bench.runs, await bench.kinds()) == (runs, ["given_up"])

    @pytest.mark.parametrize(
        "error", [Later(timedelta(seconds=3)), asyncpg.AdminShutdownError("restart")], ids=["later", "outage"]
    )
    async def test_that_is_none_does_not_count(self, bench: Bench, error: Exception) -> None:
        bench.act = raising(error, 6)
        await bench.store()
        bench.worker()
        async with asyncio.timeout(20):
            while bench.runs < 7:
                await asyncio.sleep(0.05)
                bench.clock.advance(timedelta(seconds=5))
        await bench.until(DONE)
        assert (bench.given_up, await bench.kinds()) == (0, ["effect"])

    @pytest.mark.parametrize(("unanswered", "outcome"), [(2, (1, 0)), (3, (0, 1))])
    async def test_without_any_answer_is_given_up_unrun(
        self, bench: Bench, unanswered: int, outcome: tuple[int, int]
    ) -> None:
        await bench.store()
        await bench.log.pool.execute(
            "UPDATE task SET unanswered = $1, lease = gen_random_uuid(), lease_until = $2",
            unanswered, bench.clock.now() - timedelta(seconds=1),
        )  # fmt: skip
        bench.worker()
        await bench.until(DONE)
        assert (bench.runs, bench.given_up) == outcome

    async def test_of_a_partner_is_outlived_for_three_days(self) -> None:
        waits = [worker._delay(tries) for tries in range(1, worker.LASTING)]
        assert sum(waits, timedelta(0)) > timedelta(days=3)


class TestASecondWorker:
    async def test_takes_over_after_the_lease_and_the_slow_one_writes_nothing(self, bench: Bench) -> None:
        gate = asyncio.Event()

        async def slow(unit: Unit) -> None:
            if bench.runs == 1:
                unit.task("late", {})
                await gate.wait()

        bench.act = slow
        await bench.store()
        bench.worker()
        await bench.until("lease IS NOT NULL")
        bench.worker()
        await asyncio.sleep(0.3)
        assert bench.runs == 1
        bench.clock.advance(worker.LEASE + timedelta(seconds=1))
        await bench.until(DONE)
        gate.set()
        await asyncio.sleep(0.3)
        assert (bench.runs, await bench.kinds()) == (2, ["effect"])

    async def test_shares_the_work(self, bench: Bench) -> None:
        for n in range(30):
            await bench.store(key=str(n))
        bench.worker()
        bench.worker()
        async with asyncio.timeout(20):
            while await bench.log.pool.fetchval("SELECT count(*) FROM task WHERE " + DONE) < 30:
                await asyncio.sleep(0.05)
        assert (bench.runs, len(await bench.kinds())) == (30, 30)


class TestTheLoop:
    async def test_outlives_what_the_database_says(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = bench.worker()
        take = made._take
        failed: list[Any] = []

        async def confused() -> Any:
            if not failed:
                failed.append(new_id())
                raise asyncpg.InternalClientError("confused")
            return await take()

        monkeypatch.setattr(made, "_take", confused)
        await bench.store()
        await bench.until(DONE)
        assert failed


@pytest.fixture
async def unpolled(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A worker at rest that nothing but a wake-up can move."""
    monkeypatch.setattr(worker, "POLL", 3600)
    bench.clock = SystemClock()
    made = bench.worker()
    bench.log.queue._on_commit = made.committed
    await asyncio.sleep(0.2)
    return bench


class TestAWorkerAtRest:
    @pytest.mark.parametrize("seconds", [0.0, 0.3])
    async def test_begins_what_was_stored_once_it_is_due(self, unpolled: Bench, seconds: float) -> None:
        await unpolled.store(due=unpolled.clock.now() + timedelta(seconds=seconds))
        await unpolled.until(DONE)

    @pytest.mark.parametrize(
        "error",
        [Later(timedelta(0)), Later(timedelta(milliseconds=300)), VersionConflict("moved"), RuntimeError()],
        ids=["at once", "later", "conflict", "failure"],
    )
    async def test_tries_again_once_it_is_time(self, unpolled: Bench, error: Exception) -> None:
        unpolled.act = raising(error, 1)
        await unpolled.store()
        await unpolled.until(DONE)
        assert unpolled.runs == 2

    async def test_takes_what_it_had_no_room_for(self, unpolled: Bench) -> None:
        unit = unpolled.unit()
        for _ in range(20):
            unit.task("act", {})
        await unit.commit()
        await unpolled.until(f"(SELECT count(*) FROM task WHERE {DONE}) = 20")
