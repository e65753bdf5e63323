"""One key per citizen and purpose, kept in a database of its own, wrapped with the service's master key.

A key is committed before the first append that uses it; destroying it erases the person everywhere at
once: log, read models, snapshots, stored documents.
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Collection
from typing import Final
from uuid import UUID

import asyncpg

from shared import crash
from shared.crash import CrashPoint
from shared.keys.sealing import DataKey

CACHE_SECONDS: Final = 60.0
CACHE_SIZE: Final = 10_000

_INSERT = """
INSERT INTO subject_key (subject, purpose, wrapped) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING wrapped
"""
_SELECT = "SELECT wrapped FROM subject_key WHERE subject = $1 AND purpose = $2"
_SELECT_ALL = "SELECT subject, wrapped FROM subject_key WHERE subject = ANY($1) AND purpose = $2"
_DESTROY = """
INSERT INTO subject_key (subject, purpose, wrapped, destroyed_at) VALUES ($1, $2, NULL, now())
ON CONFLICT (subject, purpose) DO UPDATE
SET wrapped = NULL, destroyed_at = coalesce(subject_key.destroyed_at, now())
"""


class KeyDestroyed(LookupError):
    """The citizen was erased: nothing new may be written about them."""


class KeyRing:
    """Keys of one service for one purpose; safe for concurrent use within a process."""

    def __init__(self, pool: asyncpg.Pool, master: bytes, purpose: str) -> None:
        self._pool = pool
        self._master = DataKey(master)
        self._purpose = purpose
        self._cache: OrderedDict[UUID, tuple[float, DataKey | None]] = OrderedDict()

    async def find(self, subject: UUID) -> DataKey | None:
        """The key, or None where there is none or it was destroyed; never raises for an unknown subject."""
        cached = self._cached(subject)
        if cached is not None:
            return cached[1]
        row = await self._pool.fetchrow(_SELECT, subject, self._purpose)
        if row is None:
            return None
        return self._remember(subject, self._unwrap(subject, row["wrapped"]))

    async def find_all(self, subjects: Collection[UUID]) -> dict[UUID, DataKey]:
        """The keys that there are, by subject, in one query for those not known yet."""
        now, found, missing = asyncio.get_running_loop().time(), {}, []
        for subject in subjects:
            entry = self._cache.get(subject)
            if entry is None or entry[0] < now:
                missing.append(subject)
            elif entry[1] is not None:
                found[subject] = entry[1]
        if missing:
            for row in await self._pool.fetch(_SELECT_ALL, missing, self._purpose):
                subject = row["subject"]
                key = self._remember(subject, self._unwrap(subject, row["wrapped"]))
                if key is not None:
                    found[subject] = key
        return found

    async def obtain(self, subject: UUID) -> DataKey:
        """The key, made and committed now if there was none. Raises KeyDestroyed."""
        key = await self.find(subject)
        if key is None:
            key = await self._create(subject)
        if key is None:
            raise KeyDestroyed(f"the key of {subject} was destroyed")
        return key

    async def destroy(self, subject: UUID) -> None:
        """Erases the key for ever; may be repeated."""
        await self._pool.execute(_DESTROY, subject, self._purpose)
        self.forget(subject)
        self._remember(subject, None)

    def forget(self, subject: UUID) -> None:
        """Drops the cached copy: the next use asks the database."""
        self._cache.pop(subject, None)

    async def _create(self, subject: UUID) -> DataKey | None:
        wrapped = self._master.seal(os.urandom(32), self._aad(subject))
        row = await self._pool.fetchrow(_INSERT, subject, self._purpose, wrapped)
        crash.reach(CrashPoint.KEY_MADE)
        if row is None:  # somebody else was first, and RETURNING is empty for the loser
            row = await self._pool.fetchrow(_SELECT, subject, self._purpose)
        return self._remember(subject, self._unwrap(subject, row["wrapped"] if row else None))

    def _unwrap(self, subject: UUID, wrapped: bytes | None) -> DataKey | None:
        return None if wrapped is None else DataKey(self._master.open(wrapped, self._aad(subject)))

    def _aad(self, subject: UUID) -> bytes:
        return f"{subject}|{self._purpose}".encode()

    def _cached(self, subject: UUID, *, gone: bool = False) -> tuple[float, DataKey | None] | None:
        entry = self._cache.get(subject)
        if entry is None or entry[0] < asyncio.get_running_loop().time():
            return None
        return None if gone and entry[1] is not None else entry

    def _remember(self, subject: UUID, key: DataKey | None) -> DataKey | None:
        if self._cached(subject, gone=True):  # destroyed while this answer was on its way
            return None
        self._cache[subject] = (asyncio.get_running_loop().time() + CACHE_SECONDS, key)
        self._cache.move_to_end(subject)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return key
