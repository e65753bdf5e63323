"""Each invariant turns red over a history that breaks it, and names what led to it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.invariants import (
    APPROVED,
    COMPLETED,
    FEE_SETTLED,
    ISSUED,
    REQUESTED,
    SETTLED,
    SUBMITTED,
    Violation,
    violations,
)
from tests.faults.samples import CASE, CHARGE, CLAIM, PERMIT, fact, sound, twice, with_facts, without
from tests.faults.world import Answer, Chain, Feed, Line, Published, Sale, Series, World

Corrupt = Callable[[World], World]


def found(world: World) -> list[Violation]:
    return [one for some in violations(world).values() for one in some]


def first(invariant: str, world: World) -> Violation:
    return violations(world)[invariant][0]


class TestASoundWorld:
    def test_violates_nothing(self) -> None:
        assert found(sound()) == []

    def test_may_hold_a_charge_that_nobody_wanted(self) -> None:
        world = twice(sound(), SETTLED, reference="charge-2")
        *others, second = world.facts
        surplus = replace(second, name="payments.surplus_received")
        lines = (
            *world.ledger,
            Line(CLAIM, 3, "provider:girocheckout", 3060),
            Line(CLAIM, 3, "surplus", -3060),
        )
        sales = (*world.sales, Sale("charge-2", "47112600000012", "paid", 3060))
        world = with_facts(replace(world, ledger=lines, sales=sales, balance_cents=6120), (*others, surplus))
        assert found(world) == []

    def test_may_hold_an_attempt_that_failed(self) -> None:
        world = sound()
        assert not found(replace(world, sales=(*world.sales, Sale("c-0", "x", "cancelled", 3060))))


def _events(*names: str) -> Corrupt:
    def corrupt(world: World) -> World:
        for name in names:
            world = without(world, name)
        return world

    return corrupt


def _swapped(world: World) -> World:
    """A feed in which a stream's second event comes before its first."""
    one, two, *rest = world.feeds["applications"].rows
    rows = (replace(two, sequence=1), replace(one, sequence=2), *rest)
    return _feed(world, rows=rows)


def _feed(world: World, rows: tuple[Published, ...] | None = None, **changes: int) -> World:
    feed = world.feeds["applications"]
    changed = Feed(feed.rows if rows is None else rows, changes.get("head", feed.head),
                   changes.get("relayed", feed.relayed))  # fmt: skip
    return replace(world, feeds={**world.feeds, "applications": changed})


def _series(*used: int, given: int = 3, explained: frozenset[int] = frozenset()) -> Corrupt:
    return lambda world: replace(world, series=(Series("permits", given, used, explained),))


def _second_stream(world: World) -> World:
    again = fact("applications", "other-case", 1, "application_submitted", account_id="a-1", fee_due="none")
    done = fact("applications", "other-case", 2, "application_completed")
    issued = fact("documents", "d-2", 1, "document_issued", case_id="other-case", kind="x",
                  store_key="documents/permit")  # fmt: skip
    return with_facts(world, (*world.facts, again, done, issued))


