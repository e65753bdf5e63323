"""A claim: at most one payment settles it, and no money that comes is dropped."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.events import (
    AttemptAbandoned,
    AttemptOpened,
    ClaimCancelled,
    MoneyTaskOffset,
    PartReceived,
    PaymentApproved,
    PaymentFailed,
    PaymentRequested,
    PaymentSettled,
    PaymentStarted,
    PaymentUnclear,
    RefundFellDue,
    SurplusReceived,
)
from services.payments.domain.money import Receipt, Recorded, Reversal, Word
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refusals import NotPayable, PaymentBeingChecked, UnknownAttempt, UnknownPayment
from services.payments.domain.return_events import PaymentReversed
from shared.ids import new_id

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FEE = 3060
VOUCHER = "AA-2026-004711"


def given_claim() -> Claim:
    return Claim.request(
        id=new_id(), now=NOW, case_id=new_id(), case_number="BPA-2026-000123", account_id=new_id(),
        service="resident-parking-permit", cost_object="541000", kassenzeichen="47112600000122",
        amount_cents=FEE, currency="EUR", pay_by=date(2026, 11, 29), language="de",
    )  # fmt: skip


def given_attempt(claim: Claim, *, started: bool = True) -> UUID:
    attempt_id = new_id()
    claim.open_attempt(attempt_id, "card", "http://portal/zurueck", now=NOW)
    if started:
        claim.record_start(attempt_id, "girocheckout", "ref-1", now=NOW)
    return attempt_id


def word(state: str, cents: int = FEE, currency: str = "EUR") -> Word:
    return Word(state, "4000", "girocheckout", "ref-1", cents, currency)


def names(claim: Claim) -> list[type]:
    return [type(event) for event in claim.pending_events]


class TestRequest:
    def test_opens_a_claim(self) -> None:
        claim = given_claim()
        assert names(claim) == [PaymentRequested]
        assert claim.condition == "open"

    @pytest.mark.parametrize("cents", [0, -1])
    def test_refuses_an_amount_that_is_not_positive(self, cents: int) -> None:
        with pytest.raises(ValueError, match="positive"):
            Claim.request(
                id=new_id(), now=NOW, case_id=new_id(), case_number="x", account_id=new_id(), service="x",
                cost_object="1", kassenzeichen="1", amount_cents=cents, currency="EUR", pay_by=None,
                language="de",
            )  # fmt: skip


class TestAttempt:
    def test_is_opened_then_started(self) -> None:
        claim = given_claim()
        given_attempt(claim)
        assert names(claim)[1:] == [AttemptOpened, PaymentStarted]

    def test_is_abandoned_when_the_provider_is_away(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim, started=False)
        claim.abandon_attempt(attempt_id, "timeout", now=NOW)
        assert names(claim)[-1] is AttemptAbandoned

    def test_is_not_abandoned_once_started(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.abandon_attempt(attempt_id, "timeout", now=NOW)
        assert names(claim)[-1] is PaymentStarted

    def test_is_refused_on_a_settled_claim(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        with pytest.raises(NotPayable):
            given_attempt(claim)

    def test_is_refused_on_a_cancelled_claim(self) -> None:
        claim = given_claim()
        claim.withdraw_claim("withdrawn", now=NOW)
        with pytest.raises(NotPayable):
            given_attempt(claim)

    def test_is_refused_while_another_is_being_checked(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("unknown"), now=NOW)
        with pytest.raises(PaymentBeingChecked):
            given_attempt(claim)

    def test_is_allowed_after_a_failed_one(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("failed"), now=NOW)
        given_attempt(claim)
        assert names(claim)[-1] is PaymentStarted


class TestWord:
    def test_settles_an_open_claim(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SETTLED
        assert names(claim)[-1] is PaymentSettled
        assert (claim.condition, claim.settled_by) == ("settled", attempt_id)

    def test_said_twice_is_a_duplicate(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        before = len(claim.pending_events)
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.DUPLICATE
        assert len(claim.pending_events) == before

    def test_of_failure_leaves_the_claim_open(self) -> None:
        claim = given_claim()
        assert claim.record_word(given_attempt(claim), word("cancelled"), now=NOW) is Recorded.FAILED
        assert names(claim)[-1] is PaymentFailed
        assert claim.condition == "open"

    def test_of_failure_after_success_is_contradicted(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        assert claim.record_word(attempt_id, word("failed"), now=NOW) is Recorded.CONTRADICTED
        assert claim.condition == "settled"

    def test_of_success_after_failure_settles(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("cancelled"), now=NOW)
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SETTLED

    def test_of_doubt_is_recorded_once(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        assert claim.record_word(attempt_id, word("unknown"), now=NOW) is Recorded.UNCLEAR
        assert claim.record_word(attempt_id, word("unknown"), now=NOW) is Recorded.DUPLICATE
        assert names(claim).count(PaymentUnclear) == 1

    def test_about_an_unknown_attempt_is_refused(self) -> None:
        with pytest.raises(UnknownAttempt):
            given_claim().record_word(new_id(), word("succeeded"), now=NOW)


class TestSurplus:
    def test_comes_after_cancellation(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.withdraw_claim("withdrawn", now=NOW)
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SURPLUS
        assert claim.condition == "cancelled"
        assert claim.pending_events[-1].reason == "after_cancellation"  # type: ignore[attr-defined]

    def test_comes_from_a_second_payment(self) -> None:
        claim = given_claim()
        first, second = given_attempt(claim), given_attempt(claim)
        claim.record_word(first, word("succeeded"), now=NOW)
        assert claim.record_word(second, word("succeeded"), now=NOW) is Recorded.SURPLUS
        assert names(claim).count(PaymentSettled) == 1
        assert claim.pending_events[-1].reason == "second_payment"  # type: ignore[attr-defined]

    def test_is_money_in_another_currency(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        assert claim.record_word(attempt_id, word("succeeded", FEE, "USD"), now=NOW) is Recorded.SURPLUS
        assert names(claim)[-1] is SurplusReceived
        assert claim.condition == "open"
        assert claim.money_tasks[claim.version].currency == "USD"

    def test_is_what_was_paid_too_much(self) -> None:
        claim = given_claim()
        result = claim.record_word(given_attempt(claim), word("succeeded", FEE + 40), now=NOW)
        assert result is Recorded.SETTLED
        assert names(claim)[-2:] == [PaymentSettled, SurplusReceived]
        [task] = claim.money_tasks.values()
        assert (claim.condition, task.kind, task.amount_cents) == ("settled", "overpaid", 40)


class TestAPart:
    def test_counts_and_leaves_the_rest_owed(self) -> None:
        claim = given_claim()
        assert claim.record_word(given_attempt(claim), word("succeeded", 1000), now=NOW) is Recorded.PART
        assert names(claim)[-1] is PartReceived
        assert (claim.condition, claim.owed_cents) == ("open", FEE - 1000)

    def test_is_made_whole_by_an_attempt_for_the_rest(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded", 1000), now=NOW)
        second = given_attempt(claim)
        assert claim.attempts[second].amount_cents == FEE - 1000
        result = claim.record_word(second, word("succeeded", FEE - 1000), now=NOW)
        assert (result, claim.condition, claim.kept_cents) == (Recorded.SETTLED, "settled", FEE)

    def test_goes_back_when_the_claim_ends(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded", 1000), now=NOW)
        claim.withdraw_claim("withdrawn", now=NOW)
        assert names(claim)[-2:] == [ClaimCancelled, RefundFellDue]
        [task] = claim.money_tasks.values()
        assert (claim.condition, task.kind, task.amount_cents) == ("refund_due", "refund_due", 1000)

    def test_of_nothing_is_no_money(self) -> None:
        claim = given_claim()
        before = len(claim.pending_events)
        result = claim.record_word(given_attempt(claim), word("succeeded", 0), now=NOW)
        assert (result, len(claim.pending_events)) == (Recorded.CONTRADICTED, before + 2)


def given_receipt(cents: int = FEE, reference: str = "2026-11-22/7") -> Receipt:
    return Receipt("bank", "bank_transfer", reference, cents, "EUR")


class TestAReceipt:
    def test_settles_without_an_attempt(self) -> None:
        claim = given_claim()
        assert claim.record_receipt(given_receipt(), now=NOW) is Recorded.SETTLED
        assert (claim.condition, claim.attempts) == ("settled", {})

    def test_told_again_is_a_duplicate(self) -> None:
        claim = given_claim()
        claim.record_receipt(given_receipt(), now=NOW)
        before = len(claim.pending_events)
        assert claim.record_receipt(given_receipt(), now=NOW) is Recorded.DUPLICATE
        assert len(claim.pending_events) == before

    def test_with_a_reference_of_its_own_is_another(self) -> None:
        claim = given_claim()
        claim.record_receipt(given_receipt(), now=NOW)
        assert claim.record_receipt(given_receipt(reference="8"), now=NOW) is Recorded.SURPLUS


class TestAReversal:
    def test_makes_the_claim_owed_again_once(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        taken_back = Reversal("MD06", "R-1", FEE, charges_cents=300)
        assert claim.record_reversal(attempt_id, taken_back, now=NOW) is Recorded.REVERSED
        assert (claim.condition, claim.owed_cents, claim.settled_by) == ("open", FEE, None)
        assert claim.attempts[attempt_id].state == "reversed"
        assert claim.record_reversal(attempt_id, taken_back, now=NOW) is Recorded.DUPLICATE
        assert names(claim).count(PaymentReversed) == 1

    def test_is_not_undone_by_a_late_word(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        assert claim.record_word(attempt_id, word("reversed"), now=NOW) is Recorded.REVERSED
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.DUPLICATE
        assert claim.condition == "open"

    def test_lets_the_claim_be_paid_again(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        claim.record_word(attempt_id, word("reversed"), now=NOW)
        assert claim.record_word(given_attempt(claim), word("succeeded"), now=NOW) is Recorded.SETTLED

    def test_of_a_second_payment_leaves_the_claim_settled(self) -> None:
        claim = given_claim()
        first, second = given_attempt(claim), given_attempt(claim)
        claim.record_word(first, word("succeeded"), now=NOW)
        claim.record_word(second, word("succeeded"), now=NOW)
        claim.record_word(second, word("reversed"), now=NOW)
        assert claim.condition == "settled"
        assert all(task.done for task in claim.money_tasks.values())

    def test_of_what_was_to_be_refunded_leaves_nothing_to_do(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        claim.withdraw_claim("rejected", now=NOW)
        claim.record_word(attempt_id, word("reversed"), now=NOW)
        assert (claim.condition, names(claim)[-1]) == ("cancelled", MoneyTaskOffset)

    def test_after_the_refund_is_money_to_reclaim(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        claim.withdraw_claim("rejected", now=NOW)
        claim.settle_money_task(claim.version, Settled.RETURNED_BY_TRANSFER, FEE, VOUCHER, now=NOW)
        claim.record_word(attempt_id, word("reversed"), now=NOW)
        assert (claim.condition, claim.payments[attempt_id].reclaimable_cents) == ("refunded", FEE)

    @pytest.mark.parametrize("cents", [0, FEE + 1])
    def test_of_another_amount_than_came_is_contradicted(self, cents: int) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        result = claim.record_reversal(attempt_id, Reversal("MD06", "R-1", cents), now=NOW)
        assert (result, claim.condition) == (Recorded.CONTRADICTED, "settled")

    def test_of_money_that_never_came_is_refused(self) -> None:
        with pytest.raises(UnknownPayment):
            given_claim().record_reversal(new_id(), Reversal("MD06", "R-1", FEE), now=NOW)


class TestAnApproval:
    def test_comes_before_the_money(self) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        assert claim.record_word(attempt_id, word("approved"), now=NOW) is Recorded.APPROVED
        assert names(claim)[-1] is PaymentApproved
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SETTLED

    def test_keeps_a_second_attempt_away(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("approved"), now=NOW)
        with pytest.raises(PaymentBeingChecked):
            given_attempt(claim)

    @pytest.mark.parametrize("before", ["settled", "cancelled", "another approved", "another amount"])
    def test_of_money_nobody_wants_is_never_captured(self, before: str) -> None:
        claim = given_claim()
        attempt_id, other = given_attempt(claim), given_attempt(claim)
        if before == "cancelled":
            claim.withdraw_claim("withdrawn", now=NOW)
        elif before != "another amount":
            claim.record_word(other, word("succeeded" if before == "settled" else "approved"), now=NOW)
        cents = FEE - 1 if before == "another amount" else FEE
        assert claim.record_word(attempt_id, word("approved", cents), now=NOW) is Recorded.FAILED
        assert claim.attempts[attempt_id].state == "cancelled"


class TestWithdrawal:
    def test_cancels_an_open_claim_once(self) -> None:
        claim = given_claim()
        claim.withdraw_claim("expired", now=NOW)
        claim.withdraw_claim("expired", now=NOW)
        assert names(claim)[1:] == [ClaimCancelled]

    def test_owes_a_paid_claim_back(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        claim.withdraw_claim("rejected", now=NOW)
        assert names(claim)[-1] is RefundFellDue
        assert claim.condition == "refund_due"
