"""Money that waited for a person: above the limit nobody settles it alone, by hand or as a refund."""

from typing import Any

import pytest

from services.payments.domain import refunds, settlements
from services.payments.domain.claim import Claim
from services.payments.domain.events import MoneyTaskSettled
from services.payments.domain.money import Reversal
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refunds import Wish
from services.payments.domain.refusals import (
    AmountDiffers,
    ClaimRefused,
    MoneyTaskDone,
    NoSuchSettlement,
    RefundUnderWay,
    SecondPersonNeeded,
    SettlementWaits,
    UnknownMoneyTask,
    VoucherImpossible,
)
from services.payments.domain.settlement_events import SettlementDeclined, SettlementProposed
from services.payments.domain.settlements import Settlement
from shared.ids import new_id
from tests.services.payments.domain.test_claim import (
    FEE,
    NOW,
    VOUCHER,
    given_attempt,
    given_claim,
    names,
    word,
)

BY_TRANSFER, BY_PROVIDER, KEPT = Settled
LOW = FEE - 1


def given_task(surplus: int = 0) -> tuple[Claim, int]:
    """A paid claim whose money is to go back; with `surplus` an earlier task of so much as well."""
    claim = given_claim()
    claim.record_word(given_attempt(claim), word("succeeded", FEE + surplus), now=NOW)
    claim.withdraw_claim("rejected", now=NOW)
    return claim, max(claim.money_tasks)


def said(
    version: int, how: Settled = BY_TRANSFER, cents: int = FEE, voucher: str = VOUCHER, by: str = "kim"
) -> Settlement:
    return Settlement(version, how, cents, voucher, by)


class TestASettlement:
    @pytest.mark.parametrize("how", Settled)
    def test_below_the_limit_is_booked_at_once(self, how: Settled) -> None:
        claim, version = given_task()
        assert settlements.settle(claim, said(version, how), FEE, now=NOW)
        assert names(claim)[-1] is MoneyTaskSettled

    @pytest.mark.parametrize("how", Settled)
    def test_above_it_waits_for_a_second_person(self, how: Settled) -> None:
        claim, version = given_task()
        assert not settlements.settle(claim, said(version, how), LOW, now=NOW)
        assert (names(claim)[-1], claim.condition) == (SettlementProposed, "refund_due")
        with pytest.raises(SecondPersonNeeded):
            settlements.confirm(claim, said(version, how, by="kim"), now=NOW)
        settlements.confirm(claim, said(version, how, by="sam"), now=NOW)
        assert names(claim)[-1] is MoneyTaskSettled
        assert claim.condition == ("refund_waived" if how is KEPT else "refunded")

    def test_counts_all_that_went_out_of_the_claim(self) -> None:
        claim, version = given_task(surplus=500)
        first = min(claim.money_tasks)
        assert settlements.settle(claim, said(first, cents=500), FEE, now=NOW)
        assert not settlements.settle(claim, said(version), FEE + 499, now=NOW)
        settlements.decline(claim, said(version, BY_TRANSFER, by="sam"), now=NOW)
        assert names(claim)[-1] is SettlementDeclined
        assert settlements.settle(claim, said(version), FEE + 500, now=NOW)

    def test_counts_for_refunds_too(self) -> None:
        claim, version = given_task(surplus=500)
        settlements.settle(claim, said(min(claim.money_tasks), cents=500), FEE, now=NOW)
        wish = Wish(new_id(), FEE, "x", "kim", "provider", FEE + 499, task_version=version)
        refunds.request(claim, wish, now=NOW)
        assert claim.refunds[wish.refund_id].state == "requested"

    def test_of_a_refund_that_two_have_approved_needs_no_third(self) -> None:
        claim, version = given_task()
        wish = Wish(new_id(), FEE, "x", "kim", "transfer", LOW, task_version=version)
        refunds.request(claim, wish, now=NOW)
        refunds.approve(claim, wish.refund_id, "sam", now=NOW)
        assert settlements.settle(claim, said(version), LOW, now=NOW)

    def test_that_keeps_the_money_of_an_approved_refund_does(self) -> None:
        claim, version = given_task()
        wish = Wish(new_id(), FEE, "x", "kim", "transfer", LOW, task_version=version)
        refunds.request(claim, wish, now=NOW)
        refunds.approve(claim, wish.refund_id, "sam", now=NOW)
        assert not settlements.settle(claim, said(version, KEPT), LOW, now=NOW)

    def test_by_hand_of_a_refund_that_failed_is_a_decision_of_its_own(self) -> None:
        claim, version = given_task(surplus=500)
        wish = Wish(new_id(), FEE, "x", "kim", "provider", FEE, task_version=version)
        refunds.request(claim, wish, now=NOW)
        refunds.order(claim, wish.refund_id, now=NOW)
        refunds.record_outcome(claim, wish.refund_id, "failed", "5034", "", now=NOW)
        settlements.settle(claim, said(min(claim.money_tasks), cents=500), FEE, now=NOW)
        assert not settlements.settle(claim, said(version), FEE, now=NOW)

    def test_that_waits_keeps_refunds_and_rules_away(self) -> None:
        claim, version = given_task()
        settlements.settle(claim, said(version), LOW, now=NOW)
        assert refunds.due(claim) == []
        wish = Wish(new_id(), FEE, "x", "kim", "provider", FEE, task_version=version)
        with pytest.raises(SettlementWaits):
            refunds.request(claim, wish, now=NOW)

    def test_that_is_declined_is_set_off_with_what_went_back_meanwhile(self) -> None:
        claim, version = given_task()
        [payment_id] = claim.payments
        settlements.settle(claim, said(version), LOW, now=NOW)
        claim.record_reversal(payment_id, Reversal("MD06", "R1", FEE), now=NOW)
        assert not claim.money_tasks[version].done
        settlements.decline(claim, said(version, BY_TRANSFER, by="sam"), now=NOW)
        assert (claim.money_tasks[version].done, claim.condition) == (True, "cancelled")


