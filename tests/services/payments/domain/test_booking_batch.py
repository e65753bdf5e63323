"""Batches and bookings, given / when / then."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.domain.booking_batch import (
    FIRST,
    BatchUneven,
    BookingBatch,
    Content,
    Files,
    LogPlace,
    NothingToExport,
    OutOfOrder,
    Sum,
    batch_after,
)
from services.payments.domain.bookings import TEXTS, bookings
from services.payments.domain.claim import Claim
from services.payments.domain.ledger import POSTINGS, entry
from services.payments.domain.money import Reversal, Word
from shared.domain import type_of

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
FILES = Files("aa", "bb", "windows-1252")
PLACE = LogPlace(1, 700, 3)
FEE = 3060


def content(debit: int = 500, credit: int = 500, entries: int = 2) -> Content:
    return Content(entries, 2 * entries, NOW, NOW, (Sum("EUR", debit, credit),))


def closed(number: int = 1, previous: BookingBatch | None = None, until: LogPlace = PLACE) -> BookingBatch:
    return BookingBatch.close(
        now=NOW, number=number, previous=previous, until=until, content=content(), files=FILES
    )


class TestBatch:
    def test_follows_the_one_before_it(self) -> None:
        first = closed()
        second = closed(2, first, LogPlace(1, 700, 4))
        assert (first.id, second.id) == (batch_after(0), batch_after(1))
        event: Any = second.pending_events[0]
        assert (event.follows, event.after, event.until) == (1, list(PLACE), [1, 700, 4])
        assert second.content == content()

    def test_after_a_gap_in_the_numbers_follows_all_the_same(self) -> None:
        assert closed(1001, closed(), LogPlace(2, 5, 9)).id == batch_after(1)

    def test_is_not_closed_without_bookings(self) -> None:
        empty = Content(0, 0, NOW, NOW, ())
        with pytest.raises(NothingToExport):
            BookingBatch.close(now=NOW, number=1, previous=None, until=PLACE, content=empty, files=FILES)

    def test_is_not_closed_uneven(self) -> None:
        with pytest.raises(BatchUneven):
            BookingBatch.close(
                now=NOW, number=1, previous=None, until=PLACE, content=content(501), files=FILES
            )

    @pytest.mark.parametrize(
        ("number", "until"), [(1, LogPlace(1, 700, 4)), (2, PLACE), (2, LogPlace(1, 699, 9))]
    )
    def test_is_refused_where_it_does_not_follow(self, number: int, until: LogPlace) -> None:
        with pytest.raises(OutOfOrder):
            closed(number, closed(), until)
        with pytest.raises(OutOfOrder):
            closed(1, None, FIRST)


def history(charges: int = 0) -> Claim:
    """Claimed, paid, taken back, cancelled."""
    claim = Claim.request(
        id=UUID(int=1), now=NOW, case_id=UUID(int=2), case_number="BPA-2026-000001", account_id=UUID(int=3),
        service="resident-parking-permit", cost_object="541000", kassenzeichen="47112600000122",
        amount_cents=FEE, currency="EUR", pay_by=None, language="de",
    )  # fmt: skip
    attempt = UUID(int=4)
    claim.open_attempt(attempt, "card", "", now=NOW)
    claim.record_word(attempt, Word("succeeded", "4000", "girocheckout", "ref", FEE, "EUR"), now=NOW)
    claim.record_reversal(attempt, Reversal("MD06", "back", FEE, charges), now=NOW + timedelta(days=1))
    claim.withdraw_claim("withdrawn", now=NOW + timedelta(days=2))
    return claim


def of(claim: Claim) -> list[list[tuple[str, str, int]]]:
    found = [bookings(event) for event in claim.pending_events]  # type: ignore[arg-type]
    return [[(one.account, one.side, one.cents) for one in lines] for lines in found if lines]


class TestBookings:
    def test_of_a_reversal_are_negative_on_the_sides_of_what_they_undo(self) -> None:
        requested, settled, reversed_, cancelled = of(history())
        assert requested == [("receivable", "S", FEE), ("revenue:541000", "H", FEE)]
        assert settled == [("provider:girocheckout", "S", FEE), ("receivable", "H", FEE)]
        assert reversed_ == [("receivable", "H", -FEE), ("provider:girocheckout", "S", -FEE)]
        assert cancelled == [("revenue:541000", "H", -FEE), ("receivable", "S", -FEE)]

    def test_of_what_a_reversal_cost_are_no_reversal(self) -> None:
        assert of(history(charges=350))[2] == [
            ("receivable", "H", -FEE), ("charges", "S", 350), ("provider:girocheckout", "S", -FEE),
            ("provider:girocheckout", "H", 350),
        ]  # fmt: skip

    @pytest.mark.parametrize("charges", [0, 350])
    def test_are_the_ledger_and_even(self, charges: int) -> None:
        happened: list[Any] = list(history(charges).pending_events)
        for event in happened:
            lines = bookings(event)
            sides = {side: sum(one.cents for one in lines if one.side == side) for side in "SH"}
            assert sides["S"] == sides["H"]
            for account in {line.account for line in entry(event)}:
                booked = sum(
                    one.cents if one.side == "S" else -one.cents for one in lines if one.account == account
                )
                ledger = sum(line.cents for line in entry(event) if line.account == account)
                assert booked == ledger

    def test_have_a_text_whatever_is_booked(self) -> None:
        assert TEXTS.keys() == {type_of(event_class).name for event_class in POSTINGS}
