"""Any history of commands, crashes, redeliveries and erasures leaves what a plain model says.

`PORTAL_PROPERTY_EXAMPLES` sets how many histories are tried; without it a few, always the same.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.bus import feed_reading
from shared.domain import Redacted
from shared.feed import sequencer as sequencer_module
from shared.ids import new_id
from shared.keys import KeyDestroyed
from shared.log import Append, ReservationTaken, VersionConflict
from shared.testing import fresh
from tests.shared.machine import DIES, LOST, Machine
from tests.shared.toy.library import LIBRARY, Loan

pytestmark = pytest.mark.integration
T = TypeVar("T")
GIVEN = os.environ.get("PORTAL_PROPERTY_EXAMPLES")
TITLES = ("Faust", "Urfaust", "Woyzeck")
READERS = ("Łukasz", "Zoë")
faults = st.sampled_from(("", "", "", *LOST, *DIES))
titles = st.sampled_from(TITLES)
readers = st.sampled_from(READERS)


@dataclass(slots=True)
class Known:
    """What the model knows of a loan."""

    title: str
    reader: str
    versions: int = 1

    @property
    def returned(self) -> bool:
        return self.versions == 2


class History(RuleBasedStateMachine):
    """Books are lent, one reader a title; the model is three dictionaries."""

    machine: Machine
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.loans: dict[UUID, Known] = {}
        self.held: dict[str, UUID] = {}
        self.people: dict[str, UUID] = {}
        self.erased: set[str] = set()
        self.appends: list[Append] = []

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)

    @initialize()
    def begin(self) -> None:
        self.people = {reader: new_id() for reader in READERS}
        self.run(self.machine.begin())

    async def lending(self, title: str, reader: str) -> tuple[UUID, Append]:
        unit = self.machine.unit()
        loan = Loan.lend(id=new_id(), now=unit.now, title=title, reader=reader)
        await unit.save(loan, subject=self.people[reader])
        unit.reserve("title", title, loan.id)
        return loan.id, unit.append

    async def returning(self, loan_id: UUID) -> Append:
        unit = self.machine.unit()
        loan = await unit.load(Loan, loan_id)
        loan.give_back("in order", now=unit.now)
        await unit.save(loan)
        unit.release("title", loan.title, loan_id)
        return unit.append

    def lent(self, loan_id: UUID, title: str, reader: str, append: Append) -> None:
        self.loans[loan_id] = Known(title, reader)
        self.held[title] = loan_id
        self.appends.append(append)

    def out(self) -> list[UUID]:
        return [i for i, loan in self.loans.items() if not loan.returned and loan.reader not in self.erased]

    @rule(title=titles, reader=readers, fault=faults)
    def lend(self, title: str, reader: str, fault: str) -> None:
        if reader in self.erased:
            with pytest.raises(KeyDestroyed):
                self.run(self.lending(title, reader))
            return
        loan_id, append = self.run(self.lending(title, reader))
        if title in self.held:
            with pytest.raises(ReservationTaken):
                self.run(self.machine.append(append, fault))
        else:
            self.run(self.machine.append(append, fault))
            self.lent(loan_id, title, reader, append)

    @precondition(lambda self: set(READERS) - self.erased)
    @rule(title=titles, many=st.integers(2, 5))
    def lend_to_many_at_once(self, title: str, many: int) -> None:
        (reader, *_) = sorted(set(READERS) - self.erased)

        async def rush() -> list[tuple[UUID, Append, Any]]:
            wanted = [await self.lending(title, reader) for _ in range(many)]
            found = await asyncio.gather(
                *(self.machine.append(append) for _, append in wanted), return_exceptions=True
            )
            return [(i, append, outcome) for (i, append), outcome in zip(wanted, found, strict=True)]

        told = self.run(rush())
        won = [(loan_id, append) for loan_id, append, outcome in told if outcome is None]
        assert sum(isinstance(outcome, ReservationTaken) for *_, outcome in told) == many - len(won)
        assert len(won) == (0 if title in self.held else 1)
        for loan_id, append in won:
            self.lent(loan_id, title, reader, append)

    @precondition(lambda self: self.out())
    @rule(data=st.data(), fault=faults)
    def give_back(self, data: st.DataObject, fault: str) -> None:
        loan_id = self.out()[data.draw(st.integers(0, len(self.out()) - 1), label="which")]
        append = self.run(self.returning(loan_id))
        self.run(self.machine.append(append, fault))
        self.returned(loan_id, append)

    def returned(self, loan_id: UUID, append: Append) -> None:
        loan = self.loans[loan_id]
        loan.versions = 2
        del self.held[loan.title]
        self.appends.append(append)

    @precondition(lambda self: self.out())
    @rule()
    def give_back_twice_at_once(self) -> None:
        loan_id = self.out()[0]

        async def both() -> list[tuple[Append, Any]]:
            appends = [await self.returning(loan_id) for _ in range(2)]
            found = await asyncio.gather(
                *(self.machine.append(append) for append in appends), return_exceptions=True
            )
            return list(zip(appends, found, strict=True))

        told = self.run(both())
        (won,) = [append for append, outcome in told if outcome is None]
        assert sum(isinstance(outcome, VersionConflict) for _, outcome in told) == 1
        self.returned(loan_id, won)

    @precondition(lambda self: self.appends)
    @rule(data=st.data(), fault=faults)
    def say_it_again(self, data: st.DataObject, fault: str) -> None:
        """A caller whose answer was lost: nothing may change, whatever happened since."""
        append = data.draw(st.sampled_from(self.appends))
        self.run(self.machine.append(append, fault))

    @rule(reader=readers)
    def erase(self, reader: str) -> None:
        self.run(self.machine.keys.destroy(self.people[reader]))
        self.erased.add(reader)
        self.run(self.compare_streams())

    @rule()
    def number_what_is_public(self) -> None:
        self.run(self.machine.sequencer.run_once())

    @rule(data=st.data())
    def deliver_in_any_order(self, data: st.DataObject) -> None:
        feed = self.run(self.machine.after("library", 0, 10_000))
        if feed:
            picked = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=6), label="which")
            self.run(self.machine.deliver([feed[n % len(feed)] for n in picked]))

    @rule()
    def begin_to_listen_anew(self) -> None:
        async def anew() -> None:
            await self.machine.inbox.close()
            self.machine.listen()

        self.run(anew())

    @invariant()
    def the_store_is_what_the_model_says(self) -> None:
        if self.people:
            self.run(self.compare())

    async def compare(self) -> None:
        assert await self.machine.logged() == {i: loan.versions for i, loan in self.loans.items()}
        assert await self.machine.rows() == {
            i: (loan.title, "back" if loan.returned else "lent") for i, loan in self.loans.items()
        }
        digest = self.machine.parts.digest
        assert await self.machine.held() == {digest("title", t): i for t, i in self.held.items()}

    async def compare_streams(self) -> None:
        for loan_id, known in self.loans.items():
            loan = await self.machine.unit().load(Loan, loan_id)
            assert (loan.title, loan.returned, loan.version) == (known.title, known.returned, known.versions)
            if known.reader in self.erased:
                assert isinstance(loan.reader, Redacted)
            else:
                assert loan.reader == known.reader

    async def compare_what_was_told(self) -> None:
        feed = await self.machine.settle()
        public = [(str(i), v) for i, loan in self.loans.items() for v in range(1, loan.versions + 1)]
        told = [(event.subject, event.streamversion) for event in feed]
        assert [event.sequence for event in feed] == list(range(1, len(public) + 1))
        assert sorted(told) == sorted(public)
        done = await self.machine.effects()
        for loan_id, loan in self.loans.items():
            assert [v for stream, v in told if stream == str(loan_id)] == list(range(1, loan.versions + 1))
            effects = [kind for kind, about in done if about == loan_id]
            assert effects == ["book_lent", "book_returned"][: loan.versions]
        assert len(done) == await self.machine.cursor() == len(feed)

    def teardown(self) -> None:
        if not self.people:
            return
        try:
            self.run(self.compare_streams())
            self.run(self.compare_what_was_told())
        finally:
            self.run(self.machine.end())


@contextmanager
def a_machine(postgres_url: str) -> Iterator[tuple[asyncio.Runner, Machine]]:
    with asyncio.Runner() as runner:
        made = fresh(postgres_url, LIBRARY)
        machine = Machine(runner.run(made.__aenter__()))
        runner.run(machine.open())
        try:
            yield runner, machine
        finally:
            runner.run(machine.close())
            runner.run(made.__aexit__(None, None, None))


class TestAnyHistory:
    def test_leaves_what_the_model_says(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sequencer_module, "PAGE", 3)
        monkeypatch.setattr(feed_reading, "FEED_PAGE", 3)
        with a_machine(postgres_url) as (runner, machine):
            machine_class = type("History", (History,), {"machine": machine, "runner": runner})
            run_state_machine_as_test(
                machine_class,
                settings=hypothesis.settings(
                    max_examples=int(GIVEN or 8),
                    stateful_step_count=20 if GIVEN is None else 40,
                    deadline=None,
                    derandomize=GIVEN is None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
