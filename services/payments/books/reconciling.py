"""Takes providers' statements, and compares what they and the bank told with our books."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from services.payments.books import comparing
from services.payments.books.told_fees import hold_unknown, told_by_words
from services.payments.domain.provider_account import ProviderAccount, StatementRow, account_id
from services.payments.domain.reconciliation import Day, compare
from shared.log import StreamNotFound, Unit
from shared.observe.metrics import gauge
from shared.tasks import Later

log = structlog.get_logger()

RECONCILE: Final = "reconcile"
EVERY: Final = timedelta(minutes=10)
WATCHED: Final = timedelta(days=62)
"""How far back the metric looks."""
ASIDE: Final = timedelta(days=62)
"""How far apart the two sides may date the same money: what a provider leaves undecided is booked when people
have found out, a month later and more."""
_difference = gauge(
    "portal_reconciliation_difference_cents",
    "Cents by which our books and what the provider told differ, all days of two months added up",
    ("provider",),
)

_KNOWN: Final = """
SELECT r.day, r.kind, r.reference, r.amount_cents, r.fee_cents
FROM unnest($2::text[], $3::text[]) AS x(kind, reference)
JOIN provider_row r ON r.provider = $1 AND r.kind = x.kind AND r.reference = x.reference
"""
_TOLD: Final = """
SELECT a.provider, a.currency, min(r.day) AS first, a.told_until AS last
FROM provider_account a JOIN provider_row r USING (provider) GROUP BY a.provider
"""
_BANK_TOLD: Final = """
SELECT 'bank' AS provider, currency, min(booked_on) AS first, max(booked_on) AS last FROM bank_item
WHERE currency = 'EUR' GROUP BY currency HAVING min(booked_on) IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a statement; `fees_cents` is what of fees was booked with it."""

    rows: int
    new: int
    fees_cents: int
    told_until: date


@dataclass(frozen=True, slots=True)
class Reconciling:
    """The comparison, and the statements that it needs."""

    pool: asyncpg.Pool
    zone: ZoneInfo

    async def take(
        self, provider: str, currency: str, rows: Sequence[StatementRow], content: bytes, unit: Unit
    ) -> Taken:
        """Takes the new rows and their fees into the unit, whose commit finds out a rival.

        Raises StatementRefused; the commit VersionConflict, ReservationTaken.
        """
        try:
            account = await unit.load(ProviderAccount, account_id(provider))
        except StreamNotFound:
            account = ProviderAccount.open(provider=provider, currency=currency, now=unit.now)
        found = await self.pool.fetch(
            _KNOWN, provider, [row.kind for row in rows], [row.reference for row in rows]
        )
        known = {row.key: row for row in (StatementRow(**dict(one)) for one in found)}
        fresh = [row for row in rows if row.key not in known]
        told = await told_by_words(self.pool, provider, fresh)
        new = account.take(
            rows, currency=currency, sha256=hashlib.sha256(content).hexdigest(), known=known,
            fees_told=told, now=unit.now,
        )  # fmt: skip
        hold_unknown(unit, provider, account.id, new, told)
        fees = sum(row.fee_cents - told.get(row.key, 0) for row in new)
        await unit.save(account)
        assert account.told_until is not None
        return Taken(len(rows), len(new), fees, account.told_until)

    async def days(self, first: date, last: date, provider: str | None = None) -> list[tuple[str, Day]]:
        """Each provider that has told anything, and the bank, by day."""
        found = []
        for name, told in (await self._told()).items():
            if provider in (None, name):
                found += [(name, day) for day in await self._compared(name, told, first, last)]
        return found

    async def watch(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task: sets the metric. Always ends with Later."""
        await self.measure(unit.now.astimezone(self.zone).date())
        raise Later(EVERY)

    async def measure(self, today: date) -> None:
        for name, told in (await self._told()).items():
            days = await self._compared(name, told, today - WATCHED, today)
            cents = sum(abs(day.difference_cents or 0) for day in days)
            _difference.labels(name).set(cents)
            if cents:
                log.warning("reconciliation_differs", provider=name, cents=cents)

    async def _told(self) -> dict[str, Any]:
        """By provider: currency, first and last day that they told of."""
        rows = [*await self.pool.fetch(_TOLD), *await self.pool.fetch(_BANK_TOLD)]
        return {row["provider"]: row for row in rows}

    async def _compared(self, provider: str, told: Any, first: date, last: date) -> list[Day]:
        around = (first - ASIDE, last + ASIDE)
        ours = await comparing.ours(self.pool, provider, around, told["currency"], self.zone)
        theirs = await comparing.theirs(self.pool, provider, around)
        compared = compare(ours, theirs, (told["first"], told["last"]))
        return [day for day in compared if first <= day.day <= last]
