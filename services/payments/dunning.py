"""The recurring look for claims that are overdue: each takes the step whose day has come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from services.payments.domain.claim import Claim
from services.payments.domain.dunning import Step
from shared.log import Unit, VersionConflict
from shared.tasks import Later

log = structlog.get_logger()

DUN: Final = "dun_claims"
PAUSE: Final = timedelta(hours=1)
CHUNK: Final = 200

_OVERDUE: Final = """
SELECT c.claim_id FROM claim c
LEFT JOIN unnest($1::text[], $2::int[]) AS next (after, days) ON next.after = coalesce(c.step, '')
WHERE c.state = 'open' AND c.due_on IS NOT NULL AND coalesce(c.step, '') <> $3
  AND c.due_on + coalesce(next.days, $4) <= $5 AND ($6::uuid IS NULL OR c.claim_id > $6)
ORDER BY c.claim_id LIMIT $7
"""
"""By the last step taken, the days of the one that follows it; of a step that is not configured any more, the
first one's. The claim itself decides."""


@dataclass(slots=True)
class Dunning:
    """Each claim in a commit of its own; `units` gives a fresh unit."""

    pool: asyncpg.Pool
    zone: ZoneInfo
    steps: Sequence[Step]
    units: Callable[[], Unit]

    async def look(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task. Always ends with Later."""
        await self.run(unit.now.astimezone(self.zone).date())
        raise Later(PAUSE)

    async def run(self, today: date) -> int:
        """How many steps were taken."""
        taken, after = 0, None
        while found := await self._overdue(today, after):
            for claim_id in found:
                taken += await self._dun(claim_id, today)
            after = found[-1]
        return taken

    async def _overdue(self, today: date, after: UUID | None) -> list[UUID]:
        if not self.steps:
            return []
        names, days = [step.name for step in self.steps], [step.after_days for step in self.steps]
        rows = await self.pool.fetch(
            _OVERDUE, ["", *names[:-1]], days, names[-1], days[0], today, after, CHUNK
        )
        return [row["claim_id"] for row in rows]

    async def _dun(self, claim_id: UUID, today: date) -> bool:
        unit = self.units()
        claim = await unit.load(Claim, claim_id)
        if claim.dun(today, self.steps, now=unit.now) is None:
            return False
        await unit.save(claim)
        try:
            await unit.commit()
        except VersionConflict:
            log.info("claim_not_dunned", claim=str(claim_id))  # paid this moment, perhaps: the next look
            return False
        return True
