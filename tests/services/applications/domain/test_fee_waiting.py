"""A case whose fee is on its way neither expires nor reminds; what fails leaves time to pay otherwise."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.applications.domain.case import Case
from services.applications.domain.case_refusals import (
    AlreadyAwaited,
    AlreadyReminded,
    AlreadySettled,
    MoneyAwaited,
    NothingAwaited,
    NotPossibleNow,
    TimeIsUp,
)
from services.applications.domain.conditions import Condition
from tests.services.applications.domain import cases
from tests.services.applications.domain.cases import ATTEMPT, CLAIM, FEE, NEW_DAY, NOW
from tests.services.applications.domain.test_case import refused
from tests.services.applications.domain.test_case_fee import events, pay

UNTIL = NOW + timedelta(days=5)


def wait(case: Case) -> None:
    case.await_fee(now=NOW, claim_id=CLAIM, attempt_id=ATTEMPT, until=None)


def end(case: Case) -> None:
    case.end_wait(now=NOW, attempt_id=ATTEMPT, pay_by=NEW_DAY)


def expire(case: Case) -> None:
    case.expire_unpaid(now=NOW)


def remind(case: Case) -> None:
    case.remind_of_fee(now=NOW)


def waiting_and_paid(until: datetime | None = None) -> Case:
    """Paid, though not by the attempt that is awaited."""
    case = cases.submitted()
    case.await_fee(now=NOW, claim_id=CLAIM, attempt_id=ATTEMPT, until=until)
    pay(case)
    return case


class TestMoneyOnItsWay:
    @pytest.mark.parametrize("given", [cases.submitted, cases.answered])
    def test_keeps_the_case_from_expiring(self, given: Callable[[], Case]) -> None:
        case = given()
        wait(case)
        found = refused(case, expire, MoneyAwaited)
        assert isinstance(found, MoneyAwaited)
        assert found.until is None

    def test_is_awaited_once(self) -> None:
        refused(cases.awaiting(), wait, AlreadyAwaited)

    def test_is_never_awaited_again_once_it_was_decided(self) -> None:
        refused(cases.failed(), wait, AlreadyAwaited)

    @pytest.mark.parametrize("given", [cases.ready, cases.completed, cases.expired, cases.withdrawn])
    def test_is_awaited_only_by_who_waits_for_the_fee(self, given: Callable[[], Case]) -> None:
        refused(given(), wait, NotPossibleNow)

    def test_of_a_second_attempt_is_awaited_as_well(self) -> None:
        case = cases.awaiting()
        case.await_fee(now=NOW, claim_id=CLAIM, attempt_id=uuid4(), until=None)
        end(case)
        refused(case, expire, MoneyAwaited)

    def test_moves_the_case_on_when_it_comes(self) -> None:
        case = cases.awaiting()
        case.end_wait(now=NOW, attempt_id=ATTEMPT, pay_by=None)
        pay(case)
        assert (case.condition, case.waits) == (Condition.READY, {})
        assert "PayByMoved" not in events(case)


class TestAPromisedTransfer:
    def test_is_waited_for_until_its_day(self) -> None:
        case = cases.awaiting(UNTIL)
        found = refused(case, expire, MoneyAwaited)
        assert isinstance(found, MoneyAwaited)
        assert found.until == UNTIL
        case.expire_unpaid(now=UNTIL)
        assert case.condition is Condition.EXPIRED

    def test_is_no_reason_not_to_remind(self) -> None:
        case = cases.awaiting(UNTIL)
        remind(case)
        assert case.reminded_for == case.pay_by

    def test_is_moot_once_the_fee_came(self) -> None:
        case = cases.reversed_(waiting_and_paid(UNTIL))
        assert case.waits == {}
        expire(case)
        assert case.condition is Condition.EXPIRED

    def test_leaves_a_debit_waited_for_though_the_fee_came_otherwise_and_went_back(self) -> None:
        refused(cases.reversed_(waiting_and_paid()), expire, MoneyAwaited)


class TestMoneyThatDoesNotCome:
    def test_leaves_time_to_pay_otherwise(self) -> None:
        case = cases.failed()
        assert (case.condition, case.pay_by, case.waits) == (Condition.AWAITING_PAYMENT, NEW_DAY, {})
        expire(case)
        assert case.condition is Condition.EXPIRED

    def test_never_shortens_the_time_there_was(self) -> None:
        case = cases.awaiting()
        before = case.pay_by
        case.end_wait(now=NOW, attempt_id=ATTEMPT, pay_by=date(2026, 11, 23))
        assert case.pay_by == before
        assert events(case)[-1] == "FeeWaitEnded"

    def test_fails_once(self) -> None:
        refused(cases.failed(), end, NothingAwaited)

    def test_was_awaited_before(self) -> None:
        refused(cases.answered(), end, NothingAwaited)

    def test_changes_nothing_of_a_case_that_is_over(self) -> None:
        case = cases.awaiting()
        case.withdraw(now=NOW)
        refused(case, end, NotPossibleNow)

    def test_gives_no_new_day_where_the_fee_is_there(self) -> None:
        case = waiting_and_paid()
        before = case.pay_by
        end(case)
        assert (case.pay_by, case.waits) == (before, {})


class TestAFeeTakenBack:
    def test_is_to_be_paid_by_a_new_day_and_never_by_an_earlier_one(self) -> None:
        case = cases.submitted(pay_by=NEW_DAY)
        pay(case)
        case.record_payment_reversed(now=NOW, claim_id=CLAIM, owed_cents=FEE, pay_by=date(2026, 11, 30))
        assert case.pay_by == NEW_DAY
        assert events(case)[-2:] == ["FeeReversed", "PayByMoved"]


PART, TODAY = uuid4(), NOW.date()
LATEST = TODAY + timedelta(days=28)


def part(case: Case, payment_id: UUID = PART, today: date = TODAY) -> None:
    case.await_rest(
        now=NOW, claim_id=CLAIM, payment_id=payment_id, today=today, pay_by=today + timedelta(days=7),
        latest=today + timedelta(days=28),
    )  # fmt: skip


class TestAPart:
    def test_gives_time_for_the_rest(self) -> None:
        case = cases.submitted(pay_by=TODAY)
        part(case)
        assert case.pay_by == TODAY + timedelta(days=7)
        assert events(case)[-2:] == ["RestAwaited", "PayByMoved"]

    def test_never_shortens_the_time_there_was(self) -> None:
        case = cases.submitted(pay_by=NEW_DAY)
        part(case)
        assert (case.pay_by, events(case)[-1]) == (NEW_DAY, "RestAwaited")

    def test_gives_it_once(self) -> None:
        case = cases.submitted()
        part(case)
        refused(case, part, AlreadyAwaited)

    def test_of_many_gives_no_more_than_the_first_allowed(self) -> None:
        case = cases.submitted(pay_by=TODAY)
        for week in range(4):
            part(case, uuid4(), TODAY + timedelta(days=7 * week))
        assert case.pay_by == LATEST
        part(case, uuid4(), LATEST)
        assert (case.pay_by, events(case)[-1]) == (LATEST, "RestAwaited")
        refused(case, lambda one: part(one, uuid4(), LATEST + timedelta(days=1)), TimeIsUp)

    @pytest.mark.parametrize("given", [cases.ready, cases.completed, cases.expired, cases.withdrawn])
    def test_is_nothing_to_a_case_that_waits_for_no_fee(self, given: Callable[[], Case]) -> None:
        refused(given(), part, NotPossibleNow)

    def test_behind_a_payment_that_is_not_final_gives_none(self) -> None:
        refused(cases.provisional(), part, AlreadySettled)


class TestAReminder:
    def test_comes_once_for_a_day(self) -> None:
        refused(cases.reminded(), remind, AlreadyReminded)

    def test_comes_again_for_a_new_day(self) -> None:
        case = cases.reminded()
        wait(case)
        end(case)
        remind(case)
        assert case.reminded_for == NEW_DAY

    def test_does_not_come_while_money_is_awaited(self) -> None:
        refused(cases.awaiting(), remind, MoneyAwaited)

    @pytest.mark.parametrize("given", [cases.ready, cases.provisional, cases.expired, cases.completed])
    def test_is_of_a_fee_that_is_missing(self, given: Callable[[], Case]) -> None:
        refused(given(), remind, NotPossibleNow)
