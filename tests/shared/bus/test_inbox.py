"""The inbox on a real log: order, gaps, rivals, parking, outages. A stand-in for the feed is filled here."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from shared.bus import feed_reading
from shared.bus import inbox as inbox_module
from shared.bus.handlers import Permanent
from shared.log import Unit, VersionConflict
from tests.shared.bus.benches import Bench, bench, noted
from tests.shared.log.conftest import databases, log
from tests.shared.toy.library import LOANS

pytestmark = pytest.mark.integration
__all__ = ["bench", "databases", "log"]


class TestOrder:
    async def test_is_restored_and_doubles_are_ignored(self, bench: Bench) -> None:
        events = [noted(n) for n in range(1, 21)]
        await bench.deliver(bench.inbox(), *reversed(events), *events)
        assert await bench.effects() == list(range(1, 21))
        assert await bench.cursor() == 20

    @pytest.mark.parametrize("process", ["the same", "the next"])
    async def test_does_not_matter_to_what_was_applied_long_ago(self, bench: Bench, process: str) -> None:
        events = [noted(n) for n in range(1, 6)]
        inbox = bench.inbox()
        await bench.deliver(inbox, *events)
        if process == "the next":
            await inbox.close()
            inbox = bench.inbox()
        await bench.deliver(inbox, events[1], events[3], redelivered=True)
        bench.source.events = [*events, noted(6)]
        await bench.deliver(inbox, bench.source.events[-1], *events)
        assert await bench.effects() == list(range(1, 7))
        assert await bench.cursor() == 6

    async def test_is_kept_within_a_stream(self, bench: Bench) -> None:
        await bench.deliver(bench.inbox(), *(noted(n, "one") for n in range(1, 11)))
        assert bench.seen == list(range(1, 11))


class TestAGap:
    async def test_is_read_from_the_feed(self, bench: Bench) -> None:
        inbox = bench.inbox()
        await asyncio.sleep(0.1)
        bench.source.events = [noted(n) for n in range(1, 10)]
        await bench.deliver(inbox, bench.source.events[-1])
        assert await bench.effects() == list(range(1, 10))

    async def test_longer_than_a_page_is_read_without_any_delivery(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed_reading, "FEED_PAGE", 10)
        bench.source.events = [noted(n) for n in range(1, 36)]
        bench.inbox()
        await bench.reaches(35)
        assert await bench.effects() == list(range(1, 36))

    async def test_is_read_on_while_what_was_read_is_applied(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def apply(n: int, unit: Unit) -> None:
            async with asyncio.timeout(5):
                while bench.source.reads < 2:
                    await asyncio.sleep(0.01)

        monkeypatch.setattr(feed_reading, "FEED_PAGE", 10)
        bench.reaction = apply
        bench.source.events = [noted(n) for n in range(1, 16)]
        bench.inbox()
        await bench.reaches(15)
        assert (await bench.effects(), bench.seen) == (list(range(1, 16)), list(range(1, 16)))

    async def test_that_goes_on_is_not_waited_for_page_by_page(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The broker brings the newest event to one who is far behind."""
        monkeypatch.setattr(feed_reading, "FEED_PAGE", 10)
        monkeypatch.setattr(inbox_module, "GAP_GRACE", 60.0)
        bench.source.events = [noted(n) for n in range(1, 36)]
        await bench.deliver(bench.inbox(), bench.source.events[-1])
        assert await bench.cursor() == 35

    async def test_is_read_once_a_source_that_was_away_answers(self, bench: Bench) -> None:
        bench.source.events, bench.source.away = [noted(n) for n in range(1, 4)], True
        bench.inbox()
        await asyncio.sleep(0.2)
        bench.source.away = False
        await bench.reaches(3)


class TestTwoInboxesOfAGroup:
    async def test_apply_nothing_twice(self, bench: Bench) -> None:
        first, second = bench.inbox(), bench.inbox()
        bench.source.events = [noted(n, f"s{n % 7}") for n in range(1, 61)]
        await asyncio.gather(*(bench.deliver(i, *bench.source.events) for i in (first, second)))
        assert sorted(await bench.effects()) == list(range(1, 61))

    async def test_take_a_released_stream_up_once(self, bench: Bench) -> None:
        broken = True

        async def refuse(n: int, unit: Unit) -> None:
            await asyncio.sleep(0.05)
            if broken:
                raise Permanent("not yet")

        bench.reaction = refuse
        first = bench.inbox()
        await bench.deliver(first, *(noted(n, "one") for n in (1, 2, 3)))
        bench.inbox()
        await asyncio.sleep(0.3)
        broken = False
        await bench.log.pool.execute("UPDATE parked SET retry_at = now()")
        await bench.unparked()
        assert await bench.effects() == [1, 2, 3]


