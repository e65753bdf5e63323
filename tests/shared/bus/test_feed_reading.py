"""The pages of a feed: which is asked for when, and to whom one that was asked for ahead is given."""

import asyncio
from typing import Any

import pytest

from shared.bus import feed_reading
from shared.bus.envelope import Envelope
from shared.bus.feed_reading import FeedReading
from tests.shared.bus.benches import noted


class Source:
    """A feed of events 1, 2, …; says what it was asked for, and may hold its answers back."""

    def __init__(self, events: int) -> None:
        self.events = [noted(n) for n in range(1, events + 1)]
        self.asked: list[int] = []
        self.away = False
        self.open = asyncio.Event()
        self.open.set()

    async def after(self, source: str, sequence: int, limit: int) -> list[Envelope]:
        self.asked.append(sequence)
        if self.away:
            raise LookupError("not now")
        await self.open.wait()
        return [e for e in self.events if e.sequence > sequence][:limit]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_reading, "FEED_PAGE", 3)
    monkeypatch.setattr(feed_reading, "PAUSES", (0.01,))


async def sequences(reading: FeedReading, cursor: int) -> list[int]:
    return [e.sequence for e in await reading.after(cursor) or ()]


class TestAFullPage:
    async def test_is_followed_by_the_next_that_is_on_its_way_already(self) -> None:
        source = Source(7)
        reading = FeedReading("other", source)
        assert await sequences(reading, 0) == [1, 2, 3]
        await asyncio.sleep(0)
        assert (source.asked, reading.goes_on, reading.is_due) == ([0, 3], True, True)
        assert await sequences(reading, 3) == [4, 5, 6]
        assert await sequences(reading, 6) == [7]
        await asyncio.sleep(0)
        assert (source.asked, reading.goes_on, reading.is_due) == ([0, 3, 6, 6], False, False)

    async def test_does_not_give_the_next_to_who_stands_elsewhere(self) -> None:
        """Another process has gone on, or an operator has moved the cursor."""
        source = Source(7)
        reading = FeedReading("other", source)
        await reading.after(0)
        assert await sequences(reading, 5) == [6, 7]
        assert await sequences(reading, 3) == [4, 5, 6]
        await reading.forget()

    async def test_forgotten_is_asked_for_again(self) -> None:
        source = Source(7)
        reading = FeedReading("other", source)
        await reading.after(0)
        source.open.clear()
        await asyncio.sleep(0)
        await reading.forget()
        source.open.set()
        assert await sequences(reading, 3) == [4, 5, 6]
        assert source.asked[:3] == [0, 3, 3]
        await reading.forget()

    async def test_asked_for_before_something_was_not_as_it_said_is_not_given(self) -> None:
        source = Source(7)
        reading = FeedReading("other", source)
        await reading.after(0)
        await asyncio.sleep(0)
        source.events = [noted(n) for n in (1, 2, 3, 4)]  # restored to there
        reading.ask_soon()
        assert await sequences(reading, 3) == [4]

    async def test_that_ended_then_is_asked_for_again(self) -> None:
        source = Source(3)
        reading = FeedReading("other", source)
        await reading.after(0)
        await asyncio.sleep(0)
        source.events += [noted(4)]
        assert await sequences(reading, 3) == [4]


class TestASourceThatIsAway:
    async def test_while_the_next_page_is_on_its_way_is_asked_again_soon(self) -> None:
        source = Source(5)
        reading = FeedReading("other", source)
        await reading.after(0)
        source.away = True
        assert await reading.after(3) is None
        assert (reading.goes_on, reading.is_due, reading.may_be_asked) == (False, False, False)
        source.away = False
        await asyncio.sleep(0.02)
        assert reading.may_be_asked
        assert await sequences(reading, 3) == [4, 5]

    async def test_cancels_with_who_waits_for_it(self) -> None:
        source = Source(7)
        reading = FeedReading("other", source)
        await reading.after(0)
        source.open.clear()
        waiting: asyncio.Task[Any] = asyncio.create_task(reading.after(3))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        assert not [t for t in asyncio.all_tasks() if "Source.after" in repr(t)]
