"""What identity knows, as answers. Nothing here changes anything."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.identity.domain.account import Account
from services.identity.domain.attributes import PROFILE_FIELDS
from services.identity.projections import ACCOUNT
from shared.keys import DataKey, KeyRing
from shared.log import row_aad

EMAIL: Final = "email"
NOBODY: Final = UUID(int=0)

_BY_EMAIL = "SELECT stream_id FROM reservation WHERE scope = $1 AND digest = $2"
_ROW = """
SELECT a.*, ARRAY(SELECT role FROM account_role r WHERE r.account_id = a.account_id ORDER BY role) AS roles
FROM account a WHERE a.account_id = $1
"""
_OF_LINK = "SELECT account_id FROM mail_link WHERE digest = $1"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account's row, opened. `email` and `password_hash` are None once the citizen was erased."""

    account_id: UUID
    condition: str
    email: str | None
    password_hash: str | None
    language: str
    roles: list[str]


class Queries:
    """Reads through the pool of the service."""

    def __init__(self, pool: asyncpg.Pool, keys: KeyRing) -> None:
        self._pool, self._keys = pool, keys

    async def id_by_email(self, digest: bytes) -> UUID | None:
        """The account that holds an address, by the address's keyed digest."""
        found: UUID | None = await self._pool.fetchval(_BY_EMAIL, EMAIL, digest)
        return found

    async def account(self, account_id: UUID | None) -> KnownAccount | None:
        """The account; without an id it does the same work and finds nothing."""
        row = await self._pool.fetchrow(_ROW, account_id or NOBODY)
        key = await self._keys.find(account_id or NOBODY)
        if row is None:
            return None
        return KnownAccount(
            row["account_id"],
            row["condition"],
            _opened(row, key, "email"),
            _opened(row, key, "password_hash"),
            row["language"],
            row["roles"],
        )

    async def account_of_link(self, digest: str) -> UUID | None:
        """The account that a mailed link belongs to."""
        found: UUID | None = await self._pool.fetchval(_OF_LINK, digest)
        return found


def _opened(row: asyncpg.Record, key: DataKey | None, column: str) -> str | None:
    sealed = row[column]
    if sealed is None or key is None:
        return None
    return key.open(sealed, row_aad(ACCOUNT, (str(row["account_id"]),), column)).decode()


def profile_of(account: Account) -> dict[str, Any]:
    """The plain values, each with None where nothing is known or the citizen was erased."""
    known = account.attributes or {}
    plain = {name: known[name].value if name in known else None for name in PROFILE_FIELDS}
    return {**plain, "language": account.language}


def attributes_of(account: Account) -> dict[str, Any]:
    """Each attribute with its source and level of trust."""
    known = account.attributes or {}
    return {
        name: {
            "value": attribute.value,
            "source": attribute.source,
            "trust": attribute.trust,
            "recorded_at": attribute.recorded_at,
        }
        for name, attribute in known.items()
    }
