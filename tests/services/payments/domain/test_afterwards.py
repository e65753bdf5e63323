"""Money that goes back without our order, and comes again: each once, and never more than came."""

from uuid import UUID

import pytest

from services.payments.domain import refunds
from services.payments.domain.claim import Claim
from services.payments.domain.events import MoneyTaskOffset, PartReceived, PaymentSettled, SurplusReceived
from services.payments.domain.money import Receipt, Recorded, Reversal, Word
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refusals import NotRefundable, UnknownPayment
from services.payments.domain.return_events import PaymentReversed, RefundedElsewhere, ReversalUndone
from shared.ids import new_id
from tests.services.payments.domain.claims import balances
from tests.services.payments.domain.test_claim import FEE, NOW, given_attempt, given_claim, names, word

AT = "provider:girocheckout"


def given_paid(cents: int = FEE) -> tuple[Claim, UUID]:
    claim = given_claim()
    payment_id = given_attempt(claim)
    claim.record_word(payment_id, word("succeeded", cents), now=NOW)
    return claim, payment_id


def taken(claim: Claim, payment_id: UUID, reference: str = "D1", cents: int = FEE) -> Recorded:
    return claim.record_reversal(payment_id, Reversal("DISPUTE", reference, cents), now=NOW)


def won(claim: Claim, payment_id: UUID, reference: str = "W1", cents: int = FEE) -> Recorded:
    return claim.record_undoing(payment_id, Reversal("WON", reference, cents), now=NOW)


def elsewhere(claim: Claim, payment_id: UUID, reference: str = "R1", cents: int = FEE) -> Recorded:
    return claim.record_refund_elsewhere(payment_id, Reversal("REFUNDED", reference, cents), now=NOW)


class TestReversals:
    def test_of_parts_are_booked_each(self) -> None:
        claim, payment_id = given_paid()
        assert taken(claim, payment_id, "D1", 1000) is Recorded.REVERSED
        assert taken(claim, payment_id, "D2", 2060) is Recorded.REVERSED
        assert (claim.condition, claim.owed_cents, balances(claim)[AT]) == ("open", FEE, 0)

    def test_told_again_are_duplicates(self) -> None:
        claim, payment_id = given_paid()
        taken(claim, payment_id, "D1", 1000)
        assert taken(claim, payment_id, "D1", 1000) is Recorded.DUPLICATE
        assert names(claim).count(PaymentReversed) == 1

    def test_never_take_more_than_came(self) -> None:
        claim, payment_id = given_paid()
        taken(claim, payment_id, "D1", 1000)
        assert taken(claim, payment_id, "D2", FEE) is Recorded.CONTRADICTED
        taken(claim, payment_id, "D3", FEE - 1000)
        assert taken(claim, payment_id, "D4", 1) is Recorded.DUPLICATE
        assert (balances(claim)[AT], claim.owed_cents) == (0, FEE)

    def test_set_off_what_was_to_go_back_each(self) -> None:
        claim, payment_id = given_paid()
        claim.withdraw_claim("rejected", now=NOW)
        taken(claim, payment_id, "D1", 1000)
        taken(claim, payment_id, "D2", 1000)
        [task] = claim.money_tasks.values()
        assert (task.amount_cents, task.done) == (FEE - 2000, False)
        taken(claim, payment_id, "D3", FEE - 2000)
        assert names(claim).count(MoneyTaskOffset) == 3
        assert (claim.condition, balances(claim)["refundable"], balances(claim)["reclaimable"]) == (
            "cancelled", 0, 0,
        )  # fmt: skip

    def test_of_part_take_first_what_waits_to_go_back(self) -> None:
        claim = given_claim()
        claim.record_receipt(Receipt("bank", "bank_transfer", "E1", 1000, "EUR"), now=NOW)
        payment_id = given_attempt(claim)
        claim.record_word(payment_id, word("succeeded", FEE), now=NOW)
        taken(claim, payment_id, "D1", 400)
        [task] = claim.money_tasks.values()
        assert (claim.condition, claim.owed_cents, task.amount_cents) == ("settled", 0, 600)
        taken(claim, payment_id, "D2", 700)
        assert (claim.condition, claim.owed_cents, claim.money_tasks[task.version].done) == (
            "open", 100, True,
        )  # fmt: skip
        assert (balances(claim)["surplus"], balances(claim)["reclaimable"]) == (0, 0)

    def test_of_part_leave_what_the_provider_was_told_to_give_back(self) -> None:
        claim, payment_id = given_paid(FEE + 1000)
        [task] = claim.money_tasks.values()
        wish = refunds.Wish(new_id(), 1000, "x", "kim", "provider", 5000, task_version=task.version)
        refunds.request(claim, wish, now=NOW)
        refunds.order(claim, wish.refund_id, now=NOW)
        taken(claim, payment_id, "D1", 1000)
        assert (claim.owed_cents, claim.money_tasks[task.version].amount_cents) == (1000, 1000)

    def test_by_a_providers_word_go_by_its_reference(self) -> None:
        claim, payment_id = given_paid()
        for reference, cents in (("D1", 1000), ("D1", 1000), ("D2", 60)):
            told = Word("reversed", "REVERSED", "girocheckout", reference, cents, "EUR")
            claim.record_word(payment_id, told, now=NOW)
        assert claim.owed_cents == 1060