class TestRefusal:
    @pytest.mark.parametrize(
        ("settlement", "refusal"),
        [
            (said(2), UnknownMoneyTask),
            (said(0, cents=FEE - 1), AmountDiffers),
            (said(0, voucher="keiner"), VoucherImpossible),
        ],
    )
    def test_above_the_limit_is_as_below(self, settlement: Settlement, refusal: type[ClaimRefused]) -> None:
        for limit in (LOW, FEE):
            claim, version = given_task()
            asked = settlement.version or version
            told = Settlement(asked, settlement.how, settlement.amount_cents, settlement.voucher, "kim")
            with pytest.raises(refusal):
                settlements.settle(claim, told, limit, now=NOW)

    def test_while_a_refund_carries_it_out(self) -> None:
        claim, version = given_task()
        refunds.request(
            claim, Wish(new_id(), FEE, "x", "kim", "provider", LOW, task_version=version), now=NOW
        )
        with pytest.raises(RefundUnderWay):
            settlements.settle(claim, said(version, KEPT), LOW, now=NOW)

    def test_of_a_second_word_while_one_waits(self) -> None:
        claim, version = given_task()
        settlements.settle(claim, said(version), LOW, now=NOW)
        with pytest.raises(SettlementWaits):
            settlements.settle(claim, said(version, KEPT), FEE, now=NOW)
        with pytest.raises(NoSuchSettlement):
            settlements.confirm(claim, said(version, KEPT, by="sam"), now=NOW)
        with pytest.raises(SecondPersonNeeded):
            settlements.decline(claim, said(version, BY_TRANSFER, by="kim"), now=NOW)

    @pytest.mark.parametrize("read", [{"voucher": "AA-2"}, {"cents": FEE - 1}, {"how": KEPT}])
    def test_of_who_has_read_something_else(self, read: dict[str, Any]) -> None:
        claim, version = given_task()
        settlements.settle(claim, said(version), LOW, now=NOW)
        for decide in (settlements.confirm, settlements.decline):
            with pytest.raises(NoSuchSettlement):
                decide(claim, said(version, by="sam", **read), now=NOW)

    def test_of_a_decision_on_nothing(self) -> None:
        claim, version = given_task()
        with pytest.raises(NoSuchSettlement):
            settlements.confirm(claim, said(version, BY_TRANSFER, by="sam"), now=NOW)
        settlements.settle(claim, said(version), FEE, now=NOW)
        with pytest.raises(MoneyTaskDone):
            settlements.decline(claim, said(version, BY_TRANSFER, by="sam"), now=NOW)
