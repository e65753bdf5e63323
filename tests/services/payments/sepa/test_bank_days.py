"""Bank days, and the dates of a direct debit."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.sepa.bank_days import (
    bank_day_from,
    bank_days_after,
    bank_days_before,
    due_date,
    due_date_from,
    easter,
    is_bank_day,
)

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


class TestEaster:
    @pytest.mark.parametrize(
        "sunday", [date(2000, 4, 23), date(2008, 3, 23), date(2024, 3, 31), date(2025, 4, 20),
                   date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25)],
    )  # fmt: skip
    def test_is_the_known_sunday(self, sunday: date) -> None:
        assert easter(sunday.year) == sunday


class TestBankDay:
    @pytest.mark.parametrize(
        "closed", [date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1),
                   date(2026, 12, 25), date(2026, 12, 26), date(2026, 11, 28), date(2026, 11, 29)],
    )  # fmt: skip
    def test_is_none_when_the_system_is_closed(self, closed: date) -> None:
        assert not is_bank_day(closed)

    @pytest.mark.parametrize("day", [date(2026, 10, 31 - 1), date(2026, 12, 24), date(2026, 5, 14)])
    def test_is_one_on_a_holiday_of_the_country(self, day: date) -> None:
        assert is_bank_day(day)

    def test_after_easter_is_tuesday(self) -> None:
        assert bank_day_from(date(2026, 4, 3)) == date(2026, 4, 7)
        assert bank_days_after(date(2026, 4, 2), 2) == date(2026, 4, 8)


class TestCountingBack:
    @pytest.mark.parametrize(
        ("day", "count", "found"),
        [(date(2026, 12, 18), 5, date(2026, 12, 11)), (date(2026, 12, 18), 0, date(2026, 12, 18)),
         (date(2026, 12, 19), 5, date(2026, 12, 11)), (date(2026, 12, 28), 1, date(2026, 12, 24))],
    )  # fmt: skip
    def test_begins_at_the_last_bank_day(self, day: date, count: int, found: date) -> None:
        assert bank_days_before(day, count) == found


class TestDueDate:
    def test_is_two_weeks_after_the_notice(self) -> None:
        assert due_date(date(2026, 11, 26)) == date(2026, 12, 10)

    def test_waits_for_the_next_bank_day(self) -> None:
        assert due_date(date(2026, 12, 11)) == date(2026, 12, 28)

    def test_is_the_wanted_day_where_that_is_later(self) -> None:
        assert due_date(date(2026, 11, 26), date(2027, 1, 15), notice=1) == date(2027, 1, 15)

    def test_is_not_before_the_notice_is_over(self) -> None:
        assert due_date(date(2026, 11, 26), date(2026, 11, 27), notice=5) == date(2026, 12, 1)

    def test_needs_a_notice_of_a_day(self) -> None:
        with pytest.raises(ValueError):
            due_date(date(2026, 11, 26), notice=0)

    @given(DAYS, st.integers(1, 30))
    def test_is_a_bank_day_that_can_still_be_filed_for(self, notified: date, notice: int) -> None:
        due = due_date(notified, notice=notice)
        assert is_bank_day(due)
        assert due - notified >= timedelta(days=notice)

    def test_is_put_off_where_the_file_comes_late(self) -> None:
        assert due_date_from(date(2026, 12, 10), date(2026, 12, 10)) == date(2026, 12, 11)
        assert due_date_from(date(2026, 12, 24), date(2026, 12, 10)) == date(2026, 12, 28)
