"""The public feed under concurrent writers and rival sequencers."""

import asyncio
from typing import Any

import asyncpg
import pytest

from shared.bus.envelope import read
from shared.bus.published import Published
from shared.feed import sequencer as sequencer_module
from shared.feed.sequencer import Sequencer, page
from shared.ids import new_id
from shared.log import LogParts, Unit
from shared.log.append import NewEvent, StreamAppend
from tests.shared.log.conftest import Log, databases, log
from tests.shared.toy.library import LIBRARY, BookLent, BookLentOut, Loan

pytestmark = pytest.mark.integration
__all__ = ["databases", "log"]


class TestTheFeed:
    async def test_of_sixteen_writers_in_two_processes_misses_nothing(self, log: Log) -> None:
        rival = log.rival()
        await rival.start()
        p = log.parts
        parts = [
            LogParts(q, p.reader, p.keys, p.snapshots, p.projections, p.digest) for q in (p.queue, rival)
        ]
        sequencers = [Sequencer(log.pool, LIBRARY.published) for _ in range(2)]
        writing = True

        async def write(n: int) -> None:
            for _ in range(8):
                unit = Unit(parts[n % 2], log.unit().now)
                loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
                await unit.save(loan, subject=new_id())
                await unit.commit()
                unit = Unit(parts[(n + 1) % 2], unit.now)
                again = await unit.load(Loan, loan.id)
                again.give_back("", now=unit.now)
                await unit.save(again)
                await unit.commit()

        async def sequence(sequencer: Sequencer) -> None:
            while writing:
                await sequencer.run_once()
                await asyncio.sleep(0.005)

        numbering = [asyncio.create_task(sequence(s)) for s in sequencers]
        await asyncio.gather(*(write(n) for n in range(16)))
        writing = False
        await asyncio.gather(*numbering)
        async with asyncio.timeout(10):  # whatever transaction still runs on the server
            while await log.count("feed") < 256:
                await sequencers[0].run_once()
                await asyncio.sleep(0.02)
        await rival.close()
        feed = [read(raw) for _, raw in await page(log.pool, 0, 1_000)]
        assert [e.sequence for e in feed] == list(range(1, 257))
        for stream in {e.subject for e in feed}:
            assert [e.streamversion for e in feed if e.subject == stream] == [1, 2]

    async def test_numbers_what_is_public_without_a_gap(self, log: Log) -> None:
        """What stays inside takes no number: a consumer would wait for it for ever."""
        loans_alone = Published("library")
        loans_alone.add(
    BookLent,
    BookLentOut(loan_id=new_id(), title=""),
    name="BookLent",
)  # fmt: skip
        for _ in range(3):
            unit = log.unit()
            loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
            await unit.save(loan, subject=new_id())
            loan.give_back("", now=unit.now)
            await unit.save(loan)
            await unit.commit()
        sequencer = Sequencer(log.pool, loans_alone)
        async with asyncio.timeout(10):
            while (await sequencer.run_once())[0] < 3 or await sequencer.holds_back():
                await asyncio.sleep(0.02)
        found = [(n, read(raw).sequence, read(raw).type) for n, raw in await page(log.pool, 0, 10)]
        assert found == [(n, n, "library.book_lent.v1") for n in (1, 2, 3)]

    async def test_takes_a_full_page_whole(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sequencer_module, "PAGE", 2)
        for _ in range(5):
            await log.lend()
        sequencer = Sequencer(log.pool, LIBRARY.published)
        async with asyncio.timeout(10):
            while (await sequencer.run_once()).more or await sequencer.holds_back():
                await asyncio.sleep(0.02)
        assert [n for n, _ in await page(log.pool, 0, 10)] == [1, 2, 3, 4, 5]

    async def test_waits_for_a_transaction_that_began_before(self, log: Log) -> None:
        late = await asyncpg.connect(log.databases.log)
        transaction = late.transaction()
        await transaction.start()
        await late.execute("SELECT pg_current_xact_id()")
        await log.lend()
        sequencer = Sequencer(log.pool, LIBRARY.published)
        assert (await sequencer.run_once())[0] == 0
        assert await sequencer.holds_back()
        await transaction.rollback()
        await late.close()
        async with asyncio.timeout(10):
            while (await sequencer.run_once())[0] != 1:
                await asyncio.sleep(0.02)
        assert not await sequencer.holds_back()

    @pytest.mark.parametrize(("name", "version"), [("library.of_tomorrow", 1), ("library.book_lent", 2)])
    async def test_does_not_pass_what_a_newer_release_wrote(self, log: Log, name: str, version: int) -> None:
        await log.lend()
        unit = log.unit()
        unit.append.add(StreamAppend(new_id(), 0, (NewEvent(new_id(), name, version, b"{}", "{}"),)))
        await unit.commit()
        await log.lend()
        sequencer = Sequencer(log.pool, LIBRARY.published)
        async with asyncio.timeout(10):
            while (await sequencer.run_once())[0] != 1:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        assert (await sequencer.run_once())[0] == 1


class TestTwoSequencers:
    async def test_that_read_the_same_page_store_it_once(
        self, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The rival moves the head when ours has read and not written."""
        for _ in range(3):
            await log.lend()
        ours, rival = (Sequencer(log.pool, LIBRARY.published) for _ in range(2))
        async with asyncio.timeout(10):
            while (await ours.run_once()).held:  # whatever else runs on the server
                await asyncio.sleep(0.02)
        late = await log.lend()
        store, other = ours._store, [await log.lend()]

        async def overtaken(*args: Any) -> bool:
            async with asyncio.timeout(10):
                while (await rival.run_once()).last != 5:
                    await asyncio.sleep(0.02)
            other.append(await log.lend())
            return await store(*args)

        monkeypatch.setattr(ours, "_store", overtaken)
        async with asyncio.timeout(10):
            while not (turn := await ours.run_once()).more:
                await asyncio.sleep(0.02)
        assert (turn.last, turn.new) == (3, []), "it tells to look again"
        monkeypatch.undo()
        async with asyncio.timeout(10):
            while (turn := await ours.run_once()).last != 6:
                await asyncio.sleep(0.02)
        feed = [read(raw) for _, raw in await page(log.pool, 0, 10)]
        assert [event.sequence for event in feed] == [1, 2, 3, 4, 5, 6]
        assert [event.subject for event in feed[3:]] == [str(loan.id) for loan in (late, *other)]
