from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.applications.domain.case import Case
from services.applications.domain.case_refusals import (
    AlreadySettled,
    AmountDiffers,
    CaseRefused,
    FeeWouldChange,
    NeedsAClerk,
    NotPossibleNow,
    ReasonMissing,
)
from services.applications.domain.conditions import OPEN, TRANSITIONS, Condition, Step, diagram
from tests.services.applications.domain import cases
from tests.services.applications.domain.cases import (
    ANSWER_BY,
    APPROVAL,
    CLAIM,
    CORRECTION,
    DOCUMENT,
    FEE,
    NOW,
    RULE,
)

CORRECTED = {name: value for name, value in CORRECTION.items() if name != "reasons"}
GIVEN: dict[Condition, Callable[[], Case]] = {
    Condition.AWAITING_REGISTER_AND_PAYMENT: cases.submitted,
    Condition.AWAITING_REGISTER: lambda: cases.submitted(fee_due="after_decision"),
    Condition.AWAITING_PAYMENT: cases.answered,
    Condition.READY: cases.ready,
    Condition.IN_REVIEW: cases.in_review,
    Condition.CORRECTION_REQUESTED: cases.correction_requested,
    Condition.APPROVED: cases.approved,
    Condition.COMPLETED: cases.completed,
    Condition.SUSPENDED: cases.suspended,
    Condition.REJECTED: cases.rejected,
    Condition.WITHDRAWN: cases.withdrawn,
    Condition.EXPIRED: cases.expired,
    Condition.REVOKED: cases.revoked,
}
COMMANDS: dict[Step, Callable[[Case], None]] = {
    Step.REGISTER_ANSWERED: lambda case: case.record_register_answer("match", now=NOW),
    Step.REFERRED: lambda case: case.refer_to_clerk(["remark"], now=NOW),
    Step.CORRECTION_REQUESTED: lambda case: case.request_correction(
        "Bitte", now=NOW, clerk="c", answer_by=ANSWER_BY
    ),
    Step.CORRECTION_REMINDED: lambda case: case.remind_of_correction(now=NOW),
    Step.CORRECTION_LAPSED: lambda case: case.let_correction_lapse(now=NOW),
    Step.CORRECTION_TAKEN_BACK: lambda case: case.take_correction_back(now=NOW, clerk="c"),
    Step.CORRECTED_WITH_CHECK: lambda case: case.correct(now=NOW, **CORRECTION),
    Step.APPROVED_BY_RULE: lambda case: case.decide_by_rule(now=NOW, **APPROVAL),
    Step.APPROVED_BY_CLERK: lambda case: case.approve_by_clerk(now=NOW, clerk="c", **APPROVAL),
    Step.REJECTED_BY_CLERK: lambda case: case.reject_by_clerk(
        now=NOW, clerk="c", rule_version=RULE, reason="other", text="Nein"
    ),
    Step.WITHDRAWN: lambda case: case.withdraw(now=NOW),
    Step.EXPIRED_UNPAID: lambda case: case.expire_unpaid(now=NOW),
    Step.COMPLETED: lambda case: case.complete(now=NOW, document_id=DOCUMENT),
    Step.APPROVAL_CORRECTED: lambda case: case.correct_approval(
        now=NOW, clerk="c", text="Tippfehler", **CORRECTED
    ),
    Step.APPROVAL_REVOKED: lambda case: case.revoke_approval(
        "moved_away", refund="none", on=NOW.date(), now=NOW
    ),
}


def refused(case: Case, command: Callable[[Case], object], error: type[CaseRefused]) -> CaseRefused:
    """The refusal, having checked that nothing was recorded."""
    before = (len(case.pending_events), case.condition)
    with pytest.raises(error) as raised:
        command(case)
    assert (len(case.pending_events), case.condition) == before
    return raised.value