class TestAReversalUndone:
    def test_settles_what_was_owed_again(self) -> None:
        claim, payment_id = given_paid()
        taken(claim, payment_id)
        assert won(claim, payment_id) is Recorded.RESTORED
        assert names(claim)[-2:] == [ReversalUndone, PaymentSettled]
        assert (claim.condition, balances(claim)[AT], claim.attempts[payment_id].state) == (
            "settled", FEE, "succeeded",
        )  # fmt: skip

    def test_of_part_counts_as_part(self) -> None:
        claim, payment_id = given_paid()
        taken(claim, payment_id)
        won(claim, payment_id, "W1", 1000)
        assert (names(claim)[-1], claim.owed_cents) == (PartReceived, FEE - 1000)

    def test_is_a_surplus_where_it_was_paid_otherwise(self) -> None:
        claim, payment_id = given_paid()
        taken(claim, payment_id)
        claim.record_receipt(Receipt("bank", "bank_transfer", "E1", FEE, "EUR"), now=NOW)
        won(claim, payment_id)
        assert names(claim)[-1] is SurplusReceived
        assert balances(claim)["surplus"] == -FEE

    def test_makes_up_first_for_what_went_back_twice(self) -> None:
        claim, payment_id = given_paid()
        claim.withdraw_claim("rejected", now=NOW)
        [task] = claim.money_tasks.values()
        claim.settle_money_task(task.version, Settled.RETURNED_BY_PROVIDER, FEE, "AA-1", now=NOW)
        taken(claim, payment_id)
        assert balances(claim)["reclaimable"] == FEE
        won(claim, payment_id)
        assert names(claim)[-1] is ReversalUndone
        assert (balances(claim)["reclaimable"], balances(claim)[AT]) == (0, 0)

    def test_is_told_once_and_never_more_than_was_taken(self) -> None:
        claim, payment_id = given_paid()
        assert won(claim, payment_id) is Recorded.CONTRADICTED
        taken(claim, payment_id, "D1", 1000)
        assert won(claim, payment_id, "W1", 1001) is Recorded.CONTRADICTED
        assert won(claim, payment_id, "W1", 600) is Recorded.RESTORED
        assert won(claim, payment_id, "W1", 600) is Recorded.DUPLICATE
        assert won(claim, payment_id, "W2", 401) is Recorded.CONTRADICTED

    def test_is_the_same_payment_as_before(self) -> None:
        claim, payment_id = given_paid()
        taken(claim, payment_id)
        won(claim, payment_id, "W1", 1000)
        assert claim.payments[payment_id].reversed
        won(claim, payment_id, "W2", FEE - 1000)
        payment = claim.payments[payment_id]
        assert (payment.reversed, payment.came_cents, payment.kept_cents) == (False, FEE, FEE)

    def test_may_be_taken_back_once_more(self) -> None:
        claim, payment_id = given_paid()
        taken(claim, payment_id)
        won(claim, payment_id)
        assert taken(claim, payment_id, "D2") is Recorded.REVERSED
        assert (claim.condition, balances(claim)[AT]) == ("open", 0)

    def test_of_an_unknown_payment_is_refused(self) -> None:
        claim, _ = given_paid()
        with pytest.raises(UnknownPayment):
            won(claim, new_id())
        with pytest.raises(UnknownPayment):
            elsewhere(claim, new_id())

    def test_of_a_claim_that_had_ended_leaves_nothing_to_refund_when_it_is_asked_for(self) -> None:
        claim = given_claim()
        payment_id = given_attempt(claim)
        claim.record_word(payment_id, word("succeeded", 1000), now=NOW)
        claim.withdraw_claim("misused", refund=False, now=NOW)
        elsewhere(claim, payment_id, "R1", 1000)
        claim.withdraw_claim("withdrawn", refund=True, now=NOW)
        assert names(claim)[-1] is MoneyTaskOffset
        assert (refunds.due(claim), claim.payments[payment_id].reclaimable_cents) == ([], 0)

    @pytest.mark.parametrize("source", ["bank", "cash"])
    def test_is_a_providers_alone(self, source: str) -> None:
        claim = given_claim()
        claim.record_receipt(Receipt(source, "bank_transfer", "E1", FEE, "EUR"), now=NOW)
        [payment_id] = claim.payments
        with pytest.raises(NotRefundable):
            elsewhere(claim, payment_id)
        assert names(claim)[-1] is PaymentSettled


