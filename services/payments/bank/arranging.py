"""The recurring look for claims that are to be debited by themselves: each is announced ahead of its day.

A claim whose mandate has ended is its payer's again, and the payer is told. What had a debit once is never
debited by itself a second time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from services.payments.bank.debiting import Debiting
from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.mandate import Mandate
from services.payments.domain.refusals import ClaimRefused
from shared.log import Unit, VersionConflict
from shared.tasks import Later

log = structlog.get_logger()

ANNOUNCE: Final = "announce_debits"
PAUSE: Final = timedelta(hours=1)
SPARE: Final = timedelta(days=7)
"""So much earlier than the notice takes, for days on which something fails."""
CHUNK: Final = 100

_READY: Final = """
SELECT c.claim_id FROM claim c JOIN mandate m ON m.mandate_id = c.mandate_id
WHERE c.state = 'open' AND (c.pay_by <= $1 OR m.state IN ('used_up', 'revoked', 'lapsed'))
  AND NOT EXISTS (SELECT FROM debit d WHERE d.claim_id = c.claim_id)
  AND ($2::uuid IS NULL OR c.claim_id > $2)
ORDER BY c.claim_id LIMIT $3
"""


@dataclass(slots=True)
class Arranging:
    """Each claim in a commit of its own; `units` gives a fresh unit."""

    pool: asyncpg.Pool
    debiting: Debiting
    units: Callable[[], Unit]
    pause: timedelta = PAUSE

    async def look(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task. Always ends with Later."""
        await self.run(self.debiting.rules.today(unit.now))
        raise Later(self.pause)

    async def run(self, today: date) -> int:
        """How many claims were announced or given back to their payers."""
        until = today + timedelta(days=self.debiting.rules.notice_days) + SPARE
        done, after = 0, None
        while found := await self._ready(until, after):
            for claim_id in found:
                done += await self._go_on(claim_id)
            after = found[-1]
        return done

    async def _ready(self, until: date, after: UUID | None) -> list[UUID]:
        return [row["claim_id"] for row in await self.pool.fetch(_READY, until, after, CHUNK)]

    async def _go_on(self, claim_id: UUID) -> bool:
        """Announces one, or gives it back; what is decided otherwise meanwhile is left to the next look."""
        work = Work(self.units())
        claim = await work.load(Claim, claim_id)
        if not claim.waits_for_its_day or claim.arranged is None:
            return False
        mandate = await work.load(Mandate, claim.arranged)
        try:
            if mandate.condition == "active":
                self.debiting.announce(work, claim, mandate, claim.debited_from)
            else:
                claim.end_arrangement(f"mandate_{mandate.condition}", now=work.unit.now)
            await work.commit()
        except (ClaimRefused, VersionConflict) as left:
            log.info("debit_not_announced", claim=str(claim_id), reason=type(left).__name__)
            return False
        return True
