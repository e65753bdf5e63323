"""A payment at the bank that is a provider's payout, given / when / then; and what it is in the books."""

from collections.abc import Callable
from typing import Any

import pytest

from services.payments.domain import payouts
from services.payments.domain.bank_item import (
    BankItem,
    ItemDone,
    NotIncoming,
    OtherPersonNeeded,
    Outcome,
    PayoutWaits,
    ReturnWaits,
)
from services.payments.domain.bookings import bookings
from services.payments.domain.payouts import NoSuchPayout
from tests.services.payments.domain.test_bank_item import CLAIM, NOW, books, received

PAYPAL = "paypal"


def arrived(provider: str = PAYPAL) -> BankItem:
    item = received()
    return BankItem.receive(
        id=item.id, now=NOW, statement_id=item.id, file_id=item.id, amount_cents=3060, currency="EUR",
        booked_on=NOW.date(), outcome=Outcome.PAYOUT, claim_id=None, proposals=[], name="PayPal", iban="",
        text="", provider=provider,
    )  # fmt: skip


class TestAPayout:
    def test_that_is_certain_comes_from_what_is_on_its_way(self) -> None:
        assert books(arrived()) == {"bank": 3060, "transit:paypal": -3060}
        assert not arrived().is_waiting

    def test_is_a_providers(self) -> None:
        with pytest.raises(ValueError):
            arrived(provider="")

    def test_found_by_a_person_leaves_what_waits(self) -> None:
        item = received()
        payouts.find(item, PAYPAL, now=NOW)
        assert books(item) == {"bank": 3060, "unallocated": 0, "transit:paypal": -3060}
        assert (item.is_waiting, item.outcome, item.provider) == (False, "payout", PAYPAL)

    def test_is_found_once(self) -> None:
        item = arrived()
        refused: list[Callable[[], None]] = [
            lambda: payouts.find(item, PAYPAL, now=NOW),
            lambda: item.allocate(CLAIM, now=NOW),
            lambda: item.send_back("AA-1", now=NOW),
        ]
        for does in refused:
            with pytest.raises(ItemDone):
                does()

    def test_is_no_money_that_left(self) -> None:
        with pytest.raises(NotIncoming):
            payouts.find(received(cents=-450), PAYPAL, now=NOW)

    def test_does_not_go_beside_a_return_that_waits(self) -> None:
        item = received()
        item.propose_return("AA-1", "kim", now=NOW)
        with pytest.raises(ReturnWaits):
            payouts.find(item, PAYPAL, now=NOW)


class TestUndoing:
    @pytest.mark.parametrize("by_rule", [True, False])
    def test_lets_the_money_wait_again(self, by_rule: bool) -> None:
        item = arrived() if by_rule else received()
        if not by_rule:
            payouts.find(item, PAYPAL, now=NOW)
        payouts.undo(item, now=NOW)
        assert {name: cents for name, cents in books(item).items() if cents} == {
            "bank": 3060, "unallocated": -3060,
        }  # fmt: skip
        assert (item.is_waiting, item.provider) == (True, "")
        item.allocate(CLAIM, now=NOW)
        assert not any(books(item).values())

    def test_is_a_negative_booking(self) -> None:
        item = received()
        payouts.find(item, PAYPAL, now=NOW)
        payouts.undo(item, now=NOW)
        undone: Any = item.pending_events[-1]
        assert [(one.account, one.side, one.cents, one.undoes) for one in bookings(undone)] == [
            ("transit:paypal", "H", -3060, True), ("unallocated", "S", -3060, True),
        ]  # fmt: skip

    def test_of_what_is_no_payout_is_refused(self) -> None:
        item = received()
        with pytest.raises(NoSuchPayout):
            payouts.undo(item, now=NOW)
        payouts.find(item, PAYPAL, now=NOW)
        payouts.undo(item, now=NOW)
        with pytest.raises(NoSuchPayout):
            payouts.undo(item, now=NOW)


class TestAPayoutOfMuchMoney:
    def test_waits_for_a_second_person(self) -> None:
        item = received()
        payouts.propose(item, PAYPAL, "kim", now=NOW)
        assert (item.is_waiting, books(item)) == (True, {"bank": 3060, "unallocated": -3060})
        with pytest.raises(OtherPersonNeeded):
            payouts.confirm(item, PAYPAL, 3060, "kim", now=NOW)
        payouts.confirm(item, PAYPAL, 3060, "sam", now=NOW)
        assert books(item) == {"bank": 3060, "unallocated": 0, "transit:paypal": -3060}

    def test_keeps_the_item_until_it_is_decided(self) -> None:
        item = received()
        payouts.propose(item, PAYPAL, "kim", now=NOW)
        refused: list[Callable[[], None]] = [
            lambda: item.allocate(CLAIM, now=NOW),
            lambda: item.send_back("AA-1", now=NOW),
            lambda: item.propose_return("AA-1", "sam", now=NOW),
            lambda: payouts.find(item, PAYPAL, now=NOW),
            lambda: payouts.propose(item, PAYPAL, "sam", now=NOW),
        ]
        for does in refused:
            with pytest.raises(PayoutWaits):
                does()
        payouts.decline(item, PAYPAL, 3060, "sam", now=NOW)
        item.allocate(CLAIM, now=NOW)
        with pytest.raises(ItemDone):
            payouts.confirm(item, PAYPAL, 3060, "sam", now=NOW)

    @pytest.mark.parametrize(("provider", "cents"), [("girocheckout", 3060), (PAYPAL, 3061)])
    def test_is_decided_as_it_was_read(self, provider: str, cents: int) -> None:
        item = received()
        for decide in (payouts.confirm, payouts.decline):
            with pytest.raises(NoSuchPayout):
                decide(item, PAYPAL, 3060, "sam", now=NOW)
        payouts.propose(item, PAYPAL, "kim", now=NOW)
        for decide in (payouts.confirm, payouts.decline):
            with pytest.raises(NoSuchPayout):
                decide(item, provider, cents, "sam", now=NOW)
