from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain.dog_tax import (
    Begin,
    Statute,
    Tier,
    assess,
    same_day_later,
)
from services.applications.domain.instalments import Instalment

STATUTE = Statute(
    tiers=(Tier(1, 8400), Tier(2, 9600)),
    dangerous_cents=40000,
    dangerous_breeds=("Bullterrier", "Pit Bull Terrier"),
    on_acquisition=Begin.SAME_MONTH,
    on_moving_in=Begin.FOLLOWING_MONTH,
    puppy_months=3,
    due_days=((2, 15), (5, 15), (8, 15), (11, 15)),
    first_due_months=1,
)


class TestWorkedExample:
    """One dog from 1 May at 84 €: 8/12 = 56.00 €, in 14.00 + 21.00 + 21.00."""

    def test_splits_56_euro_into_14_21_21(self) -> None:
        assessed = assess(
            STATUTE, annual_cents=8400, liable_from=date(2026, 5, 1), notified_on=date(2026, 5, 20)
        )
        assert (assessed.months, assessed.total_cents) == (8, 5600)
        assert assessed.instalments == (
            Instalment(date(2026, 6, 20), 1400),
            Instalment(date(2026, 8, 15), 2100),
            Instalment(date(2026, 11, 15), 2100),
        )


class TestInstalments:
    def test_put_past_quarters_into_the_first(self) -> None:
        assessed = assess(
            STATUTE, annual_cents=8400, liable_from=date(2026, 5, 1), notified_on=date(2026, 9, 10)
        )
        assert assessed.instalments == (
            Instalment(date(2026, 10, 10), 3500),
            Instalment(date(2026, 11, 15), 2100),
        )

    def test_keep_a_quarter_day_that_is_late_enough(self) -> None:
        assessed = assess(
            STATUTE, annual_cents=8400, liable_from=date(2026, 1, 1), notified_on=date(2026, 1, 2)
        )
        assert [part.due_on for part in assessed.instalments] == [
            date(2026, 2, 15),
            date(2026, 5, 15),
            date(2026, 8, 15),
            date(2026, 11, 15),
        ]

    def test_fall_into_the_next_year_in_december(self) -> None:
        assessed = assess(
            STATUTE, annual_cents=8400, liable_from=date(2026, 12, 1), notified_on=date(2026, 12, 9)
        )
        assert assessed.instalments == (Instalment(date(2027, 1, 9), 700),)

    def test_cover_this_year_only_for_an_older_liability(self) -> None:
        assessed = assess(
            STATUTE, annual_cents=8400, liable_from=date(2024, 7, 1), notified_on=date(2026, 3, 1)
        )
        assert (assessed.year, assessed.first_month, assessed.total_cents) == (2026, 1, 8400)

    @given(
        st.integers(0, 1_000_000),
        st.dates(date(2020, 1, 1), date(2030, 12, 1)),
        st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    )
    def test_add_up_to_the_total(self, annual: int, liable: date, notified: date) -> None:
        assessed = assess(
            STATUTE, annual_cents=annual, liable_from=liable.replace(day=1), notified_on=notified
        )
        assert sum(part.cents for part in assessed.instalments) == assessed.total_cents
        assert assessed.total_cents == annual * assessed.months // 12
        assert all(type(part.cents) is int and part.cents > 0 for part in assessed.instalments)

    @given(
        st.dates(date(2020, 1, 1), date(2030, 12, 1)),
        st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    )
    def test_are_never_due_within_a_month(self, liable: date, notified: date) -> None:
        assessed = assess(STATUTE, annual_cents=8400, liable_from=liable, notified_on=notified)
        dues = [part.due_on for part in assessed.instalments]
        assert dues == sorted(set(dues))
        assert all(due >= same_day_later(notified, 1) for due in dues)


class TestBeginOfLiability:
    def begin(self, kept: date, born: date = date(2020, 1, 1), *, moved: bool = False) -> date:
        return STATUTE.liable_from(kept_since=kept, born_on=born, moved_in=moved)

    def test_is_the_month_of_acquisition(self) -> None:
        assert self.begin(date(2026, 5, 31)) == date(2026, 5, 1)

    def test_waits_for_a_puppy_to_be_three_months(self) -> None:
        assert self.begin(date(2026, 5, 10), born=date(2026, 3, 30)) == date(2026, 6, 1)

    def test_follows_moving_in(self) -> None:
        assert self.begin(date(2026, 12, 10), moved=True) == date(2027, 1, 1)

    def test_is_a_parameter_of_the_statute(self) -> None:
        other = replace(STATUTE, on_acquisition=Begin.FOLLOWING_MONTH, puppy_months=0)
        assert other.liable_from(
            kept_since=date(2026, 5, 10), born_on=date(2026, 5, 1), moved_in=False
        ) == date(2026, 6, 1)


class TestRate:
    @pytest.mark.parametrize(("dogs", "cents"), [(1, 8400), (2, 9600), (3, 9600), (9, 9600)])
    def test_of_each_dog_rises_with_their_number(self, dogs: int, cents: int) -> None:
        assert STATUTE.annual_cents(dogs, dangerous=False) == cents

    def test_of_a_dangerous_dog_stands_alone(self) -> None:
        assert STATUTE.annual_cents(1, dangerous=True) == 40000

    @pytest.mark.parametrize(
        "breed", ["Bullterrier", "bull-terrier", "Bullterrier-Mischling", "Labrador/Pit Bull Terrier"]
    )
    def test_knows_listed_breeds_and_crosses(self, breed: str) -> None:
        assert STATUTE.is_dangerous(breed)

    def test_leaves_other_breeds_alone(self) -> None:
        assert not STATUTE.is_dangerous("Yorkshire Terrier")


class TestSameDayLater:
    def test_stops_at_the_end_of_a_short_month(self) -> None:
        assert same_day_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
        assert same_day_later(date(2027, 12, 31), 2) == date(2028, 2, 29)
