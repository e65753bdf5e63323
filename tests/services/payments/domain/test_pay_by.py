"""The day by which a claim is to be paid moves with its case, to a later one."""

from datetime import date, timedelta

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.dunning import STEPS
from services.payments.domain.money import BANK, Receipt, Reversal, Word
from services.payments.domain.refusals import NotLater, NotPayable
from services.payments.domain.returns import Concern, concern_of
from shared.ids import new_id
from tests.services.payments.domain.test_reminder import NOW, PAY_BY, owed

LATER = PAY_BY + timedelta(days=14)


def paid(claim: Claim) -> Claim:
    claim.record_receipt(Receipt(BANK, "bank_transfer", "r", 3060, "EUR"), now=NOW)
    return claim


class TestTheDayToPayBy:
    def test_moves_to_a_later_one_and_dunning_with_it(self) -> None:
        claim = owed()
        claim.move_pay_by(LATER, now=NOW)
        assert (claim.pay_by, claim.due_on) == (LATER, LATER)
        assert claim.dun(LATER + timedelta(days=6), STEPS, now=NOW) is None
        assert claim.dun(LATER + timedelta(days=7), STEPS, now=NOW)

    def test_moves_once(self) -> None:
        claim = owed()
        for _ in range(2):
            claim.move_pay_by(LATER, now=NOW)
        assert len(claim.pending_events) == 2

    def test_is_the_cases_again_after_a_payment_went_back(self) -> None:
        claim = paid(owed(LATER))
        (payment_id,) = claim.payments
        claim.record_reversal(payment_id, Reversal("R", "back", 3060), now=NOW)
        assert claim.due_on == NOW.date()
        claim.move_pay_by(LATER, now=NOW)
        assert claim.due_on == LATER

    @pytest.mark.parametrize("day", [PAY_BY - timedelta(days=1), date(2020, 1, 1)])
    def test_never_moves_back(self, day: date) -> None:
        claim = owed()
        with pytest.raises(NotLater):
            claim.move_pay_by(day, now=NOW)
        assert (claim.pay_by, len(claim.pending_events)) == (PAY_BY, 1)

    def test_is_of_no_account_where_there_is_none(self) -> None:
        with pytest.raises(NotLater):
            owed(None).move_pay_by(LATER, now=NOW)

    def test_is_of_no_account_once_it_is_paid(self) -> None:
        with pytest.raises(NotPayable):
            paid(owed()).move_pay_by(LATER, now=NOW)


class TestWhatIsTold:
    def test_of_a_debit_is_its_day(self) -> None:
        claim, attempt_id = owed(), new_id()
        claim.open_attempt(attempt_id, "direct_debit", "", now=NOW)
        claim.record_start(attempt_id, BANK, "r", now=NOW, debited_on=LATER)
        assert claim.pending_events[-1].debited_on == LATER  # type: ignore[attr-defined]

    def test_of_an_agreement_is_its_case(self) -> None:
        claim, attempt_id = owed(), new_id()
        claim.open_attempt(attempt_id, "paypal", "", now=NOW)
        claim.record_start(attempt_id, "paypal", "r", now=NOW)
        claim.record_word(attempt_id, Word("approved", "", "paypal", "r", 3060, "EUR"), now=NOW)
        assert claim.pending_events[-1].case_id == claim.case_id  # type: ignore[attr-defined]

    def test_of_a_return_goes_by_the_banks_code_and_by_no_providers(self) -> None:
        assert concern_of(BANK, "AC04") == Concern.CITIZEN_GIVES_ACCOUNT
        assert concern_of("paypal", "AC04") == Concern.CITIZEN_PAYS
