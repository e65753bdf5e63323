"""A refund that a provider tells of: by our order, by a hand in its own pages, or unknown; booked once."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.payments.domain import refunds, refunds_elsewhere, settlements
from services.payments.domain.claim import Claim
from services.payments.domain.events import MoneyTaskOffset
from services.payments.domain.money import Recorded
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refund_events import RefundRecognised, RefundSettled
from services.payments.domain.refunds import Wish
from services.payments.domain.refusals import MoneyTaskDone, RefundUnderWay, SettlementWaits
from services.payments.domain.return_events import RefundedElsewhere
from services.payments.domain.settlements import Settlement
from services.payments.queries import receipt_answer
from shared.ids import new_id
from tests.services.payments.domain.claims import balances
from tests.services.payments.domain.test_afterwards import AT, elsewhere, given_paid, taken, won
from tests.services.payments.domain.test_claim import FEE, NOW, VOUCHER, names

PART = 1000


def given_ended() -> tuple[Claim, UUID]:
    """Paid, and all of it waits to go back."""
    claim, payment_id = given_paid()
    claim.withdraw_claim("rejected", now=NOW)
    return claim, payment_id


def given_order(claim: Claim, payment_id: UUID, state: str = "ordered", cents: int = PART) -> UUID:
    """A refund of ours that the provider was told of, in this state."""
    refund_id = new_id()
    refunds.request(claim, Wish(refund_id, cents, "x", "kim", "provider", FEE, payment_id), now=NOW)
    refunds.order(claim, refund_id, now=NOW)
    if state == "unclear":
        refunds.record_doubt(claim, refund_id, "timeout", now=NOW)
    elif state != "ordered":
        refunds.record_outcome(claim, refund_id, {"pending": "unknown"}[state], "4000", "", now=NOW)
    return refund_id


def by_hand(claim: Claim, version: int, how: Settled = Settled.RETURNED_BY_PROVIDER) -> None:
    claim.settle_money_task(version, how, claim.money_tasks[version].amount_cents, VOUCHER, now=NOW)


def held(claim: Claim) -> int:
    """What the books say that the provider holds."""
    return balances(claim)[AT]


class TestOfWhatWaited:
    def test_refunds_the_claim(self) -> None:
        claim, payment_id = given_ended()
        assert elsewhere(claim, payment_id) is Recorded.GIVEN_BACK
        [task] = claim.money_tasks.values()
        assert (task.done, task.how, task.amount_cents) == (True, "returned_by_provider", FEE)
        assert claim.condition == "refunded"
        books = balances(claim)
        assert (books[AT], books["refundable"], books["reclaimable"]) == (0, 0, 0)

    def test_is_on_the_receipt_with_its_day_and_way(self) -> None:
        claim, payment_id = given_ended()
        elsewhere(claim, payment_id)
        receipt = receipt_answer(claim)
        assert receipt is not None
        assert receipt["refunds"] == [{"amount_cents": FEE, "returned_at": NOW, "method": "card"}]
        assert [one["amount_cents"] for one in receipt["payments"]] == [FEE]
        assert receipt["pending_cents"] == 0

    def test_in_part_leaves_the_rest_to_go_back(self) -> None:
        claim, payment_id = given_ended()
        elsewhere(claim, payment_id, "R1", PART)
        assert [(t.amount_cents, t.done) for t in claim.money_tasks.values()] == [
            (FEE - PART, False), (PART, True),
        ]  # fmt: skip
        receipt = receipt_answer(claim)
        assert receipt is not None
        assert (receipt["refunds"][0]["amount_cents"], receipt["pending_cents"]) == (PART, FEE - PART)
        elsewhere(claim, payment_id, "R2", FEE - PART)
        assert (claim.condition, held(claim), balances(claim)["refundable"]) == ("refunded", 0, 0)

    def test_with_a_reversal_of_the_rest_ends_the_claim(self) -> None:
        claim, payment_id = given_ended()
        elsewhere(claim, payment_id, "R1", PART)
        taken(claim, payment_id, "D1", FEE - PART)
        assert (claim.condition, names(claim)[-1]) == ("cancelled", MoneyTaskOffset)
        receipt = receipt_answer(claim)
        assert receipt is not None
        assert [one["amount_cents"] for one in receipt["payments"]] == [PART]
        assert [one["amount_cents"] for one in receipt["refunds"]] == [PART]

    def test_takes_the_task_of_its_amount_first(self) -> None:
        claim, payment_id = given_paid(FEE + 500)
        claim.withdraw_claim("rejected", now=NOW)
        elsewhere(claim, payment_id, "R1", FEE)
        assert {t.kind: t.done for t in claim.money_tasks.values()} == {"overpaid": False, "refund_due": True}

    def test_ends_what_was_approved_and_not_ordered(self) -> None:
        claim, payment_id = given_ended()
        [task] = claim.money_tasks.values()
        refund_id = new_id()
        wish = Wish(refund_id, FEE, "x", "kim", "provider", FEE, task_version=task.version)
        refunds.request(claim, wish, now=NOW)
        elsewhere(claim, payment_id)
        assert (claim.refunds[refund_id].state, claim.condition) == ("offset", "refunded")
        refunds.order(claim, refund_id, now=NOW)
        assert names(claim)[-1] is RefundedElsewhere

    def test_that_somebody_had_proposed_is_decided_by_it(self) -> None:
        claim, payment_id = given_ended()
        [task] = claim.money_tasks.values()
        said = Settlement(task.version, Settled.RETURNED_BY_PROVIDER, FEE, VOUCHER, "kim")
        settlements.settle(claim, said, 0, now=NOW)
        elsewhere(claim, payment_id)
        assert (claim.condition, held(claim)) == ("refunded", 0)
        with pytest.raises(MoneyTaskDone):
            settlements.confirm(claim, replace(said, by="sam"), now=NOW)

    def test_that_somebody_says_went_by_transfer_went_twice(self) -> None:
        claim, payment_id = given_ended()
        [task] = claim.money_tasks.values()
        said = Settlement(task.version, Settled.RETURNED_BY_TRANSFER, FEE, VOUCHER, "kim")
        settlements.settle(claim, said, 0, now=NOW)
        elsewhere(claim, payment_id)
        with pytest.raises(SettlementWaits):
            settlements.settle(claim, said, 0, now=NOW)
        settlements.confirm(claim, replace(said, by="sam"), now=NOW)
        assert (claim.condition, balances(claim)["reclaimable"]) == ("refunded", FEE)


class TestOfOurs:
    @pytest.mark.parametrize("state", ["ordered", "pending", "unclear"])
    def test_that_was_undecided_settles_it(self, state: str) -> None:
        claim, payment_id = given_paid()
        refund_id = given_order(claim, payment_id, state)
        assert elsewhere(claim, payment_id, "O1", PART) is Recorded.GIVEN_BACK
        refund = claim.refunds[refund_id]
        assert (refund.state, refund.reference, names(claim)[-1]) == ("settled", "O1", RefundSettled)
        assert held(claim) == FEE - PART
        [task] = claim.money_tasks.values()
        with pytest.raises(MoneyTaskDone):
            by_hand(claim, task.version)

    def test_told_again_by_the_answer_to_the_order_is_the_same(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_order(claim, payment_id)
        elsewhere(claim, payment_id, "O1", PART)
        refunds_elsewhere.record_outcome(claim, refund_id, "succeeded", "4000", "O1", now=NOW)
        assert elsewhere(claim, payment_id, "O1", PART) is Recorded.DUPLICATE
        assert held(claim) == FEE - PART

    def test_under_another_reference_than_the_answer_are_two(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_order(claim, payment_id)
        elsewhere(claim, payment_id, "E1", PART)
        refunds_elsewhere.record_outcome(claim, refund_id, "succeeded", "4000", "O1", now=NOW)
        assert (names(claim)[-1], held(claim)) == (RefundedElsewhere, FEE - 2 * PART)
        assert claim.refunds[refund_id].reference == "E1"

    @pytest.mark.parametrize("state", ["failed", "unknown"])
    def test_that_is_settled_is_not_undone_by_a_late_answer(self, state: str) -> None:
        claim, payment_id = given_paid()
        refund_id = given_order(claim, payment_id)
        elsewhere(claim, payment_id, "O1", PART)
        refunds_elsewhere.record_outcome(claim, refund_id, state, "4000", "", now=NOW)
        assert (names(claim)[-1], claim.refunds[refund_id].state) == (RefundSettled, "settled")

    def test_of_another_amount_is_one_of_its_own(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_order(claim, payment_id, "unclear")
        elsewhere(claim, payment_id, "E1", PART + 1)
        assert (claim.refunds[refund_id].state, held(claim)) == ("unclear", FEE - PART - 1)

    def test_whose_reference_is_known_is_no_other(self) -> None:
        claim, payment_id = given_paid()
        refund_id = given_order(claim, payment_id)
        refunds.record_outcome(claim, refund_id, "unknown", "PENDING", "O1", now=NOW)
        elsewhere(claim, payment_id, "E1", PART)
        assert (claim.refunds[refund_id].state, held(claim)) == ("pending", FEE - PART)
        assert elsewhere(claim, payment_id, "O1", PART) is Recorded.GIVEN_BACK
        assert (claim.refunds[refund_id].state, held(claim)) == ("settled", FEE - 2 * PART)

    def test_of_several_alike_is_that_which_nobody_asks_about(self) -> None:
        claim, payment_id = given_paid()
        ordered = given_order(claim, payment_id)
        unclear = given_order(claim, payment_id, "unclear")
        elsewhere(claim, payment_id, "O1", PART)
        assert [claim.refunds[one].state for one in (ordered, unclear)] == ["ordered", "settled"]

    def test_that_the_provider_had_refused_is_booked(self) -> None:
        """It said so, and gave the money back after all: what waits for a person is done."""
        claim, payment_id = given_paid()
        refund_id = given_order(claim, payment_id)
        refunds.record_outcome(claim, refund_id, "failed", "5000", "O1", now=NOW)
        assert elsewhere(claim, payment_id, "O1", PART) is Recorded.GIVEN_BACK
        [task] = claim.money_tasks.values()
        assert (task.done, held(claim)) == (True, FEE - PART)


class TestByAPersonsHand:
    def test_is_recognised_and_not_booked_again(self) -> None:
        claim, payment_id = given_ended()
        [task] = claim.money_tasks.values()
        by_hand(claim, task.version)
        assert elsewhere(claim, payment_id, "H1") is Recorded.DUPLICATE
        assert (names(claim)[-1], held(claim), balances(claim)["reclaimable"]) == (RefundRecognised, 0, 0)

    def test_is_recognised_once(self) -> None:
        claim, payment_id = given_ended()
        [task] = claim.money_tasks.values()
        by_hand(claim, task.version)
        elsewhere(claim, payment_id, "H1")
        assert elsewhere(claim, payment_id, "H1") is Recorded.DUPLICATE
        assert names(claim).count(RefundRecognised) == 1
        assert elsewhere(claim, payment_id, "E1") is Recorded.GIVEN_BACK
        assert balances(claim)["reclaimable"] == FEE

    def test_for_a_refund_that_was_unclear_is_recognised(self) -> None:
        claim, payment_id = given_paid()
        given_order(claim, payment_id, "unclear")
        [task] = claim.money_tasks.values()
        by_hand(claim, task.version)
        assert elsewhere(claim, payment_id, "O1", PART) is Recorded.DUPLICATE
        assert held(claim) == FEE - PART

    def test_goes_before_what_is_undecided(self) -> None:
        """It happened for certain; of the other nobody knows."""
        claim, payment_id = given_paid()
        given_order(claim, payment_id, "unclear")
        [task] = claim.money_tasks.values()
        by_hand(claim, task.version)
        unclear = given_order(claim, payment_id, "unclear")
        assert elsewhere(claim, payment_id, "O1", PART) is Recorded.DUPLICATE
        assert elsewhere(claim, payment_id, "O2", PART) is Recorded.GIVEN_BACK
        assert (claim.refunds[unclear].state, held(claim)) == ("settled", FEE - 2 * PART)

    @pytest.mark.parametrize("how", [Settled.RETURNED_BY_TRANSFER, Settled.KEPT_BY_AGREEMENT])
    def test_is_no_transfer_and_nothing_kept(self, how: Settled) -> None:
        claim, payment_id = given_ended()
        [task] = claim.money_tasks.values()
        by_hand(claim, task.version, how)
        assert elsewhere(claim, payment_id, "E1") is Recorded.GIVEN_BACK
        assert balances(claim)["reclaimable"] == FEE

    def test_while_ours_is_on_its_way_is_refused(self) -> None:
        claim, payment_id = given_paid()
        given_order(claim, payment_id)
        [task] = claim.money_tasks.values()
        with pytest.raises(RefundUnderWay):
            by_hand(claim, task.version)


class TestUndone:
    def test_money_that_came_again_after_a_refund_is_the_payers(self) -> None:
        claim, payment_id = given_ended()
        elsewhere(claim, payment_id)
        won(claim, payment_id)
        assert [t.kind for t in claim.money_tasks.values()] == ["refund_due", "after_refund"]
        assert held(claim) == FEE
