"""A claim: at most one payment settles it, and no money that comes is dropped."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.payments.domain.claim import (
    Claim,
    NotPayable,
    PaymentBeingChecked,
    Recorded,
    UnknownAttempt,
    Word,
)
from services.payments.domain.events import (
    AttemptAbandoned,
    AttemptOpened,
    ClaimCancelled,
    PaymentFailed,
    PaymentRequested,
    PaymentSettled,
    PaymentStarted,
    PaymentUnclear,
    RefundFellDue,
    SurplusReceived,
)
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

    @pytest.mark.parametrize(("cents", "currency"), [(FEE - 1, "EUR"), (FEE + 1, "EUR"), (FEE, "USD")])
    def test_is_what_differs_from_the_claim(self, cents: int, currency: str) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        assert claim.record_word(attempt_id, word("succeeded", cents, currency), now=NOW) is Recorded.SURPLUS
        assert names(claim)[-1] is SurplusReceived
        assert claim.condition == "open"


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