def given_gone_twice(cents: int = FEE) -> tuple[Claim, UUID]:
    """Paid, given back by transfer, and then so much of it taken back by the bank."""
    claim, payment_id = given_paid()
    claim.withdraw_claim("rejected", now=NOW)
    [task] = claim.money_tasks.values()
    claim.settle_money_task(task.version, Settled.RETURNED_BY_TRANSFER, FEE, "AA-1", now=NOW)
    taken(claim, payment_id, cents=cents)
    assert balances(claim)["reclaimable"] == cents
    return claim, payment_id


def received(claim: Claim, cents: int, reference: str = "E1", currency: str = "EUR") -> Recorded:
    return claim.record_receipt(Receipt("bank", "bank_transfer", reference, cents, currency), now=NOW)


class TestWhatWentBackTwice:
    def test_is_made_up_for_by_money_that_is_not_owed(self) -> None:
        claim, payment_id = given_gone_twice()
        assert received(claim, FEE) is Recorded.SURPLUS
        assert names(claim)[-2:] == [SurplusReceived, MoneyTaskOffset]
        assert all(task.done for task in claim.money_tasks.values())
        assert claim.payments[payment_id].reclaimable_cents == 0
        assert (balances(claim)["reclaimable"], balances(claim)["surplus"]) == (0, 0)

    def test_is_made_up_for_in_parts(self) -> None:
        claim, payment_id = given_gone_twice()
        received(claim, 1000)
        assert claim.payments[payment_id].reclaimable_cents == FEE - 1000
        received(claim, FEE, "E2")
        left = [task.amount_cents for task in claim.money_tasks.values() if not task.done]
        assert (left, balances(claim)["reclaimable"], balances(claim)["surplus"]) == ([1000], 0, -1000)

    def test_of_several_payments_is_made_up_for_together(self) -> None:
        claim, _ = given_gone_twice(1000)
        received(claim, FEE)
        [task] = [one for one in claim.money_tasks.values() if not one.done]
        claim.settle_money_task(task.version, Settled.RETURNED_BY_TRANSFER, FEE - 1000, "AA-2", now=NOW)
        claim.record_reversal(claim.receipt_id("bank", "E1"), Reversal("MD06", "D2", FEE), now=NOW)
        claim.record_reversal(next(iter(claim.payments)), Reversal("MD06", "D3", 60), now=NOW)
        received(claim, FEE + 60 + 500, "E2")
        made_up = [one for one in claim.pending_events if isinstance(one, MoneyTaskOffset)][-2:]
        assert [(one.amount_cents, one.left_cents) for one in made_up] == [(60, FEE + 500), (FEE, 500)]
        assert (balances(claim)["reclaimable"], balances(claim)["surplus"]) == (0, -500)

    def test_is_not_made_up_for_in_another_currency(self) -> None:
        claim, payment_id = given_gone_twice()
        received(claim, FEE, currency="CHF")
        assert claim.payments[payment_id].reclaimable_cents == FEE

    def test_is_not_made_up_for_by_what_is_owed(self) -> None:
        claim, payment_id = given_paid(FEE + 500)
        [task] = claim.money_tasks.values()
        claim.settle_money_task(task.version, Settled.RETURNED_BY_TRANSFER, 500, "AA-1", now=NOW)
        taken(claim, payment_id, cents=FEE + 500)
        assert (claim.owed_cents, balances(claim)["reclaimable"]) == (FEE, 500)
        assert received(claim, FEE) is Recorded.SETTLED
        assert (claim.condition, balances(claim)["reclaimable"]) == ("settled", 500)

    def test_is_taken_off_what_would_go_back_by_itself(self) -> None:
        claim, payment_id = given_paid(FEE + 500)
        [task] = claim.money_tasks.values()
        claim.settle_money_task(task.version, Settled.RETURNED_BY_TRANSFER, 500, "AA-1", now=NOW)
        taken(claim, payment_id, cents=FEE + 500)
        received(claim, FEE)
        received(claim, FEE, "E2")
        assert [task.amount_cents for task in refunds.due(claim)] == [FEE - 500]


