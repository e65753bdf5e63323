"""The feed of hot streams that two processes write to, while processes and connections are killed."""

import asyncio
import random
from contextlib import suppress
from typing import Any, Final

import asyncpg
import pytest

from shared.bus.envelope import Envelope, read
from shared.feed.sequencer import Sequencer, page
from shared.log.outage import DATABASE_AWAY
from tests.shared.feed.counting import PUBLISHED
from tests.shared.feed.town import Town
from tests.shared.log.conftest import Log, databases, log

pytestmark = pytest.mark.integration
__all__ = ["databases", "log"]
ENOUGH: Final = 120
"""Events that each of three lives of a process is told are written."""
SLOW_COMMITS: Final = """
CREATE FUNCTION wait_a_moment() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF random() < 0.1 THEN PERFORM pg_sleep(random() * 0.04); END IF; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION wait_a_moment();
"""
"""As a disk does now and then: what has its place in the log already is seen late."""


class Observed(Town):
    """Two sequencers number here what the processes write, and one who reads along."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.seen: list[Envelope] = []
        self.ending = False

    async def begin(self) -> None:
        owner = await asyncpg.connect(self.log.databases.owner_log)
        await owner.execute(SLOW_COMMITS)
        await owner.close()
        await super().begin()

    async def number(self, sequencer: Sequencer) -> None:
        while not self.ending:
            with suppress(*DATABASE_AWAY):
                await sequencer.run_once()
            await asyncio.sleep(0.002)

    async def read_along(self) -> None:
        """As a consumer: what it has passed it never looks at again."""
        while not self.ending:
            await self.read_on()
            await asyncio.sleep(0.002)

    async def read_on(self) -> None:
        after = self.seen[-1].sequence if self.seen else 0
        with suppress(*DATABASE_AWAY):
            self.seen += [read(raw) for _, raw in await page(self.log.pool, after, 50)]

    async def cut_connections(self) -> None:
        owner = await asyncpg.connect(self.log.databases.owner_log)
        while not self.ending:
            await asyncio.sleep(random.uniform(0.1, 0.4))
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND (query LIKE 'WITH%' OR query LIKE '%feed_head%') "
                "AND random() < 0.5"
            )
        await owner.close()

    async def settle(self) -> None:
        """Everything committed is numbered and read."""
        sequencer = Sequencer(self.log.pool, PUBLISHED)
        async with asyncio.timeout(30):
            while True:
                with suppress(*DATABASE_AWAY):
                    await sequencer.run_once()
                    if not await sequencer.holds_back():
                        break
                await asyncio.sleep(0.01)
        before = -1
        while before != len(self.seen):
            before = len(self.seen)
            await self.read_on()


class TestTwoWritingProcesses:
    async def test_killed_and_cut_off_leave_a_feed_that_misses_doubles_and_reorders_nothing(
        self, log: Log
    ) -> None:
        town = Observed(log)
        await town.begin()
        sequencers = [Sequencer(log.pool, PUBLISHED) for _ in range(2)]
        busy = [
            asyncio.create_task(work)
            for work in (*(town.number(s) for s in sequencers), town.read_along(), town.cut_connections())
        ]
        try:
            async with asyncio.timeout(120):
                await self.write(town)
        finally:
            town.ending = True
            await town.end()
            await asyncio.gather(*busy)
        await town.settle()
        self.nothing_is_wrong(town, await log.pool.fetch(LOG))

    @staticmethod
    async def write(town: Town) -> None:
        """Two processes, one of which dies and comes again."""
        first, other = await town.process(), await town.process()
        await asyncio.gather(town.listen(first, ENOUGH), town.listen(other, ENOUGH))
        first.kill()
        await town.hear_out(first)
        again = await town.process()
        await asyncio.gather(town.listen(again, ENOUGH), town.listen(other, ENOUGH))
        for process in (again, other):
            process.terminate()
            await town.hear_out(process)

    @staticmethod
    def nothing_is_wrong(town: Observed, rows: list[Any]) -> None:
        told = [event.id for event in town.seen]
        assert [event.sequence for event in town.seen] == list(range(1, len(told) + 1))
        assert len(set(told)) == len(told)
        assert set(told) == {row["event_id"] for row in rows}
        assert town.acknowledged <= set(told)
        assert len(town.acknowledged) >= 4 * ENOUGH
        for stream in town.streams:
            counts = [event.data["count"] for event in town.seen if event.subject == str(stream)]
            assert counts == list(range(1, len(counts) + 1))


LOG: Final = "SELECT event_id FROM event WHERE name = 'counter.counted'"
