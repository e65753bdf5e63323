"""Refunds: who may ask, who has to agree, never more than came, never ordered twice."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.domain import refunds
from services.payments.domain.claim import Claim
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refund_events import (
    RefundApproved,
    RefundDeclined,
    RefundFailed,
    RefundOrdered,
    RefundPending,
    RefundRequested,
    RefundSettled,
    RefundUnclear,
)
from services.payments.domain.refunds import Wish
from services.payments.domain.refusals import (
    AmountDiffers,
    MoneyTaskDone,
    NotRefundable,
    RefundDecided,
    RefundTooHigh,
    RefundUnderWay,
    SecondPersonNeeded,
    UnknownMoneyTask,
    UnknownPayment,
    UnknownRefund,
)
from shared.ids import new_id
from tests.services.payments.domain.claims import balances
from tests.services.payments.domain.test_claim import FEE, NOW, given_attempt, given_claim, names, word
from tests.services.payments.domain.test_money_tasks import settle

LIMIT = 2000


def given_paid() -> Claim:
    claim = given_claim()
    claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
    return claim


def asked(claim: Claim, cents: int = 1000, **more: Any) -> UUID:
    """A wish of Kim's."""
    more = {"via": "provider", "limit_cents": LIMIT, **more}
    wish = Wish(new_id(), cents, "given_up_early", "kim", **more)
    refunds.request(claim, wish, now=NOW)
    return wish.refund_id


def given_ordered() -> tuple[Claim, UUID]:
    claim = given_paid()
    refund_id = asked(claim)
    refunds.order(claim, refund_id, now=NOW)
    return claim, refund_id


class TestARequest:
    def test_below_the_limit_is_owed_at_once(self) -> None:
        claim = given_paid()
        asked(claim)
        assert names(claim)[-1] is RefundRequested
        [task] = claim.money_tasks.values()
        assert (task.kind, task.amount_cents, claim.condition) == ("refund_part", 1000, "settled")
        assert (balances(claim)["refundable"], claim.kept_cents) == (-1000, FEE - 1000)

    def test_of_all_that_was_paid_is_a_whole_refund(self) -> None:
        claim = given_paid()
        asked(claim, FEE, limit_cents=FEE)
        assert claim.condition == "refund_due"

    def test_above_the_limit_books_nothing_yet(self) -> None:
        claim = given_paid()
        refund_id = asked(claim, LIMIT + 1)
        assert (claim.refunds[refund_id].state, claim.money_tasks) == ("requested", {})
        assert balances(claim)["refundable"] == 0

    def test_in_parts_that_exceed_the_limit_together_needs_a_second_person(self) -> None:
        claim = given_paid()
        states = [claim.refunds[asked(claim, cents)].state for cents in (LIMIT - 500, 500, 1)]
        assert states == ["approved", "approved", "requested"]

    def test_is_not_above_the_limit_by_what_was_declined(self) -> None:
        claim = given_paid()
        refunds.decline(claim, asked(claim, LIMIT + 1), "sam", now=NOW)
        assert claim.refunds[asked(claim, LIMIT)].state == "approved"

    def test_told_again_with_its_id_is_the_same(self) -> None:
        claim = given_paid()
        wish = Wish(new_id(), 1000, "x", "kim", "provider", LIMIT)
        refunds.request(claim, wish, now=NOW)
        refunds.request(claim, wish, now=NOW)
        assert names(claim).count(RefundRequested) == 1

    def test_of_more_than_is_left_is_refused(self) -> None:
        claim = given_paid()
        asked(claim, 1000)
        asked(claim, LIMIT + 1)  # waits for a second person, and counts
        with pytest.raises(RefundTooHigh):
            asked(claim, 100)
        assert names(claim).count(RefundRequested) == 2

    @pytest.mark.parametrize("cents", [0, -1, FEE + 1])
    def test_of_an_impossible_amount_is_refused(self, cents: int) -> None:
        with pytest.raises(RefundTooHigh):
            asked(given_paid(), cents)

    def test_of_a_claim_that_is_open_is_refused(self) -> None:
        with pytest.raises(NotRefundable):
            asked(given_claim())

    def test_of_a_payment_that_never_came_is_refused(self) -> None:
        with pytest.raises(UnknownPayment):
            asked(given_paid(), payment_id=new_id())

    def test_carries_out_a_money_task_that_nobody_else_may_settle(self) -> None:
        claim = given_paid()
        claim.withdraw_claim("rejected", now=NOW)
        version = claim.version
        asked(claim, FEE, task_version=version, limit_cents=FEE)
        with pytest.raises(RefundUnderWay):
            claim.settle_money_task(version, Settled.RETURNED_BY_TRANSFER, FEE, "A1", now=NOW)
        with pytest.raises(RefundUnderWay):
            asked(claim, FEE, task_version=version)

    @pytest.mark.parametrize(
        ("version", "cents", "error"),
        [(99, FEE, UnknownMoneyTask), (0, FEE - 1, AmountDiffers), (0, FEE, MoneyTaskDone)],
    )
    def test_of_a_task_is_refused_where_it_is_none(
        self, version: int, cents: int, error: type[Exception]
    ) -> None:
        claim = given_paid()
        claim.withdraw_claim("rejected", now=NOW)
        version = version or claim.version
        if error is MoneyTaskDone:
            settle(claim)
        with pytest.raises(error):
            asked(claim, cents, task_version=version)


