"""The recurring look for mandates that nobody has used for 36 months: they are void."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import asyncpg
import structlog

from services.payments.bank.debiting import Rules
from services.payments.domain.mandate import LIFE_MONTHS, Mandate, MandateRefused
from shared.log import Unit, VersionConflict
from shared.tasks import Later

log = structlog.get_logger()

LAPSE: Final = "lapse_mandates"
PAUSE: Final = timedelta(hours=6)
CHUNK: Final = 100

_UNUSED: Final = """
SELECT mandate_id FROM mandate
WHERE state IN ('active', 'suspended')
  AND coalesce(last_used_on, signed_on) < $1::date - make_interval(months => $2)
ORDER BY mandate_id LIMIT $3
"""


@dataclass(slots=True)
class Lapsing:
    """Each mandate in a commit of its own; `units` gives a fresh unit."""

    pool: asyncpg.Pool
    rules: Rules
    units: Callable[[], Unit]

    async def look(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task. Always ends with Later."""
        lapsed = await self.run(self.rules.today(unit.now))
        raise Later(timedelta(0) if lapsed == CHUNK else PAUSE)

    async def run(self, today: date) -> int:
        """How many have lapsed; what is decided otherwise meanwhile is left to the next look."""
        count = 0
        for row in await self.pool.fetch(_UNUSED, today, LIFE_MONTHS, CHUNK):
            unit = self.units()
            mandate = await unit.load(Mandate, row["mandate_id"])
            try:
                mandate.lapse(today, now=unit.now)
                await unit.save(mandate)
                await unit.commit()
                count += 1
            except (MandateRefused, VersionConflict) as left:
                log.info("mandate_not_lapsed", mandate=str(mandate.id), reason=type(left).__name__)
        return count
