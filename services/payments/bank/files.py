"""The bank's files: written once, sealed, the same bytes for ever.

A file is full of names and accounts, and of many people: it is sealed under a key of its own, named by the
file's id, in the database of keys. Its SHA-256 is of the plain bytes, so that it can be compared elsewhere.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from shared.ids import derived_id
from shared.keys import SealBroken
from shared.log.ports import Keys

_KEEP: Final = """
INSERT INTO bank_file (file_id, kind, name, sha256, size, content, stored_at, payments)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""
_FIND: Final = """
SELECT file_id, kind, name, sha256, size, content, stored_at FROM bank_file WHERE file_id = $1
"""


class FileDamaged(RuntimeError):
    """The stored bytes are not those that were stored: nothing is done with them."""


class FileUnknown(LookupError):
    """No file has this id."""


@dataclass(frozen=True, slots=True)
class BankFile:
    """A stored file; `sha256` in hexadecimal."""

    file_id: UUID
    kind: str
    name: str
    sha256: str
    content: bytes
    stored_at: datetime


def incoming_id(content: bytes) -> UUID:
    """The id of a file that came: the same bytes are the same file."""
    return derived_id("bank-file", hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class BankFiles:
    """The store; what is in it is never changed."""

    pool: asyncpg.Pool
    keys: Keys

    async def keep(
        self,
        file_id: UUID,
        kind: str,
        name: str,
        content: bytes,
        *,
        now: datetime,
        payments: int | None = None,
    ) -> BankFile:
        """Stores the file, committed when this returns; if there was one under this id, gives that one.

        `payments` is how many it tells, where that is known.
        """
        digest = hashlib.sha256(content).digest()
        sealed = (await self.keys.obtain(file_id)).seal(content, file_id.bytes + digest)
        await self.pool.execute(_KEEP, file_id, kind, name, digest, len(content), sealed, now, payments)
        return await self.read(file_id)

    async def read(self, file_id: UUID) -> BankFile:
        """Byte for byte what was stored. Raises FileUnknown, FileDamaged."""
        row = await self.pool.fetchrow(_FIND, file_id)
        if row is None:
            raise FileUnknown(str(file_id))
        key = await self.keys.obtain(file_id)
        try:
            content = key.open(row["content"], file_id.bytes + row["sha256"])
        except SealBroken as error:
            raise FileDamaged(str(file_id)) from error
        if hashlib.sha256(content).digest() != row["sha256"]:
            raise FileDamaged(str(file_id))
        digest: bytes = row["sha256"]
        return BankFile(file_id, row["kind"], row["name"], digest.hex(), content, row["stored_at"])
