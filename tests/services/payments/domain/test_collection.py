"""Collections and dunning, given / when / then."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.payments.domain.collection import Closed, Collection, Group, Incomplete, NoFile, OtherFile
from services.payments.domain.dunning import STEPS, Step, StepsImpossible, checked, next_step

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 26)
GROUPS = [Group("SDD-20261126-1", TODAY, "FRST", 2, 500)]


def opened() -> Collection:
    return Collection.open(id=UUID(int=1), now=NOW, message_id="SDD-20261126", filed_on=TODAY)


def grown() -> Collection:
    collection = opened()
    collection.grow(2, 500, now=NOW)
    collection.pending_events.clear()
    return collection


def filed() -> Collection:
    collection = grown()
    collection.close(now=NOW)
    collection.file("aa", GROUPS, now=NOW)
    collection.pending_events.clear()
    return collection


def happenings(collection: Collection) -> list[str]:
    return [type(event).__name__ for event in collection.pending_events]


class TestFile:
    def test_is_one_for_ever(self) -> None:
        collection = filed()
        collection.file("aa", GROUPS, now=NOW)
        assert happenings(collection) == []
        with pytest.raises(OtherFile):
            collection.file("bb", GROUPS, now=NOW)

    def test_is_submitted_once(self) -> None:
        collection = filed()
        collection.submit("drop", now=NOW)
        collection.submit("drop", now=NOW)
        assert happenings(collection) == ["CollectionSubmitted"]

    def test_is_not_submitted_before_it_is_made(self) -> None:
        closed = grown()
        closed.close(now=NOW)
        for collection in (opened(), closed):
            with pytest.raises(NoFile):
                collection.submit("drop", now=NOW)

    def test_holds_what_has_joined_and_nothing_else(self) -> None:
        collection = grown()
        collection.close(now=NOW)
        with pytest.raises(Incomplete):
            collection.file("aa", [Group("SDD-20261126-1", TODAY, "FRST", 1, 500)], now=NOW)

    def test_is_not_made_while_debits_may_join(self) -> None:
        with pytest.raises(NoFile):
            grown().file("aa", GROUPS, now=NOW)

    def test_is_joined_by_nothing_once_it_is_closed(self) -> None:
        collection = grown()
        collection.close(now=NOW)
        with pytest.raises(Closed):
            collection.grow(1, 1, now=NOW)


class TestAnswer:
    def test_is_taken_once(self) -> None:
        collection = filed()
        collection.answer("PART", "", 2, now=NOW)
        collection.answer("PART", "", 2, now=NOW)
        assert happenings(collection) == ["CollectionAnswered"]
        assert collection.status == "PART"

    def test_is_refused_where_nothing_was_made(self) -> None:
        with pytest.raises(NoFile):
            opened().answer("ACCP", "", 0, now=NOW)


class TestDunning:
    def test_takes_one_step_after_the_other(self) -> None:
        assert next_step(TODAY, date(2026, 12, 2), ()) is None
        assert next_step(TODAY, date(2026, 12, 3), ()) == STEPS[0]
        assert next_step(TODAY, date(2026, 12, 3), {"reminder"}) is None
        assert next_step(TODAY, date(2026, 12, 17), {"reminder"}) == STEPS[1]

    def test_takes_no_two_steps_at_once_where_the_portal_slept(self) -> None:
        assert next_step(TODAY, date(2027, 12, 1), ()) == STEPS[0]

    def test_ends(self) -> None:
        assert next_step(TODAY, date(2027, 12, 1), {step.name for step in STEPS}) is None

    @pytest.mark.parametrize(
        "steps",
        [(Step("a", 7), Step("b", 7)), (Step("a", 7), Step("a", 8)), (Step("a", 0),), (Step("a", 7, -1),),
         (Step("a", 8), Step("b", 7))],
    )  # fmt: skip
    def test_refuses_steps_that_do_not_follow(self, steps: tuple[Step, ...]) -> None:
        with pytest.raises(StepsImpossible):
            checked(steps)
        assert checked(STEPS) == STEPS
