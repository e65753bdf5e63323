"""The files of debits that were made for the bank: what each asks for, and what has become of it.

A debit that is at the bank ends in a credit or a return. One that has neither, some bank days behind its due
day, is `unanswered`: the bank has lost it, or its word has not reached us.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.payments.bank.debiting import Rules, alarm
from services.payments.bank.files import BankFile, BankFiles, FileDamaged
from services.payments.domain.collection import Collection
from services.payments.sepa.bank_days import bank_days_before
from shared.log import StreamNotFound, Unit
from shared.observe.metrics import gauge
from shared.tasks import Later

WATCH: Final = "watch_debits"
EVERY: Final = timedelta(hours=6)
PATIENCE: Final = 5
"""Bank days behind the due day in which a credit or a return has come."""
_unanswered = gauge(
    "portal_debits_unanswered", "Debits at the bank without credit or return, 5 bank days past their due day"
)

_COLUMNS: Final = """
SELECT c.collection_id, c.message_id, c.filed_on, c.debits, c.amount_cents, c.sha256, c.state, c.status,
  c.submitted_at, (SELECT count(*) FROM debit d
    WHERE d.collection_id = c.collection_id AND d.state = 'filed' AND d.due < $1) AS unanswered
FROM collection c WHERE c.sha256 IS NOT NULL
"""
_LIST: Final = f"""{_COLUMNS} AND ($2::uuid IS NULL OR (c.filed_on, length(c.message_id), c.message_id) < (
  SELECT filed_on, length(message_id), message_id FROM collection WHERE collection_id = $2))
ORDER BY c.filed_on DESC, length(c.message_id) DESC, c.message_id DESC LIMIT $3
"""  # noqa: S608
_ONE: Final = f"{_COLUMNS} AND c.collection_id = $2"
_OUTCOMES: Final = "SELECT state, count(*) AS many FROM debit WHERE collection_id = $1 GROUP BY state"
_UNANSWERED: Final = """
SELECT collection_id, count(*) AS many FROM debit WHERE state = 'filed' AND due < $1 GROUP BY collection_id
"""


@dataclass(frozen=True, slots=True)
class Filed:
    """Reads, and the recurring look for what the bank has left open."""

    pool: asyncpg.Pool
    files: BankFiles
    rules: Rules

    async def latest(self, after: UUID | None, limit: int, unit: Unit) -> dict[str, Any]:
        """The newest first; `next` is the `after` of the next page."""
        rows = await self.pool.fetch(_LIST, self._before(unit), after, limit + 1)
        told = [dict(row) for row in rows[:limit]]
        return {"collections": told, "next": told[-1]["collection_id"] if len(rows) > limit else None}

    async def look(self, collection_id: UUID, unit: Unit) -> dict[str, Any] | None:
        """One with its groups and how many of its debits are where; None where no file was made."""
        row = await self.pool.fetchrow(_ONE, self._before(unit), collection_id)
        if row is None:
            return None
        outcomes = await self.pool.fetch(_OUTCOMES, collection_id)
        collection = await unit.load(Collection, collection_id)
        return {
            **dict(row),
            "groups": list(collection.groups),
            "outcomes": {one["state"]: one["many"] for one in outcomes},
        }

    async def file(self, collection_id: UUID, unit: Unit) -> BankFile | None:
        """Byte for byte what was stored, if it is what the log knows; None where no file was made.

        Raises FileUnknown, KeyDestroyed (its time is over), FileDamaged.
        """
        try:
            collection = await unit.load(Collection, collection_id)
        except StreamNotFound:
            return None
        if not collection.sha256:
            return None
        file = await self.files.read(collection_id)
        if file.sha256 != collection.sha256:
            raise FileDamaged(str(collection_id))
        return file

    async def watch(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task: the metric, and an alarm for each file. Always ends with Later."""
        await self.measure(self._before(unit))
        raise Later(EVERY)

    async def measure(self, before: date) -> int:
        """How many debits due before this day have neither come nor gone back."""
        rows = await self.pool.fetch(_UNANSWERED, before)
        for row in rows:
            alarm("debits_unanswered", collection=str(row["collection_id"]), debits=row["many"])
        many: int = sum(row["many"] for row in rows)
        _unanswered.set(many)
        return many

    def _before(self, unit: Unit) -> date:
        return bank_days_before(self.rules.today(unit.now), PATIENCE)
