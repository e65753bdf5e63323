from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.applications.domain.case import Case
from services.applications.domain.case_refusals import (
    AlreadySettled,
    AmountDiffers,
    FeeNotSettled,
    NeedsAClerk,
    NothingSettled,
    NotPossibleNow,
)
from services.applications.domain.conditions import Condition
from tests.services.applications.domain import cases
from tests.services.applications.domain.cases import (
    ANSWERS,
    APPROVAL,
    CLAIM,
    CORRECTION,
    DOCUMENT,
    FEE,
    FINAL,
    NEW_DAY,
    NOW,
)
from tests.services.applications.domain.test_case import refused


def pay(case: Case, cents: int = FEE) -> None:
    case.record_payment_settled(now=NOW, claim_id=CLAIM, amount_cents=cents)


def pay_provisionally(case: Case, cents: int = FEE) -> None:
    case.record_provisional_payment(now=NOW, claim_id=CLAIM, amount_cents=cents, until=FINAL)


def suspend(case: Case) -> None:
    case.suspend_approval("reminder", now=NOW)


def events(case: Case) -> list[str]:
    return [type(event).__name__ for event in case.pending_events]


class TestAProvisionalPayment:
    def test_is_waited_for_to_be_final(self) -> None:
        case = cases.provisional()
        assert (case.condition, case.settled) == (Condition.AWAITING_PAYMENT, False)
        assert (case.provisional_until, case.received_at) == (FINAL, 3)

    def test_lets_the_case_go_on_once_it_is_final(self) -> None:
        case = cases.provisional()
        case.record_payment_final(now=FINAL, claim_id=CLAIM)
        assert (case.condition, case.settled) == (Condition.READY, True)
        assert case.provisional_until is None

    def test_does_not_hide_that_the_register_is_awaited(self) -> None:
        case = cases.submitted()
        pay_provisionally(case)
        case.record_payment_final(now=FINAL, claim_id=CLAIM)
        assert case.condition is Condition.AWAITING_REGISTER

    def test_is_not_final_before_its_day(self) -> None:
        early = FINAL - timedelta(seconds=1)
        refused(
            cases.provisional(),
            lambda case: case.record_payment_final(now=early, claim_id=CLAIM),
            NothingSettled,
        )

    def test_is_never_final_once_it_was_taken_back(self) -> None:
        case = cases.reversed_(cases.provisional())
        assert (case.condition, case.provisional_until) == (Condition.AWAITING_PAYMENT, None)
        refused(case, lambda case: case.record_payment_final(now=FINAL, claim_id=CLAIM), NothingSettled)

    @pytest.mark.parametrize("again", [pay, pay_provisionally])
    def test_is_not_recorded_twice(self, again: Callable[[Case], None]) -> None:
        refused(cases.provisional(), again, AlreadySettled)

    def test_is_refused_with_another_amount(self) -> None:
        refused(cases.answered(), lambda case: pay_provisionally(case, FEE - 1), AmountDiffers)

    def test_keeps_the_case_from_expiring(self) -> None:
        refused(cases.provisional(), lambda case: case.expire_unpaid(now=NOW), NotPossibleNow)


class TestAPaymentTakenBack:
    def test_is_waited_for_again_where_nothing_is_decided(self) -> None:
        case = cases.submitted()
        pay(case)
        cases.reversed_(case)
        assert case.condition is Condition.AWAITING_REGISTER_AND_PAYMENT
        assert (case.settled, case.pay_by) == (False, NEW_DAY)

    def test_changes_nothing_else_once_it_is_granted(self) -> None:
        case = cases.reversed_(cases.completed())
        assert (case.condition, case.settled) == (Condition.COMPLETED, False)
        assert case.pay_by != NEW_DAY
        pay(case)
        assert (case.condition, case.settled) == (Condition.COMPLETED, True)

    def test_keeps_a_clerk_from_granting_it(self) -> None:
        case = cases.reversed_(cases.in_review())
        refused(case, lambda case: case.approve_by_clerk(now=NOW, clerk="c", **APPROVAL), FeeNotSettled)
        pay(case)
        case.approve_by_clerk(now=NOW, clerk="c", **APPROVAL)
        assert case.condition is Condition.APPROVED

    def test_keeps_the_rules_from_granting_it(self) -> None:
        case = cases.submitted(register_check=False)
        pay(case)
        case.refer_to_clerk(["remark"], now=NOW)
        case.request_correction("Bitte", now=NOW, clerk="c", answer_by=cases.ANSWER_BY)
        cases.reversed_(case)
        case.correct(now=NOW, **CORRECTION | {"answers": ANSWERS})
        found = refused(case, lambda case: case.decide_by_rule(now=NOW, **APPROVAL), NeedsAClerk)
        assert isinstance(found, NeedsAClerk)
        assert "fee_open" in found.reasons

    @pytest.mark.parametrize("given", [cases.answered, lambda: cases.reversed_(cases.completed())])
    def test_must_have_been_there(self, given: Callable[[], Case]) -> None:
        refused(given(), cases.reversed_, NothingSettled)

    def test_is_of_no_account_once_the_case_has_ended(self) -> None:
        refused(cases.rejected(), cases.reversed_, NotPossibleNow)


class TestAFeeNotPaid:
    def test_suspends_what_was_granted(self) -> None:
        case = cases.suspended()
        event: Any = case.pending_events[-1]
        assert case.condition is Condition.SUSPENDED
        assert (event.document_id, event.reason, event.step) == (DOCUMENT, "unpaid", "reminder")

    def test_lifts_the_suspension_when_it_is_paid(self) -> None:
        case = cases.reinstated()
        assert events(case)[-2:] == ["FeeSettled", "ApprovalReinstated"]
        assert (case.condition, case.settled) == (Condition.COMPLETED, True)

    def test_lifts_it_after_a_provisional_payment_only_once_that_is_final(self) -> None:
        case = cases.suspended()
        pay_provisionally(case)
        assert case.condition == "suspended"
        refused(case, suspend, AlreadySettled)
        case.record_payment_final(now=FINAL, claim_id=CLAIM)
        assert case.condition is Condition.COMPLETED

    def test_may_suspend_again(self) -> None:
        case = cases.reversed_(cases.reinstated())
        suspend(case)
        assert case.condition is Condition.SUSPENDED

    def test_may_revoke(self) -> None:
        case = cases.reversed_(cases.completed())
        case.revoke_unpaid(on=NOW.date(), now=NOW)
        event: Any = case.pending_events[-1]
        assert (case.condition, event.reason, event.refund) == (Condition.REVOKED, "unpaid", "none")

    @pytest.mark.parametrize("end", [suspend, lambda case: case.revoke_unpaid(on=NOW.date(), now=NOW)])
    def test_does_neither_while_it_is_paid(self, end: Callable[[Case], None]) -> None:
        refused(cases.completed(), end, AlreadySettled)

    @pytest.mark.parametrize("given", [cases.submitted, lambda: cases.reversed_(cases.approved())])
    def test_suspends_nothing_that_is_not_issued(self, given: Callable[[], Case]) -> None:
        refused(given(), suspend, NotPossibleNow)

    def test_suspends_no_second_time(self) -> None:
        refused(cases.suspended(), suspend, NotPossibleNow)