class TestAPermanentFailure:
    async def test_parks_the_stream_and_its_later_events_in_order(self, bench: Bench) -> None:
        async def refuse(n: int, unit: Unit) -> None:
            if n == 2:
                raise Permanent("no")

        bench.reaction = refuse
        inbox = bench.inbox()
        await bench.deliver(inbox, noted(1), noted(2, "bad"), noted(3), noted(4, "bad"), noted(5, "bad"))
        assert await bench.effects() == [1, 3]
        assert await bench.parked() == [2, 4, 5]
        bench.reaction = None
        await bench.log.pool.execute("UPDATE parked SET retry_at = now() WHERE stream_key = 'bad'")
        await bench.unparked()
        assert (await bench.effects())[2:] == [2, 4, 5]

    async def test_follows_a_stream_that_was_released_meanwhile(self, bench: Bench) -> None:
        async def refuse(n: int, unit: Unit) -> None:
            raise Permanent("no")

        bench.reaction = refuse
        inbox = bench.inbox()
        await bench.deliver(inbox, noted(1, "bad"))
        bench.reaction = None
        await bench.log.pool.execute("UPDATE parked SET retry_at = now()")
        await bench.deliver(inbox, noted(2, "bad"))
        await bench.unparked()
        assert await bench.effects() == [1, 2]

    async def test_discarded_lets_the_stream_flow_again(self, bench: Bench) -> None:
        async def refuse(n: int, unit: Unit) -> None:
            if n == 1:
                raise Permanent("no")

        bench.reaction = refuse
        inbox = bench.inbox()
        await bench.deliver(inbox, noted(1, "bad"))
        await bench.log.pool.execute("UPDATE parked SET discarded_at = now(), discard_reason = 'moot'")
        await asyncio.sleep(0.5)
        await bench.deliver(inbox, noted(2, "bad"))
        assert await bench.effects() == [2]

    async def test_of_reading_is_parked(self, bench: Bench) -> None:
        await bench.deliver(bench.inbox(), noted(1, n="not a number"))
        assert await bench.parked() == [1]


class TestATransientFailure:
    async def test_is_tried_again(self, bench: Bench) -> None:
        async def fail_twice(n: int, unit: Unit) -> None:
            if bench.seen.count(n) < 4:
                raise RuntimeError("hiccup")

        bench.reaction = fail_twice
        await bench.deliver(bench.inbox(), noted(1))
        assert (await bench.effects(), await bench.parked()) == ([1], [])

    async def test_that_lasts_is_parked(self, bench: Bench) -> None:
        async def fail(n: int, unit: Unit) -> None:
            if n == 2:
                raise RuntimeError("always")

        bench.reaction = fail
        await bench.deliver(bench.inbox(), noted(1), noted(2), noted(3))
        assert (await bench.effects(), await bench.parked()) == ([1, 3], [2])


class TestSomebodyElseOnTheStream:
    """Whoever writes to the stream that a reaction goes on with is no fault of the event's."""

    async def test_is_given_way_to_without_parking(self, bench: Bench) -> None:
        async def overtaken(n: int, unit: Unit) -> None:
            if bench.seen.count(n) < 20:
                raise VersionConflict("the stream has moved on")

        bench.reaction = overtaken
        await bench.deliver(bench.inbox(), noted(1))
        assert (await bench.effects(), await bench.parked()) == ([1], [])

    async def test_for_ever_is_parked(self, bench: Bench) -> None:
        async def overtaken(n: int, unit: Unit) -> None:
            if n == 1:
                raise VersionConflict("the stream has moved on")

        bench.reaction = overtaken
        await bench.deliver(bench.inbox(), noted(1), noted(2))
        assert (await bench.effects(), await bench.parked()) == ([2], [1])

    async def test_does_not_take_back_an_operators_word(self, bench: Bench) -> None:
        async def refuse(n: int, unit: Unit) -> None:
            raise Permanent("no")

        async def overtaken_once(n: int, unit: Unit) -> None:
            if bench.seen.count(n) < 3:
                raise VersionConflict("the stream has moved on")

        bench.reaction = refuse
        await bench.deliver(bench.inbox(), noted(1))
        bench.reaction = overtaken_once
        await bench.log.pool.execute("UPDATE parked SET retry_at = now()")
        await bench.unparked()
        assert await bench.effects() == [1]


