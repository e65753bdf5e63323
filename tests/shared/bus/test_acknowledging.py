"""What an inbox on a real log lets the broker forget: never what is not applied, parked or known."""

import asyncio
from functools import partial
from typing import Any

import asyncpg
import pytest

from shared.bus.deliveries import Deliveries
from shared.bus.envelope import Envelope
from shared.bus.handlers import Permanent
from shared.bus.inbox import Inbox
from shared.log import Unit
from tests.shared.bus.benches import Bench, bench, noted
from tests.shared.log.conftest import databases, log

pytestmark = pytest.mark.integration
__all__ = ["bench", "databases", "log"]


class Channel:
    """A channel whose broker keeps what was not acknowledged."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._deliveries = Deliveries(crowd=100)
        self._outstanding: dict[int, int] = {}
        self._tags = 0

    def bring(self, *events: Envelope) -> None:
        for event in events:
            self._tags += 1
            self._outstanding[self._tags] = event.sequence
            self._deliveries.delivered(self._tags)
            self._inbox.deliver(event, partial(self._deliveries.settle, self._tags))

    @property
    def kept(self) -> list[int]:
        """Sequences of what is not acknowledged, in the order in which it came."""
        for due, multiple in self._deliveries.due():
            for tag in [t for t in self._outstanding if t == due or (multiple and t < due)]:
                del self._outstanding[tag]
        return list(self._outstanding.values())

    async def keeps(self, *sequences: int) -> None:
        async with asyncio.timeout(20):
            while self.kept != list(sequences):
                await asyncio.sleep(0.02)


@pytest.fixture
async def channel(bench: Bench) -> Channel:
    return Channel(bench.inbox())


class TestAnAcknowledgement:
    async def test_waits_for_an_earlier_event_that_came_late(self, bench: Bench, channel: Channel) -> None:
        bench.source.away = True
        channel.bring(noted(1), noted(3), noted(4))
        await bench.reaches(1)
        await channel.keeps(3, 4)
        channel.bring(noted(2))
        await channel.keeps()
        assert await bench.effects() == [1, 2, 3, 4]

    async def test_of_a_duplicate_does_not_cover_what_came_before_it(
        self, bench: Bench, channel: Channel
    ) -> None:
        bench.source.away = True
        channel.bring(noted(1), noted(2))
        await channel.keeps()
        channel.bring(noted(4), noted(1), noted(2))
        await asyncio.sleep(0.2)
        assert channel.kept == [4, 1, 2]
        channel.bring(noted(3))
        await channel.keeps()

    async def test_comes_once_a_gap_is_healed(self, bench: Bench, channel: Channel) -> None:
        bench.source.away = True
        channel.bring(noted(5))
        await asyncio.sleep(0.2)
        assert channel.kept == [5]
        bench.source.events, bench.source.away = [noted(n) for n in range(1, 6)], False
        await channel.keeps()
        assert await bench.effects() == [1, 2, 3, 4, 5]

    async def test_comes_once_an_event_is_parked(self, bench: Bench, channel: Channel) -> None:
        parking = asyncio.Event()

        async def refuse(n: int, unit: Unit) -> None:
            if n == 2:
                await parking.wait()
                raise Permanent("no")

        bench.reaction = refuse
        channel.bring(noted(1), noted(2, "bad"), noted(3, "bad"), noted(4))
        await asyncio.sleep(0.2)
        assert channel.kept == [1, 2, 3, 4]  # the run commits together or not at all
        parking.set()
        await channel.keeps()
        assert (await bench.effects(), await bench.parked()) == ([1, 4], [2, 3])

    async def test_does_not_come_while_the_database_is_away(self, bench: Bench, channel: Channel) -> None:
        errors: list[Any] = [asyncpg.AdminShutdownError("restart")] * 20

        async def away(n: int, unit: Unit) -> None:
            if errors:
                raise errors.pop()

        bench.reaction = away
        channel.bring(noted(1))
        async with asyncio.timeout(10):
            while len(errors) > 10:
                assert channel.kept == [1]
                await asyncio.sleep(0.01)
        await channel.keeps()

    async def test_does_not_come_for_what_a_closed_inbox_has_in_hand(
        self, bench: Bench, channel: Channel
    ) -> None:
        async def never(n: int, unit: Unit) -> None:
            await asyncio.Event().wait()

        bench.reaction = never
        channel.bring(noted(1), noted(2))
        await asyncio.sleep(0.2)
        await channel._inbox.close()
        assert channel.kept == [1, 2]