class TestASecondPerson:
    def test_agrees_and_it_is_owed(self) -> None:
        claim = given_paid()
        refund_id = asked(claim, LIMIT + 1)
        refunds.approve(claim, refund_id, "sam", now=NOW)
        assert names(claim)[-1] is RefundApproved
        assert (claim.refunds[refund_id].state, balances(claim)["refundable"]) == ("approved", -LIMIT - 1)

    def test_is_not_who_asked(self) -> None:
        claim = given_paid()
        refund_id = asked(claim, LIMIT + 1)
        for decide in (refunds.approve, refunds.decline):
            with pytest.raises(SecondPersonNeeded):
                decide(claim, refund_id, "kim", now=NOW)
        assert names(claim)[-1] is RefundRequested

    def test_declines_and_nothing_was_booked(self) -> None:
        claim = given_paid()
        refund_id = asked(claim, LIMIT + 1)
        refunds.decline(claim, refund_id, "sam", now=NOW)
        assert names(claim)[-1] is RefundDeclined
        assert (balances(claim)["refundable"], claim.kept_cents) == (0, FEE)
        with pytest.raises(RefundDecided):
            refunds.approve(claim, refund_id, "sam", now=NOW)

    def test_frees_the_task_that_they_decline(self) -> None:
        claim = given_paid()
        claim.withdraw_claim("rejected", now=NOW)
        version = claim.version
        refunds.decline(claim, asked(claim, FEE, task_version=version), "sam", now=NOW)
        claim.settle_money_task(version, Settled.RETURNED_BY_TRANSFER, FEE, "A1", now=NOW)
        assert claim.condition == "refunded"

    def test_cannot_agree_to_what_has_gone_meanwhile(self) -> None:
        claim = given_paid()
        refund_id = asked(claim, LIMIT + 1)
        claim.withdraw_claim("rejected", now=NOW)
        with pytest.raises(RefundDecided):
            refunds.approve(claim, refund_id, "sam", now=NOW)

    def test_decides_on_what_was_asked_for(self) -> None:
        with pytest.raises(UnknownRefund):
            refunds.approve(given_paid(), new_id(), "sam", now=NOW)


class TestTheProvidersWord:
    def test_settles_the_refund(self) -> None:
        claim, refund_id = given_ordered()
        refunds.record_outcome(claim, refund_id, "succeeded", "4000", "ref", now=NOW)
        assert names(claim)[-2:] == [RefundOrdered, RefundSettled]
        books = balances(claim)
        assert (books["refundable"], books["provider:girocheckout"]) == (0, FEE - 1000)
        assert all(task.done for task in claim.money_tasks.values())

    def test_of_failure_leaves_it_to_a_person(self) -> None:
        claim, refund_id = given_ordered()
        refunds.record_outcome(claim, refund_id, "failed", "4900", "", now=NOW)
        assert names(claim)[-1] is RefundFailed
        [task] = claim.money_tasks.values()
        assert not claim.under_way(task)
        claim.settle_money_task(task.version, Settled.RETURNED_BY_TRANSFER, 1000, "A1", now=NOW)
        assert claim.refunds[refund_id].state == "settled"

    def test_to_wait_is_recorded_once(self) -> None:
        claim, refund_id = given_ordered()
        for _ in range(2):
            refunds.record_outcome(claim, refund_id, "unknown", "4500", "ref", now=NOW)
        assert names(claim).count(RefundPending) == 1
        assert claim.refunds[refund_id].reference == "ref"

    def test_that_is_missing_leaves_it_to_a_person(self) -> None:
        claim, refund_id = given_ordered()
        for _ in range(2):
            refunds.record_doubt(claim, refund_id, "timeout", now=NOW)
        assert names(claim).count(RefundUnclear) == 1
        [task] = claim.money_tasks.values()
        assert not claim.under_way(task)
        with pytest.raises(RefundUnderWay):
            asked(claim, 1000, task_version=task.version)  # never ordered again blindly

    def test_said_late_is_no_news(self) -> None:
        claim, refund_id = given_ordered()
        refunds.record_outcome(claim, refund_id, "succeeded", "4000", "ref", now=NOW)
        before = len(claim.pending_events)
        refunds.record_outcome(claim, refund_id, "failed", "4900", "ref", now=NOW)
        assert len(claim.pending_events) == before