class TestConditions:
    @pytest.mark.parametrize("condition", Condition)
    def test_are_reached_by_decisions(self, condition: Condition) -> None:
        assert GIVEN[condition]().condition is condition

    @pytest.mark.parametrize("step", COMMANDS)
    @pytest.mark.parametrize("condition", Condition)
    def test_allow_only_what_the_table_says(self, condition: Condition, step: Step) -> None:
        case, after = GIVEN[condition](), TRANSITIONS[step].get(condition)
        if after is None:
            found = refused(case, COMMANDS[step], NotPossibleNow)
            assert isinstance(found, NotPossibleNow)
            assert (found.step, found.condition) == (step, condition)
        else:
            COMMANDS[step](case)
            assert case.condition is after

    def test_are_open_until_decided(self) -> None:
        assert {condition for condition in Condition if GIVEN[condition]().is_open} == set(OPEN)

    def test_draw_their_own_diagram(self) -> None:
        drawn = diagram()
        assert drawn.startswith("stateDiagram-v2\n    [*] --> awaiting_register_and_payment: submitted")
        assert drawn.count("-->") == 4 + sum(len(ways) for ways in TRANSITIONS.values())


class TestSubmission:
    @pytest.mark.parametrize(
        ("check", "due", "fee", "condition"),
        [
            (True, "before_decision", FEE, Condition.AWAITING_REGISTER_AND_PAYMENT),
            (True, "after_decision", FEE, Condition.AWAITING_REGISTER),
            (False, "before_decision", FEE, Condition.AWAITING_PAYMENT),
            (False, "after_decision", FEE, Condition.READY),
            (True, "before_decision", 0, Condition.AWAITING_REGISTER),
            (False, "none", 0, Condition.READY),
        ],
    )
    def test_begins_with_what_is_waited_for(
        self, check: bool, due: str, fee: int, condition: Condition
    ) -> None:
        case = cases.submitted(register_check=check, fee_due=due, fee_cents=fee)
        assert case.condition is condition

    def test_sets_a_pay_day_only_where_payment_comes_first(self) -> None:
        assert cases.submitted().pay_by == date(2026, 11, 29)
        assert cases.submitted(fee_due="after_decision").pay_by is None

    def test_owes_nothing_without_a_fee(self) -> None:
        assert cases.submitted(fee_cents=0).fee_due == "none"


class TestPayment:
    def test_may_come_before_the_register(self) -> None:
        case = cases.submitted()
        case.record_payment_settled(now=NOW, claim_id=CLAIM, amount_cents=FEE)
        assert (case.condition, case.settled) == (Condition.AWAITING_REGISTER, True)

    def test_may_come_after_the_decision(self) -> None:
        case = cases.submitted(fee_due="after_decision", register_check=False, automation="assisted")
        case.refer_to_clerk(["not_automated"], now=NOW)
        case.approve_by_clerk(now=NOW, clerk="c", **APPROVAL)
        case.record_payment_settled(now=NOW, claim_id=CLAIM, amount_cents=FEE)
        assert (case.condition, case.settled) == (Condition.APPROVED, True)

    def test_is_refused_a_second_time(self) -> None:
        refused(cases.ready(), self.pay, AlreadySettled)

    def test_is_refused_with_another_amount(self) -> None:
        refused(cases.submitted(), lambda case: self.pay(case, FEE - 1), AmountDiffers)

    @pytest.mark.parametrize("given", [cases.withdrawn, cases.expired])
    def test_is_refused_once_the_case_has_ended(self, given: Callable[[], Case]) -> None:
        refused(given(), self.pay, NotPossibleNow)

    @staticmethod
    def pay(case: Case, cents: int = FEE) -> None:
        case.record_payment_settled(now=NOW, claim_id=CLAIM, amount_cents=cents)


class TestDecisionByRule:
    def test_approves_the_plain_case(self) -> None:
        case = cases.ready()
        assert case.reasons_against_rule() == []
        case.decide_by_rule(now=NOW, **APPROVAL)
        event: Any = case.pending_events[-1]
        assert (event.decided_by, event.rule_version, event.clerk) == ("rule", RULE, "")
        assert event.inputs == {
            "answers": cases.ANSWERS,
            "facts": {"zone": "L"},
            "register_outcome": "match",
            "settled": True,
            "reasons": [],
        }

    @pytest.mark.parametrize(
        ("given", "reasons"),
        [
            (lambda: cases.ready("mismatch"), ("register_mismatch",)),
            (lambda: cases.ready("unavailable"), ("register_unavailable",)),
            (lambda: cases.ready(reasons=["season_plate"]), ("season_plate",)),
            (lambda: cases.ready(automation="assisted"), ("not_automated",)),
            (lambda: cases.ready(automation="none"), ("not_automated",)),
            (lambda: cases.ready(legal_basis=""), ("not_automated",)),
            (lambda: cases.ready("mismatch", reasons=["remark"]), ("remark", "register_mismatch")),
        ],
    )
    def test_is_refused_for_all_else(self, given: Callable[[], Case], reasons: tuple[str, ...]) -> None:
        found = refused(given(), COMMANDS[Step.APPROVED_BY_RULE], NeedsAClerk)
        assert isinstance(found, NeedsAClerk)
        assert found.reasons == reasons

    def test_is_refused_before_the_fee_is_settled(self) -> None:
        refused(cases.answered(), COMMANDS[Step.APPROVED_BY_RULE], NotPossibleNow)

    def test_is_refused_after_a_clerk_had_the_case(self) -> None:
        case = cases.correction_requested()
        case.correct(now=NOW, **CORRECTION)
        case.record_register_answer("match", now=NOW)
        found = refused(case, COMMANDS[Step.APPROVED_BY_RULE], NeedsAClerk)
        assert isinstance(found, NeedsAClerk)
        assert found.reasons == ("corrected",)


