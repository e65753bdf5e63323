"""Debits, given / when / then: announced, filed, booked, or back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.payments.domain.debit import (
    AtTheBank,
    Debit,
    DebitRefused,
    NotAnnounced,
    NotFiled,
    NotPresentable,
    TooEarly,
)
from services.payments.domain.debit_events import DebitBooked, DebitPutOff, DebitReturned

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
TODAY, DUE = date(2026, 11, 26), date(2026, 12, 10)
ID, AGAIN, FILE = UUID(int=1), UUID(int=2), UUID(int=3)


def announced() -> Debit:
    debit = Debit.announce(
        id=ID, now=NOW, claim_id=UUID(int=4), case_id=UUID(int=5), account_id=UUID(int=6),
        mandate_id=UUID(int=7), reference="47112600000122-1", amount_cents=3060, currency="EUR",
        notified_on=TODAY, due=DUE,
    )  # fmt: skip
    debit.pending_events.clear()
    return debit


def filed() -> Debit:
    return after(announced(), lambda debit: debit.file(FILE, "FRST", DUE, now=NOW))


def booked() -> Debit:
    return after(filed(), lambda debit: debit.book("E1", DUE, now=NOW))


def rejected(code: str = "AC01") -> Debit:
    return after(filed(), lambda debit: debit.reject(code, now=NOW))


def returned(code: str = "MS03") -> Debit:
    return after(booked(), lambda debit: debit.take_back(code, "E2", DUE, 325, now=NOW))


def cancelled() -> Debit:
    return after(announced(), lambda debit: debit.cancel("paid", now=NOW))


def present_again(debit: Debit, amount_cents: int = 3060) -> Debit:
    return debit.present_again(
        id=AGAIN, now=NOW, reference="47112600000122-7", amount_cents=amount_cents, notified_on=DUE,
        due=date(2026, 12, 28),
    )  # fmt: skip


def after(debit: Debit, act: Callable[[Debit], object]) -> Debit:
    act(debit)
    debit.pending_events.clear()
    return debit


def happenings(debit: Debit) -> list[str]:
    return [type(event).__name__ for event in debit.pending_events]


def refuses(debit: Debit, why: type[DebitRefused], act: Callable[[Debit], object]) -> None:
    with pytest.raises(why):
        act(debit)
    assert happenings(debit) == []


class TestAnnouncing:
    @pytest.mark.parametrize(
        ("cents", "currency", "due"), [(0, "EUR", DUE), (1, "CHF", DUE), (1, "EUR", TODAY)]
    )
    def test_is_refused_for_what_no_notice_could_say(self, cents: int, currency: str, due: date) -> None:
        with pytest.raises(ValueError):
            Debit.announce(
                id=ID, now=NOW, claim_id=ID, case_id=ID, account_id=ID, mandate_id=ID, reference="r",
                amount_cents=cents, currency=currency, notified_on=TODAY, due=due,
            )  # fmt: skip


class TestFiling:
    def test_puts_it_at_the_bank(self) -> None:
        debit = announced()
        debit.file(FILE, "FRST", date(2026, 12, 11), now=NOW)
        assert (debit.condition, debit.collection_id, debit.due) == ("filed", FILE, date(2026, 12, 11))

    def test_on_a_later_day_than_announced_is_told_anew(self) -> None:
        debit = announced()
        debit.file(FILE, "FRST", date(2026, 12, 11), now=NOW)
        assert happenings(debit)[-2:] == ["DebitFiled", "DebitPutOff"]
        told = debit.pending_events[-1]
        assert isinstance(told, DebitPutOff)
        assert (told.account_id, told.due) == (debit.account_id, date(2026, 12, 11))

    def test_on_the_announced_day_tells_nothing_new(self) -> None:
        debit = announced()
        debit.file(FILE, "FRST", DUE, now=NOW)
        assert happenings(debit)[-1] == "DebitFiled"

    def test_is_refused_before_the_announced_day(self) -> None:
        refuses(announced(), TooEarly, lambda debit: debit.file(FILE, "FRST", date(2026, 12, 9), now=NOW))

    @pytest.mark.parametrize("given", [filed, booked, rejected, returned, cancelled])
    def test_is_refused_twice(self, given: Callable[[], Debit]) -> None:
        refuses(given(), NotAnnounced, lambda debit: debit.file(FILE, "FRST", DUE, now=NOW))


class TestPuttingOff:
    def test_is_for_a_later_day_alone(self) -> None:
        debit = filed()
        debit.put_off(date(2026, 12, 9), now=NOW)
        debit.put_off(DUE, now=NOW)
        assert (happenings(debit), debit.due) == ([], DUE)
        debit.put_off(date(2026, 12, 14), now=NOW)
        debit.put_off(date(2026, 12, 14), now=NOW)
        assert (happenings(debit), debit.due) == (["DebitPutOff"], date(2026, 12, 14))

    @pytest.mark.parametrize("given", [announced, booked, rejected, returned, cancelled])
    def test_is_refused_outside_a_file(self, given: Callable[[], Debit]) -> None:
        refuses(given(), NotFiled, lambda debit: debit.put_off(date(2026, 12, 14), now=NOW))


class TestBooking:
    def test_is_provisional_for_eight_weeks(self) -> None:
        debit = filed()
        assert debit.book("E1", DUE, now=NOW)
        event = debit.pending_events[0]
        assert isinstance(event, DebitBooked)
        assert event.refundable_until == date(2027, 2, 4)

    @pytest.mark.parametrize("given", [announced, booked, rejected, returned, cancelled])
    def test_is_ignored_where_it_is_known_or_overtaken(self, given: Callable[[], Debit]) -> None:
        debit = given()
        assert not debit.book("E1", DUE, now=NOW)
        assert happenings(debit) == []


class TestRejecting:
    def test_ends_it_before_any_money(self) -> None:
        debit = filed()
        assert debit.reject("AC04", now=NOW)
        assert (debit.condition, debit.code) == ("rejected", "AC04")

    @pytest.mark.parametrize("given", [announced, booked, rejected, returned, cancelled])
    def test_is_ignored_where_it_is_known_or_overtaken(self, given: Callable[[], Debit]) -> None:
        assert not given().reject("AC04", now=NOW)


class TestReturning:
    @pytest.mark.parametrize("given", [filed, booked])
    def test_takes_it_back_with_charges(self, given: Callable[[], Debit]) -> None:
        debit = given()
        assert debit.take_back("MD06", "E2", DUE, 325, now=NOW)
        event = debit.pending_events[0]
        assert isinstance(event, DebitReturned)
        assert (event.code, event.charges_cents, event.concern) == ("MD06", 325, "citizen_objected")
        assert debit.condition == "returned"

    @pytest.mark.parametrize("given", [announced, rejected, returned, cancelled])
    def test_is_ignored_where_it_is_known(self, given: Callable[[], Debit]) -> None:
        assert not given().take_back("MD06", "E3", DUE, 0, now=NOW)


class TestTheCredit:
    def test_is_known_once_it_is_booked(self) -> None:
        debit = returned()
        assert (booked().credited_by, debit.credited_by, debit.returned_by) == ("E1", "E1", "E2")
        assert not debit.tell_credit("E3", now=NOW)
        assert happenings(debit) == []

    def test_behind_its_return_is_told_once(self) -> None:
        def both(debit: Debit) -> None:
            debit.book("E2", DUE, now=NOW)
            debit.take_back("MS03", "E2", DUE, 0, now=NOW)

        debit = after(filed(), both)
        assert (debit.credited_by, debit.returned_by) == ("", "E2")
        assert debit.tell_credit("E1", now=NOW)
        assert debit.credited_by == "E1"
        assert not debit.tell_credit("E3", now=NOW)

    @pytest.mark.parametrize("given", [announced, filed, booked, rejected, cancelled])
    def test_is_not_told_where_nothing_came_back(self, given: Callable[[], Debit]) -> None:
        assert not given().tell_credit("E1", now=NOW)


class TestCancelling:
    def test_ends_what_is_announced(self) -> None:
        debit = announced()
        debit.cancel("paid", now=NOW)
        assert debit.condition == "cancelled"

    @pytest.mark.parametrize("given", [filed, booked])
    def test_is_refused_once_the_bank_has_it(self, given: Callable[[], Debit]) -> None:
        refuses(given(), AtTheBank, lambda debit: debit.cancel("paid", now=NOW))

    @pytest.mark.parametrize("given", [cancelled, rejected, returned])
    def test_is_nothing_where_it_is_over(self, given: Callable[[], Debit]) -> None:
        debit = given()
        debit.cancel("paid", now=NOW)
        assert happenings(debit) == []


class TestPresentingAgain:
    def test_announces_a_second_try(self) -> None:
        again = present_again(returned("MS03"), amount_cents=1530)
        assert (again.presentation, again.reference, again.condition) == (2, "47112600000122-7", "announced")
        assert again.amount_cents == 1530, "what is owed by then"

    @pytest.mark.parametrize("given", [announced, filed, booked, cancelled])
    def test_is_refused_where_nothing_failed(self, given: Callable[[], Debit]) -> None:
        refuses(given(), NotPresentable, present_again)

    @pytest.mark.parametrize("code", ["MD06", "MD01", "AC04", "MS02", "FF01", "XX99"])
    def test_is_refused_for_a_reason_that_allows_none(self, code: str) -> None:
        refuses(returned(code), NotPresentable, present_again)

    def test_is_refused_a_third_time(self) -> None:
        again = present_again(returned())
        again.file(FILE, "RCUR", date(2026, 12, 28), now=NOW)
        again.take_back("AM04", "E3", date(2026, 12, 29), 0, now=NOW)
        again.pending_events.clear()
        refuses(again, NotPresentable, present_again)
