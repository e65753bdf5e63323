"""Providers' statements, given / when / then."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.payments.domain.ledger import entry
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
    told: dict[str, Any] = {"currency": "EUR", "sha256": "aa", "known": {}, "fees_told": 0, **said}
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
        taken(account, [PAID], fees_told=47)
        (event,) = account.pending_events
        assert list(entry(event)) == []  # type: ignore[arg-type]

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
