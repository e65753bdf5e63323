"""What the bank's part of payments forgets: a citizen's mandates at once, the bank's files after ten years.

A citizen who is forgotten is debited no more; what was filed stays in its sealed file, as books do. A file is
full of names and accounts: with its key goes all that was read from it and is stored under that key, and the
housekeeping then deletes its row. What it booked stays, since bookings name nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from services.payments.domain.mandate import Mandate
from shared.log import Retention, Unit
from shared.log.ports import Keys
from shared.tasks import Later

log = structlog.get_logger()

FORGET: Final = "forget_bank_files"
EVERY: Final = timedelta(hours=6)
YEARS: Final = 10
"""Behind the year in which a file came: what supports bookings is kept so long."""
CHUNK: Final = 200
FILES_KEPT: Final = Retention("bank_file", "forgotten_at < $1")
_DUE: Final = """
SELECT file_id FROM bank_file WHERE stored_at < $1 AND forgotten_at IS NULL ORDER BY stored_at LIMIT $2
"""
_FORGOTTEN: Final = "UPDATE bank_file SET forgotten_at = $2 WHERE file_id = $1"

_OF_ACCOUNT: Final = """
SELECT mandate_id FROM mandate WHERE account_id = $1 AND state NOT IN ('revoked', 'lapsed')
"""


async def end_mandates(pool: asyncpg.Pool, account_id: UUID, unit: Unit) -> None:
    """Revokes every mandate of the account in the unit; to be called before its key is destroyed."""
    for row in await pool.fetch(_OF_ACCOUNT, account_id):
        mandate = await unit.load(Mandate, row["mandate_id"])
        mandate.revoke("erased", now=unit.now)
        await unit.save(mandate)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Destroys the keys of files whose time is over."""

    pool: asyncpg.Pool
    keys: Keys
    zone: ZoneInfo

    async def look(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task. Always ends with Later."""
        await self.run(unit.now)
        raise Later(EVERY)

    async def run(self, now: datetime) -> int:
        """How many files are forgotten now; gone on with after a fall, a key is destroyed again at most."""
        year = now.astimezone(self.zone).year - YEARS
        before, forgotten = datetime(year, 1, 1, tzinfo=self.zone), 0
        while due := await self.pool.fetch(_DUE, before, CHUNK):
            for row in due:
                await self.keys.destroy(row["file_id"])
                await self.pool.execute(_FORGOTTEN, row["file_id"], now)
                log.info("bank_file_forgotten", file=str(row["file_id"]))
            forgotten += len(due)
        return forgotten
