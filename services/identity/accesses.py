"""Who read a citizen's data, and for what: written before they are given, never changed."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from shared.ids import new_id
from shared.log import Retention
from shared.web.tokens import Caller

SHOWN: Final = 200
ACCESSES_KEPT: Final = Retention("data_access", "read_at < $1", timedelta(days=731))
"""Two years, as its trigger demands: to the end of the year after at least, as § 76 (4) BDSG has it."""

_RECORD = (
    "INSERT INTO data_access (access_id, account_id, reader, purpose, read_at) VALUES ($1, $2, $3, $4, $5)"
)
_OF_ACCOUNT = """
SELECT reader, purpose, read_at AS at FROM data_access
WHERE account_id = $1 ORDER BY read_at DESC LIMIT $2
"""


class Accesses:
    """The register of readings. The service may add to it and read it, and delete what is two years old."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def record(self, account_id: UUID, reader: Caller, now: Any) -> None:
        """Notes that `reader` is about to be given the data."""
        await self._record(account_id, reader.subject, reader.purpose, now)

    async def record_office(self, account_id: UUID, role: str, reader: Caller, now: Any) -> None:
        """As `record`, for a person: the citizen is told in which role, not who."""
        await self._record(account_id, role, reader.purpose, now)

    async def _record(self, account_id: UUID, reader: str, purpose: str, now: Any) -> None:
        await self._pool.execute(_RECORD, new_id(), account_id, reader, purpose, now)

    async def of_account(self, account_id: UUID) -> list[dict[str, Any]]:
        """The latest readings, the newest first."""
        return [dict(row) for row in await self._pool.fetch(_OF_ACCOUNT, account_id, SHOWN)]
