"""The money of a whole case: one time line, one balance, and sums that explain it."""

from datetime import timedelta
from typing import Any

import pytest

from services.payments.domain import refunds, settlements
from services.payments.domain.case_money import Sums, balance_of, in_one_line, sums_of
from services.payments.domain.claim import Claim
from services.payments.domain.dunning import Step
from services.payments.domain.money import Receipt, Reversal
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refunds import Wish
from services.payments.domain.settlements import Settlement
from shared.ids import new_id
from tests.services.payments.domain.test_claim import FEE, NOW, VOUCHER, given_attempt, given_claim, word


def told(claim: Claim) -> list[Any]:
    return list(claim.pending_events)


def sums(*claims: Claim) -> Sums:
    """Of all that happened; the balance they explain is the one in the books."""
    events = [event for claim in claims for event in told(claim)]
    total = Sums()
    for event in events:
        total += sums_of(event, "EUR")
    assert total.balance_cents == sum(balance_of(event, "EUR") for event in events)
    return total


def paid(cents: int = FEE) -> Claim:
    claim = given_claim()
    claim.record_word(given_attempt(claim), word("succeeded", cents), now=NOW)
    return claim


class TestSums:
    def test_of_what_is_claimed_and_paid(self) -> None:
        assert sums(given_claim()) == Sums(claimed_cents=FEE)
        assert sums(given_claim(), paid()) == Sums(claimed_cents=2 * FEE, paid_cents=FEE)

    def test_of_too_much_that_went_back_by_hand(self) -> None:
        claim = paid(FEE + 500)
        assert sums(claim).balance_cents == -500
        [version] = claim.money_tasks
        said = Settlement(version, Settled.RETURNED_BY_TRANSFER, 500, VOUCHER, "kim")
        settlements.settle(claim, said, FEE, now=NOW)
        assert sums(claim) == Sums(claimed_cents=FEE, paid_cents=FEE + 500, refunded_cents=500)

    def test_of_too_much_that_was_kept(self) -> None:
        claim = paid(FEE + 500)
        [version] = claim.money_tasks
        said = Settlement(version, Settled.KEPT_BY_AGREEMENT, 500, VOUCHER, "kim")
        settlements.settle(claim, said, FEE, now=NOW)
        assert sums(claim) == Sums(claimed_cents=FEE, kept_cents=500, paid_cents=FEE + 500)

    def test_of_a_refund_that_is_on_its_way(self) -> None:
        claim = paid()
        wish = Wish(new_id(), 1000, "x", "kim", "provider", FEE)
        refunds.request(claim, wish, now=NOW)
        assert sums(claim) == Sums(claimed_cents=FEE, reduced_cents=1000, paid_cents=FEE)

    def test_of_a_claim_that_was_cancelled(self) -> None:
        claim = given_claim()
        claim.withdraw_claim("rejected", now=NOW)
        assert sums(claim) == Sums(claimed_cents=FEE, reduced_cents=FEE)

    def test_of_a_payment_taken_back_with_the_banks_charge(self) -> None:
        """What the bank takes for it is the city's."""
        claim = paid()
        [payment_id] = claim.payments
        claim.record_reversal(payment_id, Reversal("MD06", "R1", FEE, charges_cents=300), now=NOW)
        assert sums(claim) == Sums(claimed_cents=FEE)
        claim.record_undoing(payment_id, Reversal("WON", "W1", FEE), now=NOW)
        assert sums(claim) == Sums(claimed_cents=FEE, paid_cents=FEE)

    def test_of_what_the_provider_gave_back_by_itself(self) -> None:
        claim = paid()
        [payment_id] = claim.payments
        claim.record_refund_elsewhere(payment_id, Reversal("REFUND", "R1", 1000), now=NOW)
        assert sums(claim) == Sums(
            claimed_cents=FEE, reduced_cents=1000, paid_cents=FEE, refunded_cents=1000
        )  # fmt: skip

    def test_of_what_dunning_added(self) -> None:
        claim = given_claim()
        assert claim.pay_by is not None
        step = Step("dunning", 7, 500)
        claim.dun(claim.pay_by + timedelta(days=8), [step], now=NOW)
        assert sums(claim) == Sums(claimed_cents=FEE, charges_cents=500)

    def test_leave_another_currency_out(self) -> None:
        claim = given_claim()
        claim.record_receipt(Receipt("bank", "bank_transfer", "R1", 500, "CHF"), now=NOW)
        assert sums(claim) == Sums(claimed_cents=FEE)
        assert sums_of(told(claim)[-1], "CHF").paid_cents == 500


class TestTimeLine:
    def test_is_by_time_over_all_claims(self) -> None:
        first, second = given_claim(), given_claim()
        first.record_receipt(Receipt("cash", "cash", "1", 100, "EUR"), now=NOW + timedelta(days=2))
        second.record_receipt(Receipt("cash", "cash", "2", 100, "EUR"), now=NOW + timedelta(days=1))
        line = in_one_line([told(first), told(second)])
        assert line[2:] == [told(second)[1], told(first)[1]]

    def test_keeps_each_claims_order_where_a_clock_went_back(self) -> None:
        claim = given_claim()
        claim.record_receipt(Receipt("cash", "cash", "1", 100, "EUR"), now=NOW - timedelta(hours=1))
        assert in_one_line([told(claim)]) == told(claim)

    @pytest.mark.parametrize("claims", [[], [[]]])
    def test_may_be_empty(self, claims: list[list[Any]]) -> None:
        assert in_one_line(claims) == []
