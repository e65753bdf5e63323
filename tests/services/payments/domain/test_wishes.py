"""A refund that waits for its second person while its money goes another way: none goes out, none hangs."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from services.payments.domain import refunds
from services.payments.domain.claim import Claim
from services.payments.domain.dunning import STEPS
from services.payments.domain.money import Receipt, Recorded
from services.payments.domain.reduction_events import ClaimReduced
from services.payments.domain.refund_events import RefundOvertaken
from services.payments.domain.refunds import RULE, Wish
from services.payments.domain.refusals import NotRefundable, RefundDecided
from shared.ids import new_id
from tests.services.payments.domain.claims import balances
from tests.services.payments.domain.test_afterwards import AT, elsewhere, given_paid, taken
from tests.services.payments.domain.test_claim import FEE, NOW, given_claim, names

SHARE = 1530


def given_wish(
    claim: Claim, payment_id: UUID | None, cents: int = SHARE, by: str = RULE, task: int | None = None
) -> UUID:
    """A refund above the limit."""
    refund_id = new_id()
    wish = Wish(refund_id, cents, "given_up_early", by, "provider", 0, payment_id, task)
    refunds.request(claim, wish, now=NOW)
    assert claim.refunds[refund_id].state == "requested"
    return refund_id


def approve(claim: Claim, refund_id: UUID) -> None:
    refunds.approve(claim, refund_id, "sam", now=NOW)


class TestAShare:
    def test_goes_off_what_the_bank_made_owed_again(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_wish(claim, payment_id)
        taken(claim, payment_id)
        assert names(claim)[-2:] == [RefundOvertaken, ClaimReduced]
        assert (claim.condition, claim.owed_cents, claim.reduced_cents) == ("open", FEE - SHARE, SHARE)
        with pytest.raises(RefundDecided):
            approve(claim, refund_id)

    def test_is_asked_for_as_far_as_the_money_is_still_there(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_wish(claim, payment_id)
        taken(claim, payment_id, "D1", 1000)
        assert (claim.condition, claim.reduced_cents) == ("settled", 1000)
        assert claim.refunds[refund_id].amount_cents == SHARE - 1000
        approve(claim, refund_id)
        assert claim.kept_cents == claim.claimed_cents == FEE - SHARE

    def test_goes_off_whatever_payment_is_owed_again(self) -> None:
        claim = given_claim()
        for entry, cents in (("E1", 1000), ("E2", FEE - 1000)):
            claim.record_receipt(Receipt("bank", "bank_transfer", entry, cents, "EUR"), now=NOW)
        first, second = claim.payments
        refund_id = given_wish(claim, second)
        taken(claim, first, "D1", 1000)
        assert (claim.condition, claim.refunds[refund_id].amount_cents) == ("settled", SHARE - 1000)

    def test_of_all_of_it_ends_the_claim(self) -> None:
        claim, payment_id = given_paid()
        given_wish(claim, payment_id, FEE)
        taken(claim, payment_id)
        assert (claim.condition, claim.owed_cents) == ("cancelled", 0)

    def test_leaves_what_dunning_has_cost(self) -> None:
        claim = given_claim()
        for days in (8, 22):
            claim.dun(NOW.date() + timedelta(days=days + 7), STEPS, now=NOW)
        claim.record_receipt(Receipt("bank", "bank_transfer", "E1", claim.owed_cents, "EUR"), now=NOW)
        [payment_id] = claim.payments
        given_wish(claim, payment_id, FEE)
        taken(claim, payment_id, "D1", claim.kept_cents)
        assert claim.owed_cents == claim.charged_cents > 0

    def test_that_the_provider_gave_is_not_given_again(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_wish(claim, payment_id)
        elsewhere(claim, payment_id, "R1", SHARE)
        assert (claim.condition, claim.refunds[refund_id].state) == ("settled", "offset")
        assert balances(claim)[AT] == FEE - SHARE

    def test_that_the_provider_gave_in_part_is_asked_for_in_part(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_wish(claim, payment_id)
        elsewhere(claim, payment_id, "R1", 1000)
        assert claim.refunds[refund_id].amount_cents == SHARE - 1000
        approve(claim, refund_id)
        assert claim.claimed_cents == FEE - SHARE


class TestAClerksWish:
    def test_ends_where_the_payment_was_taken_back(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_wish(claim, payment_id, by="kim")
        taken(claim, payment_id, "D1", 1)
        assert (claim.refunds[refund_id].state, claim.owed_cents) == ("offset", 1)
        with pytest.raises(RefundDecided):
            approve(claim, refund_id)

    def test_of_another_payment_stays(self) -> None:
        claim = given_claim()
        for entry, cents in (("E1", 1000), ("E2", FEE - 1000)):
            claim.record_receipt(Receipt("bank", "bank_transfer", entry, cents, "EUR"), now=NOW)
        first, second = claim.payments
        refund_id = given_wish(claim, second, by="kim")
        taken(claim, first, "D1", 1000)
        with pytest.raises(NotRefundable):
            approve(claim, refund_id)
        claim.record_receipt(Receipt("bank", "bank_transfer", "E3", 1000, "EUR"), now=NOW)
        approve(claim, refund_id)
        assert claim.refunds[refund_id].state == "approved"

    def test_ends_with_its_claim(self) -> None:
        claim = given_claim()
        for entry, cents in (("E1", 1000), ("E2", FEE - 1000)):
            claim.record_receipt(Receipt("bank", "bank_transfer", entry, cents, "EUR"), now=NOW)
        first, second = claim.payments
        refund_id = given_wish(claim, second, by="kim")
        taken(claim, first, "D1", 1000)
        claim.withdraw_claim("misused", refund=False, now=NOW)
        assert (claim.condition, claim.refunds[refund_id].state) == ("cancelled", "offset")

    def test_ends_where_all_that_was_paid_went_back(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_wish(claim, payment_id, by="kim")
        elsewhere(claim, payment_id)
        assert (claim.condition, claim.refunds[refund_id].state) == ("refunded", "offset")

    def test_ends_where_all_of_it_falls_due(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_wish(claim, payment_id, by="kim")
        claim.withdraw_claim("rejected", now=NOW)
        assert claim.refunds[refund_id].state == "offset"
        [task] = claim.money_tasks.values()
        assert task.amount_cents == FEE

    def test_counts_no_more_for_the_limit(self) -> None:
        claim, payment_id = given_paid()
        given_wish(claim, payment_id, 1000, by="kim")
        assert refunds.needs_approval(claim, 1, 1000)
        taken(claim, payment_id)
        assert not refunds.needs_approval(claim, 1, 1000)


class TestWhatFellDue:
    def test_is_asked_for_as_far_as_it_is_still_to_go_back(self) -> None:
        claim, payment_id = given_paid()
        claim.withdraw_claim("rejected", now=NOW)
        [task] = claim.money_tasks.values()
        refund_id = given_wish(claim, None, FEE, "kim", task.version)
        taken(claim, payment_id, "D1", 1000)
        assert claim.refunds[refund_id].amount_cents == claim.money_tasks[task.version].amount_cents
        approve(claim, refund_id)
        assert claim.refunds[refund_id].amount_cents == FEE - 1000

    @pytest.mark.parametrize("how", [taken, elsewhere])
    def test_and_has_gone_is_not_asked_for(self, how: Callable[[Claim, UUID], Recorded]) -> None:
        claim, payment_id = given_paid()
        claim.withdraw_claim("rejected", now=NOW)
        [task] = claim.money_tasks.values()
        refund_id = given_wish(claim, None, FEE, "kim", task.version)
        how(claim, payment_id)
        assert claim.refunds[refund_id].state == "offset"
        assert (balances(claim)["refundable"], balances(claim)["reclaimable"]) == (0, 0)
        with pytest.raises(RefundDecided):
            approve(claim, refund_id)

    def test_and_is_approved_goes_out_no_more(self) -> None:
        claim, payment_id = given_paid()
        claim.withdraw_claim("rejected", now=NOW)
        [task] = claim.money_tasks.values()
        refund_id = given_wish(claim, None, FEE, "kim", task.version)
        approve(claim, refund_id)
        taken(claim, payment_id)
        refunds.order(claim, refund_id, now=NOW)
        assert (claim.refunds[refund_id].state, claim.condition) == ("offset", "cancelled")
