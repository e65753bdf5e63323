"""The statements of the city's account one behind the other: what is missing between two of them, and whether
the bank's last balance is the books'.

Each statement opens with what the one before it closed with. One that comes late closes the gap that it had
left. The bank's own balance tells also of what no entry has told us, which a comparison of our books with the
entries that we took cannot see.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import asyncpg
import structlog

from services.payments.domain.bank_statement import Gap, Told, gap_between
from services.payments.sepa.statements import Statement
from shared.log import Unit
from shared.observe.metrics import gauge
from shared.tasks import Later

log = structlog.get_logger()

WATCH: Final = "watch_statements"
EVERY: Final = timedelta(minutes=10)
LOOKED_AT: Final = 800
"""The latest statements whose gaps are looked for: some two years of one a bank day."""
_gaps = gauge("portal_statement_gaps", "Places in the account's statements where something is missing")
_difference = gauge(
    "portal_bank_balance_difference_cents",
    "Cents that the bank's last closing balance has more than the books",
    ("currency",),
)

_LATEST: Final = """
SELECT file_id, currency, identifier, taken_at, year, sequence, page, is_last_page, opening_cents,
  closing_cents, closing_on
FROM statement WHERE account = $1 ORDER BY taken_at DESC LIMIT $2
"""
_LEDGER: Final = """
SELECT coalesce(sum(cents), 0)::bigint FROM ledger_line WHERE account = 'bank' AND currency = $1
"""
_ITEMS: Final = """
SELECT coalesce(sum(cents), 0)::bigint AS told,
  coalesce(sum(cents) FILTER (WHERE booked_on > $2), 0)::bigint AS later
FROM bank_item WHERE currency = $1 AND outcome <> 'known'
"""
_FIRST: Final = """
SELECT opening_cents FROM statement WHERE account = $1 AND currency = $2 AND opening_cents IS NOT NULL
ORDER BY coalesce(year, 0), coalesce(sequence, 0), coalesce(closing_on, '-infinity'), page, taken_at LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """The bank's last word on the account beside the books, in signed cents of one currency.

    `bank_cents` is the last closing balance less what was there before the first statement; `books_cents` the
    ledger's balance without what a notification told of later days (`later_cents`). Of the difference
    `unseen_cents` is what no entry has told us, `ahead_cents` what the books have that the bank has not
    carried out or told yet.
    """

    currency: str
    closing_on: date | None
    closing_cents: int
    bank_cents: int
    books_cents: int
    later_cents: int
    unseen_cents: int
    ahead_cents: int

    @property
    def difference_cents(self) -> int:
        return self.bank_cents - self.books_cents


@dataclass(frozen=True, slots=True)
class Chain:
    """Reads the account's statements in their order, whenever each came."""

    pool: asyncpg.Pool
    account: str

    async def gap_before(self, statement: Statement, now: datetime) -> Gap:
        """What is missing before a statement that is not taken yet."""
        rows = [row for row in await self._rows() if row["currency"] == statement.currency]
        told, place = told_of(statement), _place(statement, now)
        earlier = [row for row in rows if _place_of(row) < place]
        return gap_between(_told(earlier[-1]) if earlier else None, told)

    async def gaps(self) -> list[dict[str, Any]]:
        """Where something is missing now, the newest first: the statement behind the gap, and the gap."""
        found: list[dict[str, Any]] = []
        for rows in self._by_currency(await self._rows()):
            before = [None, *map(_told, rows[:-1])]
            for row, earlier in zip(rows, before, strict=True):
                gap = gap_between(earlier, _told(row))
                if gap:
                    found.append({**_named(row), "missing": gap.missing, "gap_cents": gap.cents})
        return sorted(found, key=lambda one: str(one["taken_at"]), reverse=True)

    async def balances(self) -> list[Balance]:
        """By currency; none before the first statement."""
        return [await self._balance(rows[-1]) for rows in self._by_currency(await self._rows())]

    async def watch(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task: sets the metrics. Always ends with Later."""
        await self.measure()
        raise Later(EVERY)

    async def measure(self) -> None:
        _gaps.set(len(await self.gaps()))
        for one in await self.balances():
            _difference.labels(one.currency).set(one.difference_cents)
            if one.difference_cents:
                log.warning("bank_balance_differs", currency=one.currency, cents=one.difference_cents)

    async def _rows(self) -> list[asyncpg.Record]:
        """In the order of the account's history."""
        return sorted(await self.pool.fetch(_LATEST, self.account, LOOKED_AT), key=_place_of)

    @staticmethod
    def _by_currency(rows: Sequence[asyncpg.Record]) -> Iterable[list[asyncpg.Record]]:
        for currency in sorted({row["currency"] for row in rows}):
            yield [row for row in rows if row["currency"] == currency]

    async def _balance(self, last: asyncpg.Record) -> Balance:
        currency, closing = last["currency"], last["closing_cents"] or 0
        opening = await self.pool.fetchval(_FIRST, self.account, currency) or 0
        ledger: int = await self.pool.fetchval(_LEDGER, currency)
        items = await self.pool.fetchrow(_ITEMS, currency, last["closing_on"])
        assert items is not None
        seen = items["told"] - items["later"]
        return Balance(
            currency, last["closing_on"], closing, closing - opening, ledger - items["later"],
            items["later"], closing - opening - seen, ledger - items["told"],
        )  # fmt: skip


def told_of(statement: Statement) -> Told:
    """Its place in the account's history."""
    return Told(
        statement.year, statement.sequence, statement.page, statement.is_last_page, statement.opening_cents,
        statement.closing_cents,
    )  # fmt: skip


def _told(row: asyncpg.Record) -> Told:
    return Told(
        row["year"], row["sequence"], row["page"], row["is_last_page"], row["opening_cents"],
        row["closing_cents"],
    )  # fmt: skip


def _named(row: asyncpg.Record) -> dict[str, Any]:
    names = ("file_id", "currency", "identifier", "year", "sequence", "page", "closing_on", "taken_at")
    return {name: row[name] for name in names}


Place = tuple[int, int, date, int, datetime]


def _place_of(row: asyncpg.Record) -> Place:
    return _ordered(row["year"], row["sequence"], row["closing_on"], row["page"], row["taken_at"])


def _place(statement: Statement, now: datetime) -> Place:
    return _ordered(statement.year, statement.sequence, statement.closing_on, statement.page, now)


def _ordered(
    year: int | None, sequence: int | None, closing_on: date | None, page: int, at: datetime
) -> Place:
    """By number; by day where the bank gives its statements none."""
    day = (closing_on or date.min) if sequence is None else date.min
    return year or 0, sequence or 0, day, page, at
