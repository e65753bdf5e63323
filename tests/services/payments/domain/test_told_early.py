"""What a provider tells of money before it tells that it came: kept, and booked right behind it."""

from uuid import UUID

import pytest

from services.payments.domain import undecided
from services.payments.domain.claim import Claim
from services.payments.domain.events import EarlyWordKept, MoneyTaskOffset, PaymentSettled, SurplusReceived
from services.payments.domain.money import Recorded, Word
from services.payments.domain.return_events import PaymentReversed, RefundedElsewhere
from services.payments.domain.undecided import Found
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

AT = "provider:girocheckout"


def given_told(state: str, cents: int = FEE, reference: str = "R1") -> tuple[Claim, UUID]:
    claim = given_claim()
    attempt_id = given_attempt(claim)
    assert tells(claim, attempt_id, state, cents, reference) is Recorded.EARLY
    return claim, attempt_id


def tells(claim: Claim, attempt_id: UUID, state: str, cents: int, reference: str) -> Recorded:
    told = Word(state, state.upper(), "girocheckout", reference, cents, "EUR")
    return claim.record_word(attempt_id, told, now=NOW)


class TestAWordBeforeItsMoney:
    @pytest.mark.parametrize("state", ["refunded", "reversed", "restored"])
    def test_is_kept_and_moves_nothing(self, state: str) -> None:
        claim, attempt_id = given_told(state)
        assert names(claim)[-1] is EarlyWordKept
        assert (claim.condition, claim.owed_cents, claim.attempts[attempt_id].state) == (
            "open", FEE, "started",
        )  # fmt: skip
        assert (claim.payments, balances(claim)[AT]) == ({}, 0)

    def test_told_again_is_a_duplicate(self) -> None:
        claim, attempt_id = given_told("refunded")
        assert tells(claim, attempt_id, "refunded", FEE, "R1") is Recorded.DUPLICATE
        assert tells(claim, attempt_id, "refunded", 100, "R2") is Recorded.EARLY
        assert names(claim).count(EarlyWordKept) == 2

    def test_of_a_refund_leaves_nothing_paid(self) -> None:
        claim, attempt_id = given_told("refunded")
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SETTLED
        assert names(claim)[-2:] == [PaymentSettled, RefundedElsewhere]
        assert (claim.condition, claim.kept_cents, balances(claim)[AT]) == ("refunded", 0, 0)

    def test_of_a_reversal_leaves_it_owed(self) -> None:
        claim, attempt_id = given_told("reversed")
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        assert names(claim)[-2:] == [PaymentSettled, PaymentReversed]
        assert (claim.condition, claim.owed_cents, claim.attempts[attempt_id].state) == (
            "open", FEE, "reversed",
        )  # fmt: skip

    def test_is_booked_with_what_else_was_told_each_once(self) -> None:
        claim, attempt_id = given_told("refunded", 1000, "R1")
        tells(claim, attempt_id, "refunded", 60, "R2")
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        assert (claim.kept_cents, balances(claim)[AT]) == (FEE - 1060, FEE - 1060)
        assert tells(claim, attempt_id, "refunded", 1000, "R1") is Recorded.DUPLICATE
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.DUPLICATE
        assert claim.kept_cents == FEE - 1060

    def test_of_a_dispute_that_was_won_pays_it_in_whatever_order(self) -> None:
        claim, attempt_id = given_told("restored", FEE, "W1")
        tells(claim, attempt_id, "reversed", FEE, "D1")
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        assert (claim.condition, claim.kept_cents, balances(claim)[AT]) == ("settled", FEE, FEE)

    def test_takes_nothing_where_so_much_never_came(self) -> None:
        claim, attempt_id = given_told("refunded", FEE + 1)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        assert (claim.condition, claim.kept_cents) == ("settled", FEE)

    def test_waits_on_where_the_money_is_none(self) -> None:
        claim, attempt_id = given_told("refunded")
        assert claim.record_word(attempt_id, word("succeeded", 0), now=NOW) is Recorded.CONTRADICTED
        claim.record_word(attempt_id, word("failed"), now=NOW)
        claim.record_word(attempt_id, word("succeeded"), now=NOW)
        assert (claim.condition, claim.kept_cents) == ("refunded", 0)

    def test_takes_a_surplus_off_what_waits_to_go_back(self) -> None:
        claim, attempt_id = given_told("reversed")
        claim.withdraw_claim("withdrawn", now=NOW)
        assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SURPLUS
        assert names(claim)[-3:] == [SurplusReceived, PaymentReversed, MoneyTaskOffset]
        assert all(task.done for task in claim.money_tasks.values())

    def test_stands_behind_what_people_find(self) -> None:
        claim, attempt_id = given_told("refunded")
        undecided.leave(claim, attempt_id, now=NOW)
        undecided.propose(claim, attempt_id, Found.PAID, VOUCHER, "kim", now=NOW)
        undecided.confirm(claim, attempt_id, Found.PAID, "sam", provisional_until=None, now=NOW)
        assert (claim.condition, balances(claim)[AT]) == ("refunded", 0)
