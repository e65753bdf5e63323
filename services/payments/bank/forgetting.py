"""A citizen who is forgotten is debited no more; what was filed stays in its sealed file, as books do."""

from typing import Final
from uuid import UUID

import asyncpg

from services.payments.domain.mandate import Mandate
from shared.log import Unit

_OF_ACCOUNT: Final = """
SELECT mandate_id FROM mandate WHERE account_id = $1 AND state NOT IN ('revoked', 'lapsed')
"""


async def end_mandates(pool: asyncpg.Pool, account_id: UUID, unit: Unit) -> None:
    """Revokes every mandate of the account in the unit; to be called before its key is destroyed."""
    for row in await pool.fetch(_OF_ACCOUNT, account_id):
        mandate = await unit.load(Mandate, row["mandate_id"])
        mandate.revoke("erased", now=unit.now)
        await unit.save(mandate)