class TestAValueTheDatabaseRefuses:
    async def test_is_parked_and_stops_nobody(self, bench: Bench) -> None:
        async def put(n: int, unit: Unit) -> None:
            title = None if n == 3 else "fine"
            unit.put(LOANS, (str(uuid4()),), {"title": title, "state": "lent"})

        bench.reaction = put
        await bench.deliver(bench.inbox(), *(noted(n) for n in range(1, 7)))
        assert await bench.parked() == [3]
        assert await bench.effects() == [1, 2, 4, 5, 6]


class TestAnOutage:
    @pytest.mark.parametrize("redelivered", [False, True], ids=["fresh", "redelivered"])
    async def test_pauses_and_parks_nothing(self, bench: Bench, redelivered: bool) -> None:
        errors = [
            asyncpg.ConnectionDoesNotExistError("gone"),
            asyncpg.AdminShutdownError("restart"),
            asyncpg.CannotConnectNowError("starting"),
            asyncpg.TooManyConnectionsError("full"),
            asyncpg.InternalClientError("confused"),
            TimeoutError(),
        ]

        async def away(n: int, unit: Unit) -> None:
            if bench.seen.count(n) < 12:
                raise errors[n - 1]

        bench.reaction = away
        events = [noted(n) for n in range(1, len(errors) + 1)]
        await bench.deliver(bench.inbox(), *events, redelivered=redelivered)
        assert (await bench.effects(), await bench.parked()) == ([1, 2, 3, 4, 5, 6], [])


class TestAnEventThatKillsTheProcess:
    async def test_is_parked_after_its_tries(self, bench: Bench) -> None:
        async def never_answers(n: int, unit: Unit) -> None:
            if n == 1:
                await asyncio.Event().wait()

        bench.reaction = never_answers
        bench.source.events = [noted(1), noted(2)]
        for life in range(1, 7):
            inbox = bench.inbox()
            async with asyncio.timeout(10):
                while bench.seen.count(1) < life and not await bench.parked():
                    await asyncio.sleep(0.01)
            if life < 6:
                await inbox.close()
        await bench.reaches(2)
        assert (await bench.effects(), await bench.parked()) == ([2], [1])
        assert bench.seen.count(1) == 5

    async def test_takes_nobody_with_it_twice(self, bench: Bench) -> None:
        """The first who begins takes the run together; the next, one by one."""

        async def never_answers(n: int, unit: Unit) -> None:
            if n == 3:
                await asyncio.Event().wait()

        bench.reaction = never_answers
        bench.source.events = [noted(n) for n in range(1, 6)]
        effects = []
        for life in (1, 2):
            inbox = bench.inbox()
            async with asyncio.timeout(10):
                while bench.seen.count(3) < life:
                    await asyncio.sleep(0.01)
            await inbox.close()
            effects.append(await bench.effects())
        assert effects == [[], [1, 2]]

    async def test_is_not_who_refuses(self, bench: Bench) -> None:
        """A run that was refused got an answer: nothing is counted, and the next goes together again."""

        async def refuse(n: int, unit: Unit) -> None:
            if n == 2:
                raise Permanent("no")

        bench.reaction = refuse
        bench.source.events = [noted(n) for n in range(1, 4)]
        bench.inbox()
        await bench.reaches(3)
        assert (await bench.effects(), await bench.parked()) == ([1, 3], [2])
        tries = await bench.log.pool.fetchval("SELECT coalesce(sum(tries), 0) FROM inbox_attempt")
        assert tries == 0

    async def test_leaves_no_count_once_it_was_applied(self, bench: Bench) -> None:
        await bench.deliver(bench.inbox(), noted(1), redelivered=True)
        assert await bench.log.count("inbox_attempt") == 0
