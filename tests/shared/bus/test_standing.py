"""An inbox whose source was restored: what it still believes, where it stops, how it goes on."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.bus import feed_reading
from shared.bus.envelope import Envelope, read, write
from shared.cli import inboxes
from shared.feed.epochs import Epoch, FeedPage
from shared.observe.metrics import REGISTRY
from tests.shared.bus.benches import Bench, Source, bench, noted
from tests.shared.log.conftest import databases, log

pytestmark = pytest.mark.integration
__all__ = ["bench", "databases", "log"]


@dataclass
class Restored(Source):
    """A source that says which epochs it has had."""

    epochs: list[Epoch] = field(default_factory=list)
    last: int | None = None

    async def after(self, source: str, sequence: int, limit: int) -> list[Envelope]:
        return FeedPage(await super().after(source, sequence, limit), self.epochs, self.last)


def again(sequence: int, epoch: int = 2) -> Envelope:
    """An event of a later epoch; its number is its sequence and a thousand."""
    made = noted(sequence, f"new{sequence}")
    made.epoch, made.data = epoch, {"n": 1_000 + sequence}
    return made


def ahead() -> float | None:
    return REGISTRY.get_sample_value("portal_inbox_ahead_events", {"source": "other"})


@pytest.fixture
def source(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Restored:
    monkeypatch.setattr(feed_reading, "FEED_SECONDS", 0.1)
    bench.source = Restored()
    return bench.source


@pytest.fixture
def accept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PORTAL_DATABASE_URL", bench.log.databases.log)
    return lambda: inboxes._accept("library", "other", "looked at")


async def until(bench: Bench, query: str) -> Any:
    async with asyncio.timeout(20):
        while not (found := await bench.log.pool.fetchval(query)):
            await asyncio.sleep(0.02)
    return found


async def found_ahead(bench: Bench) -> None:
    await until(bench, "SELECT true FROM inbox_ahead WHERE decided_at IS NULL")


class TestAnInboxBehind:
    async def test_joins_the_new_epoch(self, bench: Bench, source: Restored) -> None:
        source.events = [noted(n) for n in (1, 2, 3)]
        inbox = bench.inbox()
        await bench.reaches(3)
        source.events += [again(4), again(5)]
        source.epochs = [Epoch(2, 3, 3)]
        await bench.deliver(inbox, again(4), again(5))
        await bench.reaches(5)
        assert await bench.effects() == [1, 2, 3, 1004, 1005]
        assert await bench.log.pool.fetchval("SELECT epoch FROM inbox_cursor") == 2

    async def test_does_not_apply_what_the_broker_kept_of_the_old_one(
        self, bench: Bench, source: Restored
    ) -> None:
        source.events, source.epochs = [noted(1), noted(2), again(3)], [Epoch(2, 2, 2)]
        inbox = bench.inbox()
        await bench.reaches(3)
        await bench.deliver(inbox, noted(1), noted(4), noted(5))
        source.events.append(again(4))
        await bench.reaches(4)
        assert await bench.effects() == [1, 2, 1003, 1004]

    async def test_begins_with_a_source_of_many_epochs(self, bench: Bench, source: Restored) -> None:
        source.events = [noted(1), again(2), again(3, 3)]
        source.epochs = [Epoch(2, 1, 1), Epoch(3, 2, 2)]
        bench.inbox()
        await bench.reaches(3)
        assert await bench.effects() == [1, 1002, 1003]


class TestAnInboxAhead:
    @pytest.fixture(autouse=True)
    async def stands_at_five(self, bench: Bench, source: Restored) -> None:
        source.events = [noted(n) for n in range(1, 6)]
        self.inbox = bench.inbox()
        await bench.reaches(5)
        source.events = [*source.events[:2], again(3), again(4)]
        source.epochs = [Epoch(2, 2, 3)]

    async def test_says_so_and_applies_nothing(self, bench: Bench) -> None:
        await bench.deliver(self.inbox, again(3), again(4), again(6))
        await found_ahead(bench)
        await bench.deliver(self.inbox, again(7), noted(8))
        assert (await bench.cursor(), await bench.effects()) == (5, [1, 2, 3, 4, 5])
        assert ahead() == 3

    async def test_goes_on_after_a_decision_and_parks_what_is_in_doubt(
        self, bench: Bench, accept: Any
    ) -> None:
        await found_ahead(bench)
        await accept()
        await bench.reaches(4)
        assert await bench.effects() == [1, 2, 3, 4, 5, 1004]
        assert await bench.parked() == [3]
        assert ahead() == 0

    async def test_of_two_processes_goes_on_in_both(self, bench: Bench, accept: Any) -> None:
        second = bench.inbox()
        await found_ahead(bench)
        await accept()
        await bench.reaches(4)
        await bench.deliver(second, again(3), again(4))
        bench.source.events.append(again(5))
        await bench.deliver(second, again(5))
        await bench.reaches(5)
        assert sorted(await bench.effects()) == [1, 2, 3, 4, 5, 1004, 1005]

    async def test_parks_a_new_event_beside_an_old_one_of_its_sequence(
        self, bench: Bench, accept: Any
    ) -> None:
        await bench.log.pool.execute(
            "INSERT INTO parked (source, sequence, stream_key, envelope, error) "
            "VALUES ('other', 3, 'old', '', 'no'), ('other', 2, 'kept', '', 'no')"
        )
        await found_ahead(bench)
        await accept()
        await bench.reaches(4)
        rows = await bench.log.pool.fetch(
            "SELECT epoch, sequence, discard_reason FROM parked ORDER BY epoch, sequence"
        )
        assert [tuple(row) for row in rows] == [(1, 2, None), (1, 3, "looked at"), (2, 3, None)]
        await bench.log.pool.execute("UPDATE parked SET retry_at = now() WHERE epoch = 2")
        await until(bench, "SELECT count(*) = 0 FROM parked WHERE epoch = 2")
        assert sorted(await bench.effects()) == [1, 2, 3, 4, 5, 1003, 1004]

    async def test_waits_as_long_as_nobody_decides(self, bench: Bench, accept: Any) -> None:
        await found_ahead(bench)
        await self.inbox.close()
        bench.inbox()
        await asyncio.sleep(0.5)
        assert await bench.cursor() == 5

    async def test_cannot_be_accepted_twice(self, bench: Bench, accept: Any) -> None:
        await found_ahead(bench)
        await accept()
        with pytest.raises(inboxes.NothingToDecide, match="No inbox of library waits"):
            await accept()


class TestASourceThatWentBackWithoutAWord:
    async def test_is_not_believed(self, bench: Bench, source: Restored) -> None:
        source.events = [noted(n) for n in range(1, 6)]
        inbox = bench.inbox()
        await bench.reaches(5)
        source.events, source.last = source.events[:2], 2
        async with asyncio.timeout(20):
            while ahead() != 3:
                await asyncio.sleep(0.02)
        await bench.deliver(inbox, noted(6))
        assert await bench.cursor() == 5
        source.last = 6
        source.events = [noted(6)]
        await bench.reaches(6)


class TestTheEnvelope:
    def test_names_an_epoch_from_the_second_on(self) -> None:
        assert b"epoch" not in write(noted(1))
        assert read(write(noted(1))).epoch == 1
        assert read(write(again(1, 3))).epoch == 3