CORRUPTED: dict[str, tuple[str, str, Corrupt]] = {
    "an accepted application that is nowhere": ("I1", "begins 0 times", lambda w: with_facts(w, ())),
    "an application taken twice": ("I1", "has 2 cases", _second_stream),
    "an application begun twice": ("I1", "begins 2 times", lambda w: twice(w, SUBMITTED)),
    "an application that came to no end": ("I1", "has come to no end", _events(COMPLETED)),
    "a citizen refused": (
        "I1",
        "was refused: 409",
        lambda w: replace(w, answers=(Answer("c", refusal="409"),)),
    ),
    "a claim settled twice": ("I2", "is settled 2 times", lambda w: twice(w, SETTLED, reference="other")),
    "a charge booked twice": ("I2", "is booked 2 times", lambda w: twice(w, SETTLED)),
    "a charge we do not know of": (
        "I2",
        "we do not know of it",
        lambda w: replace(w, sales=(*w.sales, Sale("charge-9", "47112600000012", "paid", 3060))),
    ),
    "a settlement without a charge": ("I2", "is not what the bank says", lambda w: replace(w, sales=())),
    "a settlement of another amount": (
        "I2",
        "is not what the bank says",
        lambda w: replace(w, sales=(Sale(CHARGE, "47112600000012", "paid", 3061),)),
    ),
    "an entry that does not sum to zero": (
        "I3",
        "sums to 1 cents",
        lambda w: replace(w, ledger=(*w.ledger, Line(CLAIM, 2, "surplus", 1))),
    ),
    "a statement of another sum": ("I3", "its book 0", lambda w: replace(w, balance_cents=0)),
    "an entry that is missing": ("I3", "is not in the ledger", lambda w: replace(w, ledger=w.ledger[2:])),
    "an approval without a permit": ("I4", "has 0 permits", _events(ISSUED)),
    "an approval with two permits": ("I4", "has 2 permits", lambda w: twice(w, ISSUED)),
    "a permit without an approval": ("I4", "a permit and no approval", _events(APPROVED)),
    "an approval given twice": ("I4", "is approved 2 times", lambda w: twice(w, APPROVED)),
    "a permit without its file": ("I4", "is not in the store", lambda w: replace(w, files=frozenset())),
    "a version left out": ("I5", "has versions", lambda w: with_facts(w, w.facts[:1] + w.facts[2:])),
    "an event stored twice": ("I5", "is there 2 times", lambda w: with_facts(w, (*w.facts, w.facts[0]))),
    "an event missing in the feed": (
        "I5",
        "is 0 times in the feed",
        lambda w: _feed(w, w.feeds["applications"].rows[:-1], head=2),
    ),
    "a private event in the feed": (
        "I5",
        "is 1 times in the feed",
        lambda w: _feed(
            w,
            (*w.feeds["applications"].rows, Published(4, f"applications-{CASE}-2", CASE, 6)),
            head=4,
        ),
    ),
    "a feed with a gap": (
        "I5",
        "2 rows up to 3",
        lambda w: _feed(w, w.feeds["applications"].rows[:2], head=3),
    ),
    "a feed out of order": ("I5", "out of order", _swapped),
    "a number given twice": ("I5", "is given 2 times", _series(1, 1, 2, given=2)),
    "a number never given": ("I5", "was never given", _series(1, 2, 3, given=2)),
    "a gap that nothing explains": ("I5", "nothing says why", _series(1, 3)),
    "a row that no event stands for": (
        "I6",
        "folded from its log",
        lambda w: replace(w, models={"payments.claim": ("2 rows abc", "1 rows abc")}),
    ),
    "an event never published": ("I7", "has published 1 of 3", lambda w: _feed(w, relayed=1)),
    "an event never read": (
        "I7",
        "up to 1 of 3",
        lambda w: replace(w, cursors={**w.cursors, ("payments", "applications"): 1}),
    ),
    "a task never done": ("I7", "has to do", lambda w: replace(w, unfinished=("payments has to do …",))),
    "an application without a claim": ("I7", "has 0 claims", _events(REQUESTED)),
    "an application with two claims": ("I7", "has 2 claims", lambda w: twice(w, REQUESTED)),
    "a permit that the case does not know": (
        "I7",
        "no applications.application_completed",
        _events(COMPLETED),
    ),
    "a chain that does not verify": (
        "I8",
        "payments: [edited] Seal 1",
        lambda w: replace(w, chains={"payments": Chain(1, 2, 0, ("[edited] Seal 1 …",))}),
    ),
    "an event under no seal": (
        "I8",
        "has 2 events, 1 of them under seals, 1 not",
        lambda w: replace(w, chains={**w.chains, "payments": Chain(1, 1, 1)}),
    ),
    "a sealed event that is not in the log": (
        "I8",
        "has 2 events, 3 of them under seals, 0 not",
        lambda w: replace(w, chains={**w.chains, "payments": Chain(1, 3)}),
    ),
    "a payment that the case does not know": ("I7", "no applications.fee_settled", _events(FEE_SETTLED)),
}


@pytest.mark.parametrize("named", CORRUPTED)
class TestACorruptedHistory:
    def test_violates_its_invariant(self, named: str) -> None:
        invariant, words, corrupt = CORRUPTED[named]
        said = [one.sentence for one in violations(corrupt(sound()))[invariant]]
        assert any(words in sentence for sentence in said), said


class TestAViolation:
    def test_tells_the_history_of_the_case_across_services(self) -> None:
        world = _events(COMPLETED)(sound())
        violation = first("I1", world)
        assert "has come to no end" in violation.sentence
        services = {one.service for one in violation.history(world)}
        assert services == {"applications", "payments", "documents"}

    def test_of_a_stream_tells_that_stream(self) -> None:
        world = twice(sound(), SETTLED)
        history = first("I2", world).history(world)
        assert [(one.stream, one.version) for one in history] == [(CLAIM, 1), (CLAIM, 2), (CLAIM, 3)]

    def test_names_the_document_without_its_file(self) -> None:
        assert PERMIT in first("I4", replace(sound(), files=frozenset())).sentence
