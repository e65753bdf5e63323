"""A provider that keeps failing goes out, is tried with one payer, and comes back."""

from datetime import UTC, datetime, timedelta

from services.payments.breaker import LONGEST, Breaker

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def failing(times: int) -> Breaker:
    breaker = Breaker("girocheckout", 3, MINUTE)
    for _ in range(times):
        breaker.tried(NOW)
        breaker.failed(NOW)
    return breaker


class TestAProvider:
    def test_goes_out_after_so_many_failures_in_a_row(self) -> None:
        assert not failing(2).is_out(NOW)
        assert failing(3).is_out(NOW)

    def test_stays_in_where_one_succeeds_in_between(self) -> None:
        breaker = failing(2)
        breaker.succeeded()
        breaker.failed(NOW)
        assert not breaker.is_out(NOW)

    def test_is_tried_with_one_payer_after_its_pause(self) -> None:
        breaker, later = failing(3), NOW + MINUTE
        assert not breaker.is_out(later)
        breaker.tried(later)
        assert breaker.is_out(later)

    def test_comes_back_when_the_trial_succeeds(self) -> None:
        breaker = failing(3)
        breaker.tried(NOW + MINUTE)
        breaker.succeeded()
        assert not breaker.is_out(NOW + MINUTE)

    def test_stays_out_longer_each_time_it_fails(self) -> None:
        breaker, later = failing(3), NOW + MINUTE
        breaker.tried(later)
        breaker.failed(later)
        assert breaker.is_out(later + MINUTE)
        assert not breaker.is_out(later + 2 * MINUTE)
        for _ in range(9):
            breaker.failed(later)
        assert not breaker.is_out(later + LONGEST)
