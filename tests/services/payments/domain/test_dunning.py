"""Dunning: one step after the other, each on its day, none while the payer is paying."""

from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.dunning import STEPS, Step, StepsImpossible, checked, next_step
from services.payments.domain.ledger import entry
from services.payments.domain.money import BANK, Receipt, Recorded, Reversal, Word
from services.payments.queries import receipt_answer
from shared.domain import Event
from tests.services.payments.domain.test_claim import FEE, NOW, given_claim

PAY_BY = date(2026, 11, 29)
DEBIT = UUID(int=5)


def day(number: int) -> date:
    return PAY_BY + timedelta(days=number)


def dunned(claim: Claim, number: int, now: datetime = NOW) -> str | None:
    step = claim.dun(day(number), STEPS, now=now)
    return None if step is None else step.name


class TestSteps:
    @pytest.mark.parametrize(
        "steps",
        [
            (Step("a", 7), Step("b", 7)),
            (Step("a", 7), Step("a", 9)),
            (Step("a", 0),),
            (Step("a", 9), Step("b", 7)),
            (Step("a", 7, -1),),
        ],
    )
    def test_that_do_not_follow_are_refused(self, steps: tuple[Step, ...]) -> None:
        with pytest.raises(StepsImpossible):
            checked(steps)

    def test_come_one_a_day_even_when_late(self) -> None:
        assert next_step(PAY_BY, day(100), []) is STEPS[0]
        assert next_step(PAY_BY, day(100), ["reminder"]) is STEPS[1]
        assert next_step(PAY_BY, day(100), [step.name for step in STEPS]) is None


class TestAClaim:
    def test_is_reminded_then_charged_then_for_the_office(self) -> None:
        claim = given_claim()
        assert [dunned(claim, n) for n in (6, 7, 8, 20, 21, 41, 42, 400)] == [
            None, "reminder", None, None, "dunning", None, "enforcement", None,
        ]  # fmt: skip
        assert claim.owed_cents == FEE + 500
        assert (claim.amount_cents, claim.charged_cents) == (FEE, 500)

    def test_books_what_a_step_costs(self) -> None:
        claim = given_claim()
        dunned(claim, 7)
        dunned(claim, 21)
        booked = [
            [(line.account, line.cents) for line in entry(e)]
            for e in cast(list[Event], claim.pending_events[-2:])
        ]
        assert booked == [[], [("receivable", 500), ("revenue:541000", -500)]]

    def test_that_is_paid_but_for_the_charge_stays_open(self) -> None:
        claim = given_claim()
        dunned(claim, 7)
        dunned(claim, 21)
        paid = claim.record_receipt(Receipt(BANK, "bank_transfer", "R1", FEE, "EUR"), now=NOW)
        assert (paid, claim.owed_cents) == (Recorded.PART, 500)
        claim.record_receipt(Receipt(BANK, "bank_transfer", "R2", 500, "EUR"), now=NOW)
        receipt = receipt_answer(claim)
        assert receipt is not None
        assert receipt["amount_cents"] == FEE + 500

    def test_that_is_paid_is_not_dunned(self) -> None:
        claim = given_claim()
        claim.record_receipt(Receipt(BANK, "bank_transfer", "R1", FEE, "EUR"), now=NOW)
        assert dunned(claim, 100) is None

    def test_that_is_about_to_be_debited_is_not_dunned(self) -> None:
        claim = given_claim()
        claim.open_attempt(DEBIT, "direct_debit", "", now=NOW)
        claim.record_start(DEBIT, BANK, "ref", now=NOW)
        assert dunned(claim, 100) is None
        claim.record_word(DEBIT, Word("failed", "AM04", BANK, "ref", FEE, "EUR"), now=NOW)
        assert dunned(claim, 100) is None  # its case may wait longer, and says so now
        assert dunned(claim, 100, NOW + timedelta(days=1)) == "reminder"

    def test_that_is_being_checked_is_not_dunned(self) -> None:
        claim = given_claim()
        claim.open_attempt(DEBIT, "card", "", now=NOW)
        claim.record_word(DEBIT, Word("unknown", "", "girocheckout", "ref", FEE, "EUR"), now=NOW)
        assert dunned(claim, 100) is None

    def test_whose_payment_went_back_is_reminded_from_that_day(self) -> None:
        claim = given_claim()
        dunned(claim, 7)
        receipt = Receipt(BANK, "bank_transfer", "R1", FEE, "EUR")
        claim.record_receipt(receipt, now=NOW)
        later = NOW + timedelta(days=30)
        claim.record_reversal(claim.receipt_id(BANK, "R1"), Reversal("MS03", "R2", FEE, 325), now=later)
        assert claim.dun(later.date() + timedelta(days=6), STEPS, now=later) is None
        step = claim.dun(later.date() + timedelta(days=7), STEPS, now=later)
        assert step is STEPS[0]
