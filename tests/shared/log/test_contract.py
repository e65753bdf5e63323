"""What a log promises. One suite for the real one and for its in-memory twin."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from shared.domain import Redacted
from shared.ids import new_id
from shared.log import (
    Append,
    AppendRefused,
    Context,
    CursorMoved,
    LeaseLost,
    LogUnavailable,
    ReservationTaken,
    Table,
    VersionConflict,
)
from shared.log import queue as queue_module
from shared.log.append import CursorMove, DoneTask, NewTask, Reservation, Row
from shared.testing import Databases
from tests.shared.log.conftest import events
from tests.shared.log.subjects import NOW, Subject, subject_of, unit_on
from tests.shared.toy.library import LOANS, Loan

pytestmark = pytest.mark.integration
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(params=["postgres", "memory"])
async def subject(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Subject]:
    async with subject_of(request.param, databases) as found:
        yield found


def row(title: object) -> Append:
    append = Append()
    append.put(Row(LOANS, (str(new_id()),), {"title": title, "state": "lent"}))
    return append


def held(value: bytes, stream: UUID) -> Reservation:
    return Reservation("mail", value, stream)


async def outcomes(*appends: Any) -> list[Any]:
    return list(await asyncio.gather(*appends, return_exceptions=True))


class TestAStream:
    async def test_takes_one_of_many_at_the_same_version(self, subject: Subject) -> None:
        stream = new_id()
        rivals = [events(stream, 0) for _ in range(20)]
        found = await outcomes(*(subject.queue.append(rival) for rival in rivals))
        winners = [rival for rival, outcome in zip(rivals, found, strict=True) if outcome is None]
        assert sum(isinstance(outcome, VersionConflict) for outcome in found) == 19
        assert await subject.events() == [(stream, 1)]
        assert subject.committed == winners, "who lost sets nothing off"

    @pytest.mark.parametrize("ahead", [1, 3])
    async def test_refuses_a_version_that_is_not_there(self, subject: Subject, ahead: int) -> None:
        stream = new_id()
        await subject.queue.append(events(stream, 0))
        with pytest.raises(VersionConflict):
            await subject.queue.append(events(stream, 1 + ahead))

    async def test_keeps_the_order_of_what_waits(self, subject: Subject) -> None:
        stream = new_id()
        found = await outcomes(*(subject.queue.append(events(stream, n)) for n in range(30)))
        assert found == [None] * 30
        assert await subject.events() == [(stream, n) for n in range(1, 31)]

    async def test_saved_twice_in_a_unit_is_written_once_in_order(self, subject: Subject) -> None:
        unit = unit_on(subject)
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
        await unit.save(loan, subject=new_id())
        loan.give_back("at once", now=unit.now)
        await unit.save(loan)
        await unit.commit()
        assert (await unit_on(subject).load(Loan, loan.id)).version == 2

    async def test_knows_an_append_that_comes_again(self, subject: Subject) -> None:
        stream = new_id()
        first = events(stream, 0, 2)
        first.reserve.append(held(b"x", stream))
        first.put(Row(LOANS, (str(stream),), {"title": "first", "state": "lent"}))
        first.tasks.append(NewTask(new_id(), "none", "{}", "{}", NOW))
        await subject.queue.append(first)
        later = events(stream, 2)
        later.release.append(held(b"x", stream))
        later.put(Row(LOANS, (str(stream),), {"state": "back"}))
        await subject.queue.append(later)
        await subject.queue.append(first)
        assert await subject.events() == [(stream, 1), (stream, 2), (stream, 3)]
        assert await subject.holder("mail") == []
        assert [found["state"] for found in await subject.rows(LOANS)] == ["back"]
        assert await subject.tasks() == [("none", False)]


class TestAReservation:
    async def test_belongs_to_one_stream_until_its_holder_frees_it(self, subject: Subject) -> None:
        first, second = new_id(), new_id()
        await subject.queue.append(Append(reserve=[held(b"x", first)]))
        await subject.queue.append(Append(reserve=[held(b"x", first)]))
        with pytest.raises(ReservationTaken) as taken:
            await subject.queue.append(Append(reserve=[held(b"x", second)]))
        assert taken.value.scope == "mail"
        await subject.queue.append(Append(release=[held(b"x", second)]))
        assert await subject.holder("mail") == [first], "only its holder frees it"
        await subject.queue.append(Append(release=[held(b"x", first)]))
        await subject.queue.append(Append(reserve=[held(b"x", second)]))
        assert await subject.holder("mail") == [second]

    async def test_freed_and_taken_in_one_flush_changes_hands(self, subject: Subject) -> None:
        streams = [new_id() for _ in range(6)]
        await subject.queue.append(Append(reserve=[held(b"x", streams[0])]))
        steps = []
        for before, after in pairwise(streams):
            steps += [Append(release=[held(b"x", before)]), Append(reserve=[held(b"x", after)])]
        assert await outcomes(*(subject.queue.append(step) for step in steps)) == [None] * len(steps)
        assert await subject.holder("mail") == [streams[-1]]

    async def test_refused_leaves_nothing_of_its_append(self, subject: Subject) -> None:
        await subject.queue.append(Append(reserve=[held(b"x", new_id())]))
        late = events(new_id(), 0)
        late.reserve += [held(b"y", new_id()), held(b"x", new_id())]
        late.put(Row(LOANS, (str(new_id()),), {"title": "late", "state": "lent"}))
        late.tasks.append(NewTask(new_id(), "none", "{}", "{}", NOW))
        late.cursor = CursorMove("a", 0, 1)
        with pytest.raises(ReservationTaken):
            await subject.queue.append(late)
        assert len(await subject.holder("mail")) == 1
        written = [await subject.events(), await subject.rows(LOANS), await subject.tasks()]
        assert (written, await subject.cursor("a")) == ([[], [], []], 0)

    async def test_goes_to_one_of_two_queues(self, subject: Subject) -> None:
        rival = subject.rival()
        await rival.start()
        queues = [(n, queue) for n in range(40) for queue in (subject.queue, rival)]
        found = await outcomes(
            *(queue.append(Append(reserve=[held(bytes([n]), new_id())])) for n, queue in queues)
        )
        await rival.close()
        assert sum(outcome is None for outcome in found) == 40
        assert sum(isinstance(outcome, ReservationTaken) for outcome in found) == 40


class TestAPoisonValue:
    @pytest.mark.parametrize("poison", ["a\x00b", object(), "\ud800"], ids=["nul", "object", "surrogate"])
    async def test_of_one_disturbs_no_neighbour(self, subject: Subject, poison: object) -> None:
        appends = [row("fine") for _ in range(30)]
        appends.insert(11, row(poison))
        found = await outcomes(*(subject.queue.append(append) for append in appends))
        assert [n for n, outcome in enumerate(found) if outcome is not None] == [11]
        assert not isinstance(found[11], AppendRefused | LogUnavailable)
        assert len(await subject.rows(LOANS)) == 30

    async def test_that_clashes_with_itself_is_told_so(self, subject: Subject) -> None:
        twice = held(b"x", new_id())
        found = await outcomes(
            subject.queue.append(row("fine")),
            subject.queue.append(Append(reserve=[twice, twice])),
            subject.queue.append(row("fine")),
        )
        assert isinstance(found[1], Exception)
        assert not isinstance(found[1], AppendRefused | LogUnavailable)
        assert (found[0], found[2]) == (None, None)

    async def test_beside_a_conflict_tells_each_its_own(self, subject: Subject) -> None:
        stream = new_id()
        await subject.queue.append(events(stream, 0))
        conflict, poison, fine = await outcomes(
            subject.queue.append(events(stream, 0)),
            subject.queue.append(row("\x00")),
            subject.queue.append(row("fine")),
        )
        assert isinstance(conflict, VersionConflict)
        assert isinstance(poison, Exception)
        assert not isinstance(poison, AppendRefused)
        assert fine is None


class TestARow:
    async def test_is_patched_and_deleted(self, subject: Subject) -> None:
        key = (str(new_id()),)
        for values in ({"title": "Urfaust", "state": "lent"}, {"state": "lost"}):
            unit = unit_on(subject)
            unit.put(LOANS, key, values)
            await unit.commit()
        assert await subject.rows(LOANS) == [{"loan_id": key[0], "title": "Urfaust", "state": "lost"}]
        unit = unit_on(subject)
        unit.put(LOANS, key, None)
        await unit.commit()
        assert await subject.rows(LOANS) == []

    async def test_written_once_keeps_its_first_values(self, subject: Subject) -> None:
        once, key = Table("loan", ("loan_id",), ("title", "state"), write_once=True), (str(new_id()),)
        for title in ("first", "second"):
            unit = unit_on(subject)
            unit.put(once, key, {"title": title, "state": "lent"})
            await unit.commit()
        assert [found["title"] for found in await subject.rows(once)] == ["first"]

    async def test_follows_its_event(self, subject: Subject) -> None:
        unit = unit_on(subject)
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
        await unit.save(loan, subject=new_id())
        loan.give_back("", now=unit.now)
        await unit.save(loan)
        await unit.commit()
        assert await subject.rows(LOANS) == [{"loan_id": str(loan.id), "title": "Faust", "state": "back"}]


class TestATask:
    async def test_of_a_kind_and_key_is_kept_once(self, subject: Subject) -> None:
        for _ in range(2):
            unit = unit_on(subject)
            unit.task("once", {}, key="k")
            unit.task("each", {})
            await unit.commit()
        assert await subject.tasks() == [("each", False), ("each", False), ("once", False)]


class TestACursor:
    async def test_that_moved_voids_the_append(self, subject: Subject) -> None:
        await subject.queue.append(Append(cursor=CursorMove("a", 0, 5)))
        late = row("late")
        late.cursor = CursorMove("a", 0, 1)
        with pytest.raises(CursorMoved):
            await subject.queue.append(late)
        assert await subject.rows(LOANS) == []
        assert (await subject.cursor("a"), await subject.cursor("b")) == (5, 0)

    async def test_moves_once_for_many_at_the_same_place(self, subject: Subject) -> None:
        appends = []
        for _ in range(10):
            append = row("one")
            append.cursor = CursorMove("a", 0, 1)
            appends.append(append)
        found = await outcomes(*(subject.queue.append(append) for append in appends))
        assert sum(isinstance(outcome, CursorMoved) for outcome in found) == 9
        assert len(await subject.rows(LOANS)) == 1


class TestALease:
    async def task(self, subject: Subject) -> UUID:
        unit = unit_on(subject)
        task_id = unit.task("none", {})
        await unit.commit()
        return task_id

    async def test_held_finishes_once(self, subject: Subject) -> None:
        task_id, lease = await self.task(subject), new_id()
        await subject.lease(task_id, lease)
        await subject.queue.append(Append(done=[DoneTask(task_id, lease)]))
        assert await subject.tasks() == [("none", True)]
        with pytest.raises(LeaseLost):
            await subject.queue.append(Append(done=[DoneTask(task_id, lease)]))

    async def test_passed_on_voids_the_append(self, subject: Subject) -> None:
        task_id, lease = await self.task(subject), new_id()
        await subject.lease(task_id, new_id())
        late = row("late")
        late.done.append(DoneTask(task_id, lease))
        with pytest.raises(LeaseLost):
            await subject.queue.append(late)
        assert await subject.rows(LOANS) == []
        assert await subject.tasks() == [("none", False)]


class TestACaller:
    async def test_cancelled_neither_loses_nor_doubles(self, subject: Subject) -> None:
        """More of them than one flush takes: some are on their way, others still wait."""
        callers = [asyncio.create_task(subject.queue.append(events(new_id(), 0))) for _ in range(300)]
        await asyncio.sleep(0)
        for caller in callers[::2]:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        await subject.queue.append(events(new_id(), 0))
        assert len(await subject.events()) == 301

    async def test_is_refused_when_too_much_waits(self, subject: Subject, monkeypatch: Any) -> None:
        monkeypatch.setattr(queue_module, "PENDING", 10)
        found = await outcomes(*(subject.queue.append(events(new_id(), 0)) for _ in range(30)))
        assert sum(isinstance(outcome, LogUnavailable) for outcome in found) == 20
        assert len(await subject.events()) == 10


class TestClosing:
    async def test_flushes_what_is_pending(self, subject: Subject) -> None:
        queue = subject.rival()
        await queue.start()
        callers = [asyncio.create_task(queue.append(events(new_id(), 0))) for _ in range(300)]
        await asyncio.sleep(0)
        await queue.close()
        async with asyncio.timeout(20):
            assert await outcomes(*callers) == [None] * 300
        assert len(await subject.events()) == 300
        with pytest.raises(LogUnavailable):
            await queue.append(events(new_id(), 0))


class TestReading:
    async def test_gives_the_versions_asked_for(self, subject: Subject) -> None:
        unit = unit_on(subject)
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="Łukasz")
        await unit.save(loan, subject=new_id())
        loan.give_back("late", now=unit.now)
        await unit.save(loan)
        await unit.commit()
        reader = subject.parts.reader
        whole = await reader.stream(loan.id)
        assert [r.event.originator_version for r in whole] == [1, 2]
        assert [r.event for r in await reader.stream(loan.id, after=1)] == [whole[1].event]
        assert [r.event for r in await reader.stream(loan.id, until=1)] == [whole[0].event]
        assert await reader.stream(new_id()) == []
        assert (await unit_on(subject).load_at(Loan, loan.id, 1)).returned is False

    async def test_shows_each_of_many_callers_what_it_has_just_written(self, subject: Subject) -> None:
        async def lend_and_return() -> None:
            unit = unit_on(subject)
            loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="Łukasz")
            await unit.save(loan, subject=new_id())
            await unit.commit()
            unit = unit_on(subject)
            again = await unit.load(Loan, loan.id)
            again.give_back("", now=unit.now)
            await unit.save(again)
            await unit.commit()
            assert (await unit_on(subject).load(Loan, loan.id)).returned is True

        await asyncio.gather(*(lend_and_return() for _ in range(32)))

    async def test_of_an_erased_person_goes_on_and_holds_nothing(self, subject: Subject) -> None:
        person, unit = new_id(), unit_on(subject)
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="Łukasz")
        await unit.save(loan, subject=person)
        unit.reserve("reader", "Łukasz", loan.id)
        await unit.commit()
        unit = unit_on(subject)
        again = await unit.load(Loan, loan.id)
        await unit.erase(person, [loan.id])
        again.give_back("forgotten", now=unit.now)
        await unit.save(again)
        await unit.commit()
        assert (await unit_on(subject).load(Loan, loan.id)).returned is True
        other = unit_on(subject)
        other.reserve("reader", "Łukasz", new_id())
        await other.commit()

    async def test_of_an_erased_person_gives_redacted_fields(self, subject: Subject) -> None:
        unit, person = unit_on(subject), new_id()
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="Łukasz")
        await unit.save(loan, subject=person)
        await unit.commit()
        assert (await unit_on(subject).load(Loan, loan.id)).reader == "Łukasz"
        await subject.destroy(person)
        erased = await unit_on(subject).load(Loan, loan.id)
        assert erased.title == "Faust"
        assert isinstance(erased.reader, Redacted)


class TestAUnitThatNothingOfOursSetOff:
    """A foreign party's callback, say: what it leads to belongs to what the stream began with."""

    @pytest.mark.parametrize("snapshots", [0, 1])
    async def test_goes_on_in_the_correlation_and_trace_of_its_stream(
        self, subject: Subject, monkeypatch: pytest.MonkeyPatch, snapshots: int
    ) -> None:
        monkeypatch.setattr(Loan, "SNAPSHOT_EVERY", snapshots)
        unit = unit_on(subject, Context(correlation="c1", traceparent=TRACE))
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
        await unit.save(loan, subject=new_id())
        await unit.commit()
        await unit_on(subject).load(Loan, loan.id)
        called_back = unit_on(subject)
        again = await called_back.load(Loan, loan.id)
        again.give_back("", now=unit.now)
        await called_back.save(again)
        await called_back.commit()
        metas = [recorded.meta for recorded in await subject.parts.reader.stream(loan.id)]
        assert [(meta.correlation, meta.traceparent) for meta in metas] == [("c1", TRACE)] * 2

    async def test_keeps_to_its_own_where_it_has_one(self, subject: Subject) -> None:
        unit = unit_on(subject, Context(correlation="c1", traceparent=TRACE))
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
        await unit.save(loan, subject=new_id())
        await unit.commit()
        clicked = unit_on(subject, Context(correlation="c2"))
        again = await clicked.load(Loan, loan.id)
        again.give_back("", now=unit.now)
        await clicked.save(again)
        await clicked.commit()
        metas = [recorded.meta for recorded in await subject.parts.reader.stream(loan.id)]
        assert [(meta.correlation, meta.traceparent) for meta in metas] == [("c1", TRACE), ("c2", "")]
