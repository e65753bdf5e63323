"""Cash at the counter: never more than is owed unless meant; a mistake is undone whole and on its day."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.payments.domain import cash, refunds, settlements
from services.payments.domain.bookings import bookings
from services.payments.domain.cash_events import CashEntryVoided
from services.payments.domain.claim import Claim
from services.payments.domain.money import Receipt, Recorded
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refunds import Wish
from services.payments.domain.refusals import (
    CashDayOver,
    CashNotVoidable,
    ClaimRefused,
    DebitUnderWay,
    NotPayable,
    PaymentBeingChecked,
    UnknownPayment,
)
from services.payments.domain.settlements import Settlement
from shared.ids import new_id
from tests.services.payments.domain.test_claim import FEE, NOW, VOUCHER, given_attempt, given_claim, word
from tests.services.payments.domain.test_ledger import balances

ZONE = ZoneInfo("Europe/Berlin")


def take(claim: Claim, cents: int = FEE, *, keep_all: bool = False, reference: str = "BAR-26-000001") -> Any:
    return cash.take(claim, reference, cents, keep_all=keep_all, now=NOW)


def void(claim: Claim, payment_id: Any, *, later: timedelta = timedelta(0)) -> int:
    return cash.void(claim, payment_id, "amount_mistyped", ZONE, now=NOW + later)


class TestTaking:
    @pytest.mark.parametrize(
        ("given", "booked", "change", "condition", "owed"),
        [(FEE, FEE, 0, "settled", 0), (1000, 1000, 0, "open", FEE - 1000), (5000, FEE, 1940, "settled", 0)],
    )
    def test_books_what_is_owed_and_gives_change(
        self, given: int, booked: int, change: int, condition: str, owed: int
    ) -> None:
        claim = given_claim()
        taken = take(claim, given)
        assert (taken.booked_cents, taken.change_cents) == (booked, change)
        assert (claim.condition, claim.owed_cents, balances(claim)["cash"]) == (condition, owed, booked)
        assert not claim.money_tasks

    def test_books_more_where_it_is_meant(self) -> None:
        claim = given_claim()
        taken = take(claim, 5000, keep_all=True)
        assert (taken.booked_cents, taken.change_cents) == (5000, 0)
        assert balances(claim)["surplus"] == -1940

    def test_told_again_is_a_duplicate(self) -> None:
        claim = given_claim()
        take(claim, 1000)
        again = take(claim, 1000)
        assert (again.recorded, claim.owed_cents) == (Recorded.DUPLICATE, FEE - 1000)

    def test_is_refused_when_nothing_is_owed(self) -> None:
        claim = given_claim()
        take(claim)
        with pytest.raises(NotPayable):
            take(claim, reference="BAR-26-000002")

    def test_is_refused_while_a_payment_is_checked(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("unknown"), now=NOW)
        with pytest.raises(PaymentBeingChecked):
            take(claim)

    def test_is_refused_while_a_debit_is_announced(self) -> None:
        claim, attempt_id = given_claim(), new_id()
        claim.open_attempt(attempt_id, "direct_debit", "", now=NOW)
        claim.record_start(attempt_id, "bank", "M1", now=NOW)
        with pytest.raises(DebitUnderWay):
            take(claim)


class TestVoiding:
    def test_leaves_the_claim_as_it_was(self) -> None:
        claim = given_claim()
        before = balances(claim)
        taken = take(claim, 5000, keep_all=True)
        assert void(claim, taken.payment_id) == 5000
        assert (claim.condition, claim.owed_cents, claim.settled_at) == ("open", FEE, None)
        assert +balances(claim) == +before
        assert all(task.done for task in claim.money_tasks.values())
        undone = [event for event in claim.pending_events if isinstance(event, CashEntryVoided)]
        assert [event.task_version for event in undone] == [3, None]

    def test_takes_back_part_of_what_was_paid(self) -> None:
        claim = given_claim()
        first = take(claim, 1000)
        take(claim, reference="BAR-26-000002")
        void(claim, first.payment_id)
        assert (claim.condition, claim.owed_cents) == ("open", 1000)

    def test_can_be_paid_anew(self) -> None:
        claim = given_claim()
        void(claim, take(claim, 1000).payment_id)
        assert take(claim, reference="BAR-26-000002").recorded is Recorded.SETTLED

    def test_is_a_negative_booking_on_the_same_sides(self) -> None:
        claim = given_claim()
        void(claim, take(claim).payment_id)
        booked = [bookings(event) for event in claim.pending_events[1:]]  # type: ignore[arg-type]
        came, gone = ({(b.account, b.side, b.cents) for b in entry} for entry in booked)
        assert gone == {(account, side, -cents) for account, side, cents in came}

    @pytest.mark.parametrize(("hours", "fits"), [(13, True), (14, False), (24, False)])
    def test_ends_with_the_day_in_the_city(self, hours: int, fits: bool) -> None:
        claim = given_claim()  # NOW is 10:30 in the city
        taken = take(claim)
        if fits:
            assert void(claim, taken.payment_id, later=timedelta(hours=hours)) == FEE
            return
        with pytest.raises(CashDayOver):
            void(claim, taken.payment_id, later=timedelta(hours=hours))

    def test_is_done_once(self) -> None:
        claim = given_claim()
        taken = take(claim)
        void(claim, taken.payment_id)
        with pytest.raises(CashNotVoidable):
            void(claim, taken.payment_id)

    def test_is_refused_for_what_is_no_entry_of_the_till(self) -> None:
        claim = given_claim()
        claim.record_receipt(Receipt("bank", "bank_transfer", "K-1", FEE, "EUR"), now=NOW)
        with pytest.raises(CashNotVoidable):
            void(claim, claim.receipt_id("bank", "K-1"))
        with pytest.raises(UnknownPayment):
            void(claim, new_id())

    def test_is_refused_once_money_went_back(self) -> None:
        claim = given_claim()
        taken = take(claim, 5000, keep_all=True)
        [task] = claim.money_tasks.values()
        claim.settle_money_task(task.version, Settled.RETURNED_BY_TRANSFER, 1940, VOUCHER, now=NOW)
        with pytest.raises(CashNotVoidable):
            void(claim, taken.payment_id)

    def test_is_refused_while_a_settlement_of_it_waits(self) -> None:
        claim = given_claim()
        taken = take(claim, 5000, keep_all=True)
        [task] = claim.money_tasks.values()
        said = Settlement(task.version, Settled.RETURNED_BY_TRANSFER, 1940, VOUCHER, "kim")
        assert not settlements.settle(claim, said, 1939, now=NOW)
        with pytest.raises(CashNotVoidable):
            void(claim, taken.payment_id)

    @pytest.mark.parametrize("limit", [0, FEE])
    def test_is_refused_while_a_refund_is_asked_for(self, limit: int) -> None:
        claim = given_claim()
        taken = take(claim)
        wish = Wish(new_id(), 1000, "goodwill", "kim", "transfer", limit, taken.payment_id)
        refunds.request(claim, wish, now=NOW)
        with pytest.raises(ClaimRefused):
            void(claim, taken.payment_id)
