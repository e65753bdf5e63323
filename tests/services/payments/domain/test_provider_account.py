"""Providers' statements, given / when / then."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.payments.domain.ledger import entry
from services.payments.domain.payout_events import ProviderPaidOut
from services.payments.domain.provider_account import (
    CurrencyDiffers,
    ProviderAccount,
    StatementContradicts,
    StatementRow,
)

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
DAY = date(2026, 11, 25)
PAID = StatementRow(DAY, "payment", "r1", 3060, 47)
BACK = StatementRow(DAY, "refund", "r1", -3060, 0)


def opened() -> ProviderAccount:
    account = ProviderAccount.open(provider="girocheckout", currency="EUR", now=NOW)
    account.pending_events.clear()
    return account


def taken(account: ProviderAccount, rows: Sequence[StatementRow], **said: Any) -> Sequence[StatementRow]:
    told: dict[str, Any] = {"currency": "EUR", "sha256": "aa", "known": {}, "fees_told": {}, **said}
    return account.take(rows, now=NOW, **told)


class TestStatement:
    def test_books_its_fees_once(self) -> None:
        account = opened()
        assert taken(account, [PAID, BACK]) == [PAID, BACK]
        (event,) = account.pending_events
        lines: Any = entry(event)  # type: ignore[arg-type]
        assert [(line.account, line.cents) for line in lines] == [
            ("fees:girocheckout", 47), ("provider:girocheckout", -47),
        ]  # fmt: skip
        account.pending_events.clear()
        assert taken(account, [PAID], known={PAID.key: PAID}) == []
        assert account.pending_events == []

    def test_books_no_fee_that_the_provider_had_told_before(self) -> None:
        account = opened()
        taken(account, [PAID], fees_told={PAID.key: 47})
        event: Any
        (event,) = account.pending_events
        assert event.booked == [0]
        assert list(entry(event)) == []

    def test_books_a_fee_of_two_that_was_not_told(self) -> None:
        account, other = opened(), StatementRow(DAY, "payment", "r2", 3060, 50)
        taken(account, [PAID, other], fees_told={PAID.key: 47})
        event: Any = account.pending_events[0]
        assert (event.booked, event.amount_cents) == ([0, 50], 50)

    def test_sends_a_payout_on_its_way(self) -> None:
        account = opened()
        taken(account, [StatementRow(DAY, "payout", "P1", -5000, 10)])
        books = Counter[str]()
        for event in account.pending_events:
            for line in entry(event):  # type: ignore[arg-type]
                books[line.account] += line.cents
        assert books == {
            "fees:girocheckout": 10, "transit:girocheckout": 5000, "provider:girocheckout": -5010,
        }  # fmt: skip
        told: Any = account.pending_events[1]
        assert (told.reference, told.day, told.amount_cents) == ("P1", DAY, 5000)

    def test_sends_no_payout_twice(self) -> None:
        account, row = opened(), StatementRow(DAY, "payout", "P1", -5000, 0)
        assert taken(account, [row], known={row.key: row}) == []
        assert not [one for one in account.pending_events if isinstance(one, ProviderPaidOut)]

    def test_gives_a_fee_back(self) -> None:
        account = opened()
        taken(account, [StatementRow(DAY, "fee", "credit", 0, -47)])
        lines: Any = entry(account.pending_events[0])  # type: ignore[arg-type]
        assert lines[0].cents == -47

    def test_remembers_the_last_day_told(self) -> None:
        account = opened()
        taken(account, [PAID])
        earlier = StatementRow(date(2026, 11, 1), "payment", "r0", 100, 0)
        taken(account, [earlier])
        assert account.told_until == DAY

    def test_is_refused_where_it_says_otherwise_than_before(self) -> None:
        other = StatementRow(DAY, "payment", "r1", 3061, 47)
        for rows, known in (([other], {PAID.key: PAID}), ([PAID, other], {})):
            with pytest.raises(StatementContradicts):
                taken(opened(), rows, known=known)

    def test_is_refused_in_another_currency(self) -> None:
        with pytest.raises(CurrencyDiffers):
            taken(opened(), [PAID], currency="CHF")