class TestReferral:
    def test_keeps_its_reasons(self) -> None:
        assert cases.in_review().reasons == ["register_mismatch"]

    def test_is_refused_without_a_reason(self) -> None:
        refused(cases.ready(), lambda case: case.refer_to_clerk([], now=NOW), ReasonMissing)


class TestCorrection:
    def test_asks_the_register_again(self) -> None:
        case = cases.correction_requested()
        case.correct(now=NOW, **CORRECTION)
        assert (case.condition, case.register_outcome) == (Condition.AWAITING_REGISTER, None)
        assert case.answers["plate"] == "LIN-AB 124"
        assert case.reserved == [("permit_per_plate", "LIN-AB 124")]

    def test_goes_straight_on_without_a_register(self) -> None:
        case = cases.submitted(register_check=False, fee_due="after_decision")
        case.refer_to_clerk(["remark"], now=NOW)
        case.request_correction("Bitte", now=NOW, clerk="c", answer_by=ANSWER_BY)
        case.correct(now=NOW, **CORRECTION | {"fee_cents": 99})
        assert (case.condition, case.fee_cents) == (Condition.READY, 99)

    def test_is_refused_when_the_fee_would_change(self) -> None:
        change = CORRECTION | {"fee_cents": FEE + 255}
        refused(cases.correction_requested(), lambda case: case.correct(now=NOW, **change), FeeWouldChange)

    def test_is_not_asked_for_without_words(self) -> None:
        refused(
            cases.in_review(),
            lambda case: case.request_correction(" ", now=NOW, clerk="c", answer_by=ANSWER_BY),
            ReasonMissing,
        )


class TestDecisionByClerk:
    def test_may_approve_despite_a_mismatch(self) -> None:
        case = cases.in_review("mismatch")
        case.approve_by_clerk(now=NOW, clerk="clerk-1", text=" Unterlagen lagen vor ", **APPROVAL)
        event: Any = case.pending_events[-1]
        assert (event.decided_by, event.clerk, event.text) == ("clerk", "clerk-1", "Unterlagen lagen vor")

    def test_assesses_a_fee_that_is_due_afterwards(self) -> None:
        case = cases.submitted(fee_due="after_decision", register_check=False)
        case.refer_to_clerk(["remark"], now=NOW)
        case.approve_by_clerk(now=NOW, clerk="c", fee_cents=700, assessment={"total_cents": 700}, **APPROVAL)
        assert (case.fee_cents, case.assessment) == (700, {"total_cents": 700})

    def test_may_not_change_a_fee_already_asked_for(self) -> None:
        refused(
            cases.in_review(),
            lambda case: case.approve_by_clerk(now=NOW, clerk="c", fee_cents=FEE + 1, **APPROVAL),
            FeeWouldChange,
        )

    def test_refuses_only_with_words(self) -> None:
        refused(
            cases.in_review(),
            lambda case: case.reject_by_clerk(now=NOW, clerk="c", rule_version=RULE, reason="other", text=""),
            ReasonMissing,
        )

    def test_keeps_the_public_reason_apart_from_the_words(self) -> None:
        case = cases.rejected()
        assert (case.decision_reason, case.decision_text) == ("no_main_residence", "Kein Wohnsitz")


class TestRevocation:
    def test_needs_its_reason(self) -> None:
        refused(
            cases.completed(),
            lambda case: case.revoke_approval("", refund="none", on=NOW.date(), now=NOW),
            ReasonMissing,
        )