class TestARefundElsewhere:
    def test_of_all_that_was_paid_refunds_the_claim(self) -> None:
        claim, payment_id = given_paid()
        assert elsewhere(claim, payment_id) is Recorded.GIVEN_BACK
        assert names(claim)[-1] is RefundedElsewhere
        assert (claim.condition, claim.claimed_cents, claim.owed_cents) == ("refunded", 0, 0)
        books = balances(claim)
        assert (books[AT], books["revenue:541000"], books["receivable"]) == (0, 0, 0)
        [task] = claim.money_tasks.values()
        assert (task.done, task.how, task.amount_cents) == (True, "returned_by_provider", FEE)

    def test_of_part_leaves_the_claim_paid(self) -> None:
        claim, payment_id = given_paid()
        elsewhere(claim, payment_id, "R1", 1000)
        assert (claim.condition, claim.claimed_cents, claim.kept_cents) == ("settled", FEE - 1000, FEE - 1000)
        assert elsewhere(claim, payment_id, "R1", 1000) is Recorded.DUPLICATE
        assert elsewhere(claim, payment_id, "R2", FEE) is Recorded.CONTRADICTED

    def test_goes_first_off_what_waited_to_go_back(self) -> None:
        claim, payment_id = given_paid(FEE + 500)
        elsewhere(claim, payment_id, "R1", 500)
        [task] = claim.money_tasks.values()
        assert (task.done, claim.condition, claim.kept_cents) == (True, "settled", FEE)
        assert (balances(claim)["surplus"], balances(claim)["reclaimable"], balances(claim)[AT]) == (
            0,
            0,
            FEE,
        )

    def test_of_what_is_not_paid_in_full_is_owed_again(self) -> None:
        claim, payment_id = given_paid(1000)
        elsewhere(claim, payment_id, "R1", 1000)
        assert (claim.condition, claim.owed_cents, balances(claim)["receivable"]) == ("open", FEE, FEE)

    def test_counts_for_the_limit_of_refunds(self) -> None:
        claim, payment_id = given_paid()
        assert not refunds.needs_approval(claim, 1000, 1500)
        elsewhere(claim, payment_id, "R1", 1000)
        assert refunds.needs_approval(claim, 1000, 1500)
