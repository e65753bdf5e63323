"""Money a person sees to: done once, in full, with a voucher, and the books show it."""

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.events import ClaimCancelled, MoneyTaskSettled, RefundFellDue
from services.payments.domain.money import Recorded
from services.payments.domain.money_tasks import Settled, voucher_number
from services.payments.domain.refusals import (
    AmountDiffers,
    MoneyTaskDone,
    UnknownMoneyTask,
    VoucherImpossible,
)
from tests.services.payments.domain.test_claim import (
    FEE,
    NOW,
    VOUCHER,
    given_attempt,
    given_claim,
    names,
    word,
)
from tests.services.payments.domain.test_ledger import balances

TRANSFER, PROVIDER, KEPT = (
    Settled.RETURNED_BY_TRANSFER,
    Settled.RETURNED_BY_PROVIDER,
    Settled.KEPT_BY_AGREEMENT,
)


def given_refund() -> Claim:
    claim = given_claim()
    claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
    claim.withdraw_claim("rejected", now=NOW)
    return claim


def given_surplus() -> Claim:
    claim = given_claim()
    attempt_id = given_attempt(claim)
    claim.withdraw_claim("withdrawn", now=NOW)
    assert claim.record_word(attempt_id, word("succeeded"), now=NOW) is Recorded.SURPLUS
    return claim


def settle(claim: Claim, how: Settled = TRANSFER, *, cents: int = FEE, voucher: str = VOUCHER) -> None:
    claim.settle_money_task(claim.version, how, cents, voucher, now=NOW)


class TestRefund:
    @pytest.mark.parametrize(
        ("how", "condition", "account"),
        [
            (TRANSFER, "refunded", {"bank": -FEE, "provider:girocheckout": FEE, "revenue:541000": 0}),
            (PROVIDER, "refunded", {"provider:girocheckout": 0, "revenue:541000": 0}),
            (KEPT, "refund_waived", {"provider:girocheckout": FEE, "revenue:541000": -FEE}),
        ],
    )
    def test_leaves_nothing_owed(self, how: Settled, condition: str, account: dict[str, int]) -> None:
        claim = given_refund()
        settle(claim, how)
        assert names(claim)[-1] is MoneyTaskSettled
        assert claim.condition == condition
        assert balances(claim) == {"receivable": 0, "refundable": 0, **account}

    def test_does_not_fall_due_again(self) -> None:
        for how in Settled:
            claim = given_refund()
            settle(claim, how)
            claim.withdraw_claim("rejected", now=NOW)
            assert names(claim).count(RefundFellDue) == 1
            assert ClaimCancelled not in names(claim)


class TestSurplus:
    @pytest.mark.parametrize(
        ("how", "account"),
        [(TRANSFER, "bank"), (PROVIDER, "provider:girocheckout"), (KEPT, "revenue:541000")],
    )
    def test_goes_where_it_was_sent(self, how: Settled, account: str) -> None:
        claim = given_surplus()
        before = balances(claim)[account]
        settle(claim, how)
        assert claim.condition == "cancelled"
        found = balances(claim)
        assert (found["surplus"], found[account]) == (0, before - FEE)

    def test_of_an_open_claim_leaves_it_payable(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded", FEE, "USD"), now=NOW)
        settle(claim)
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        assert claim.condition == "settled"


class TestRefusal:
    def test_of_a_task_there_is_not(self) -> None:
        claim = given_refund()
        for version in (claim.version - 1, claim.version + 1):
            with pytest.raises(UnknownMoneyTask):
                claim.settle_money_task(version, TRANSFER, FEE, VOUCHER, now=NOW)
        assert names(claim)[-1] is RefundFellDue

    def test_of_a_task_that_is_done(self) -> None:
        claim = given_refund()
        version = claim.version
        settle(claim)
        with pytest.raises(MoneyTaskDone):
            claim.settle_money_task(version, PROVIDER, FEE, VOUCHER, now=NOW)
        assert names(claim).count(MoneyTaskSettled) == 1

    @pytest.mark.parametrize("cents", [FEE - 1, FEE + 1, 0, -FEE])
    def test_of_another_amount(self, cents: int) -> None:
        claim = given_refund()
        with pytest.raises(AmountDiffers):
            settle(claim, cents=cents)
        assert names(claim)[-1] is RefundFellDue

    def test_of_no_voucher(self) -> None:
        claim = given_refund()
        with pytest.raises(VoucherImpossible):
            settle(claim, voucher=" ")
        assert names(claim)[-1] is RefundFellDue


class TestVoucher:
    @pytest.mark.parametrize(
        ("typed", "number"),
        [
            ("4711", "4711"),
            (" aa-2026/17.3 ", "AA-2026/17.3"),
            ("KA20261126000123", "KA20261126000123"),
            ("A1" + "0" * 33, "A1" + "0" * 33),
        ],
    )
    def test_is_a_number_of_the_books(self, typed: str, number: str) -> None:
        assert voucher_number(typed) == number

    @pytest.mark.parametrize(
        "typed",
        [
            "", "-", "ABC", "Kim Muster 12", "an Kim überwiesen", "1" * 36, "47\n11",
            "DE02120300000000202051", "de02-1203-0000-0000-2020-51",
        ],
    )  # fmt: skip
    def test_is_no_sentence_and_no_bank_account(self, typed: str) -> None:
        assert voucher_number(typed) is None
