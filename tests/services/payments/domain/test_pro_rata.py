"""What goes back of a fee: whole months left, rounded down."""

from datetime import date

import pytest

from services.payments.domain.pro_rata import pro_rata_cents

YEAR = date(2026, 1, 1), date(2026, 12, 31)


class TestTheShare:
    @pytest.mark.parametrize(
        ("given_up", "cents"),
        [
            (date(2026, 1, 1), 2805),  # the first month has begun
            (date(2026, 1, 31), 2805),
            (date(2026, 2, 1), 2550),
            (date(2026, 7, 15), 1275),
            (date(2026, 11, 30), 255),
            (date(2026, 12, 1), 0),
            (date(2027, 3, 1), 0),
        ],
    )
    def test_is_for_the_months_that_have_not_begun(self, given_up: date, cents: int) -> None:
        assert pro_rata_cents(3060, *YEAR, given_up) == cents

    def test_is_rounded_down(self) -> None:
        assert pro_rata_cents(1000, date(2026, 1, 1), date(2026, 3, 31), date(2026, 1, 9)) == 666

    def test_counts_from_any_day_of_a_month(self) -> None:
        assert pro_rata_cents(1200, date(2026, 1, 31), date(2027, 1, 30), date(2026, 2, 28)) == 1100

    @pytest.mark.parametrize(
        ("begin", "end", "given_up"),
        [
            (date(2026, 1, 1), date(2026, 12, 30), date(2026, 3, 1)),
            (date(2026, 1, 1), date(2025, 12, 31), date(2026, 3, 1)),
            (*YEAR, date(2025, 12, 31)),
        ],
    )
    def test_of_no_period_is_refused(self, begin: date, end: date, given_up: date) -> None:
        with pytest.raises(ValueError, match="whole months"):
            pro_rata_cents(3060, begin, end, given_up)
