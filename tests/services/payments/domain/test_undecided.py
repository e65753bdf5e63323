"""An attempt that its provider left undecided: two people decide it, and the claim goes on."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.payments.domain import cash, undecided
from services.payments.domain.claim import Claim
from services.payments.domain.dunning import STEPS
from services.payments.domain.events import PaymentFailed, PaymentSettled, SurplusReceived
from services.payments.domain.money import Receipt, Recorded
from services.payments.domain.refusals import (
    AttemptDecided,
    AttemptStillAsked,
    ClaimRefused,
    FindingWaits,
    NoSuchFinding,
    PaymentBeingChecked,
    SecondPersonNeeded,
    UnknownAttempt,
    VoucherImpossible,
)
from services.payments.domain.undecided import Found
from services.payments.domain.undecided_events import (
    AttemptFindingConfirmed,
    AttemptFindingDeclined,
    AttemptFindingProposed,
    AttemptLeftUndecided,
)
from shared.ids import new_id
from tests.services.payments.domain.claims import balances
from tests.services.payments.domain.test_claim import (
    FEE,
    NOW,
    VOUCHER,
    given_attempt,
    given_claim,
    names,
    word,
)

PAID, NOT_PAID = Found.PAID, Found.NOT_PAID


def given_undecided(said: str = "unknown") -> tuple[Claim, UUID]:
    """A claim whose attempt the provider was asked about for long."""
    claim = given_claim()
    attempt_id = given_attempt(claim)
    if said:
        claim.record_word(attempt_id, word(said), now=NOW)
    undecided.leave(claim, attempt_id, now=NOW)
    return claim, attempt_id


def found(claim: Claim, attempt_id: UUID, what: Found = PAID) -> None:
    undecided.propose(claim, attempt_id, what, VOUCHER, "kim", now=NOW)


def confirmed(claim: Claim, attempt_id: UUID, what: Found = PAID, by: str = "sam") -> Recorded:
    return undecided.confirm(claim, attempt_id, what, by, provisional_until=None, now=NOW)


class TestLeaving:
    @pytest.mark.parametrize("said", ["", "unknown", "approved"])
    def test_is_said_once(self, said: str) -> None:
        claim, attempt_id = given_undecided(said)
        undecided.leave(claim, attempt_id, now=NOW)
        assert names(claim).count(AttemptLeftUndecided) == 1

    @pytest.mark.parametrize("said", ["failed", "succeeded", "expired"])
    def test_is_not_for_what_was_decided(self, said: str) -> None:
        claim, _ = given_undecided(said)
        assert AttemptLeftUndecided not in names(claim)

    def test_is_not_for_what_never_began(self) -> None:
        claim = given_claim()
        undecided.leave(claim, given_attempt(claim, started=False), now=NOW)
        assert AttemptLeftUndecided not in names(claim)

    @pytest.mark.parametrize("said", ["unknown", "approved"])
    def test_frees_nothing_by_itself(self, said: str) -> None:
        claim, _ = given_undecided(said)
        with pytest.raises(PaymentBeingChecked):
            cash.check(claim)


class TestAFinding:
    def test_waits_for_a_second_person(self) -> None:
        claim, attempt_id = given_undecided()
        found(claim, attempt_id)
        assert names(claim)[-1] is AttemptFindingProposed
        assert (claim.condition, claim.attempts[attempt_id].state) == ("open", "unclear")

    @pytest.mark.parametrize("said", ["", "unknown", "approved"])
    def test_that_it_was_paid_settles_through_the_providers_account(self, said: str) -> None:
        claim, attempt_id = given_undecided(said)
        found(claim, attempt_id)
        assert confirmed(claim, attempt_id) is Recorded.SETTLED
        assert names(claim)[-2:] == [AttemptFindingConfirmed, PaymentSettled]
        assert balances(claim)["provider:girocheckout"] == FEE
        assert (claim.condition, claim.attempts[attempt_id].finding) == ("settled", None)
        assert claim.payments[attempt_id].reference == "ref-1"

    def test_that_it_was_paid_is_a_surplus_of_a_claim_that_has_ended(self) -> None:
        claim, attempt_id = given_undecided()
        claim.withdraw_claim("withdrawn", now=NOW)
        found(claim, attempt_id)
        assert confirmed(claim, attempt_id) is Recorded.SURPLUS
        assert names(claim)[-1] is SurplusReceived

    @pytest.mark.parametrize("said", ["", "unknown", "approved"])
    def test_that_it_was_not_frees_the_claim(self, said: str) -> None:
        claim, attempt_id = given_undecided(said)
        found(claim, attempt_id, NOT_PAID)
        assert confirmed(claim, attempt_id, NOT_PAID) is Recorded.FAILED
        assert names(claim)[-2:] == [AttemptFindingConfirmed, PaymentFailed]
        cash.check(claim)
        given_attempt(claim)
        later = NOW + timedelta(days=28)
        assert claim.dun(later.date(), STEPS, now=later) is not None

    def test_may_be_refused_and_made_anew(self) -> None:
        claim, attempt_id = given_undecided()
        found(claim, attempt_id)
        undecided.decline(claim, attempt_id, PAID, "sam", now=NOW)
        assert names(claim)[-1] is AttemptFindingDeclined
        with pytest.raises(NoSuchFinding):
            confirmed(claim, attempt_id)
        found(claim, attempt_id, NOT_PAID)
        assert confirmed(claim, attempt_id, NOT_PAID) is Recorded.FAILED

    def test_is_overtaken_by_the_providers_word(self) -> None:
        claim, attempt_id = given_undecided()
        found(claim, attempt_id, NOT_PAID)
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SETTLED
        with pytest.raises(AttemptDecided):
            confirmed(claim, attempt_id, NOT_PAID)

    def test_does_not_keep_money_away_that_comes_late(self) -> None:
        claim, attempt_id = given_undecided()
        found(claim, attempt_id, NOT_PAID)
        confirmed(claim, attempt_id, NOT_PAID)
        claim.record_receipt(Receipt("bank", "bank_transfer", "E1", FEE, "EUR"), now=NOW)
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SURPLUS

    def test_is_not_booked_twice(self) -> None:
        claim, attempt_id = given_undecided()
        found(claim, attempt_id)
        confirmed(claim, attempt_id)
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.DUPLICATE


class TestRefusal:
    def test_of_who_found_it_to_confirm_or_decline(self) -> None:
        claim, attempt_id = given_undecided()
        found(claim, attempt_id)
        with pytest.raises(SecondPersonNeeded):
            confirmed(claim, attempt_id, by="kim")
        with pytest.raises(SecondPersonNeeded):
            undecided.decline(claim, attempt_id, PAID, "kim", now=NOW)

    def test_of_another_finding_than_was_made(self) -> None:
        claim, attempt_id = given_undecided()
        with pytest.raises(NoSuchFinding):
            confirmed(claim, attempt_id)
        found(claim, attempt_id)
        with pytest.raises(NoSuchFinding):
            confirmed(claim, attempt_id, NOT_PAID)
        with pytest.raises(FindingWaits):
            found(claim, attempt_id, NOT_PAID)

    @pytest.mark.parametrize("said", ["", "unknown", "approved"])
    def test_while_the_provider_is_asked(self, said: str) -> None:
        claim = given_claim()
        attempt_id = given_attempt(claim)
        if said:
            claim.record_word(attempt_id, word(said), now=NOW)
        with pytest.raises(AttemptStillAsked):
            found(claim, attempt_id)

    @pytest.mark.parametrize(("said", "refusal"), [("failed", AttemptDecided), ("succeeded", AttemptDecided)])
    def test_of_what_is_decided(self, said: str, refusal: type[ClaimRefused]) -> None:
        claim, attempt_id = given_undecided(said)
        with pytest.raises(refusal):
            found(claim, attempt_id)

    def test_of_an_unknown_attempt(self) -> None:
        claim, _ = given_undecided()
        with pytest.raises(UnknownAttempt):
            found(claim, new_id())

    @pytest.mark.parametrize("voucher", ["", "bezahlt", "DE89370400440532013000"])
    def test_of_a_voucher_that_is_none(self, voucher: str) -> None:
        claim, attempt_id = given_undecided()
        with pytest.raises(VoucherImpossible):
            undecided.propose(claim, attempt_id, PAID, voucher, "kim", now=NOW)
