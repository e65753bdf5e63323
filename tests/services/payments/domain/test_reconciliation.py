"""Our books against a statement."""

from datetime import date, timedelta

from services.payments.domain.reconciliation import Ours, Theirs, compare

DAY = date(2026, 11, 25)
NEXT = DAY + timedelta(days=1)
TOLD = (DAY, NEXT)


def ours(reference: str, cents: int = 3060, day: date = DAY, other: str = "") -> Ours:
    return Ours("payment", reference, other, day, cents)


def theirs(reference: str, cents: int = 3060, day: date = DAY) -> Theirs:
    return Theirs("payment", reference, day, cents)


class TestDay:
    def test_without_a_difference(self) -> None:
        (day,) = compare([ours("a"), ours("b")], [theirs("a"), theirs("b")], TOLD)
        assert (day.difference_cents, day.unknown_here, day.unknown_there, day.differing) == (0, [], [], [])

    def test_with_a_cent(self) -> None:
        (day,) = compare([ours("a")], [theirs("a", 3061)], TOLD)
        assert day.difference_cents == 1
        assert day.differing == [(ours("a"), theirs("a", 3061))]

    def test_with_what_one_side_does_not_know(self) -> None:
        (day,) = compare([ours("a")], [theirs("b")], TOLD)
        assert (day.difference_cents, day.unknown_here, day.unknown_there) == (
            0, [theirs("b")], [ours("a")],
        )  # fmt: skip

    def test_takes_a_row_twice_as_two(self) -> None:
        (day,) = compare([ours("a")], [theirs("a"), theirs("a")], TOLD)
        assert (day.difference_cents, day.unknown_here) == (3060, [theirs("a")])

    def test_is_the_providers_where_both_know_the_money(self) -> None:
        (day,) = compare([ours("a", day=DAY)], [theirs("a", day=NEXT)], TOLD)
        assert (day.day, day.difference_cents) == (NEXT, 0)

    def test_knows_the_providers_second_name(self) -> None:
        (day,) = compare([ours("a", other="backend")], [theirs("backend")], TOLD)
        assert day.difference_cents == 0

    def test_that_nobody_told_of_has_no_difference(self) -> None:
        (day,) = compare([ours("a", day=NEXT + timedelta(days=1))], [], TOLD)
        assert (day.told, day.difference_cents, day.ours_cents) == (False, None, 3060)

    def test_takes_a_reference_before_a_second_name(self) -> None:
        """A dispute was won: what came again has its own reference, and the payment's second name."""
        again = ours("again", day=NEXT, other="backend")
        for known in ([again, ours("a", other="backend")], [ours("a", other="backend"), again]):
            days = compare(known, [theirs("backend"), theirs("again", day=NEXT)], TOLD)
            assert [(day.difference_cents, day.unknown_here, day.unknown_there) for day in days] == [
                (0, [], []), (0, [], []),
            ]  # fmt: skip
