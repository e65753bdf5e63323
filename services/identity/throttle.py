"""Failed logins slow the next ones down, per address tried and per client, and lock nobody out.

An address that has no account here is counted like any other, and while a door is closed the right password
is refused like a wrong one: the answer tells nothing (ASVS 5.0, 6.3.1 and 6.3.8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from shared.log import Retention

FORGOTTEN_AFTER: Final = timedelta(minutes=15)
FAILURES_KEPT: Final = Retention("login_failure", "failed_at < $1", timedelta(days=1))

_WAIT = "SELECT max(closed_until) FROM login_failure WHERE place = ANY($1::bytea[]) AND closed_until > $2"
_COUNT = """
INSERT INTO login_failure AS f (place, failures, failed_at, closed_until) VALUES ($1, 1, $2, $2)
ON CONFLICT (place) DO UPDATE SET
    failures = CASE WHEN f.failed_at < $3 THEN 1 ELSE f.failures + 1 END, failed_at = $2
RETURNING failures
"""
_CLOSE = "UPDATE login_failure SET closed_until = $2 WHERE place = $1"


@dataclass(frozen=True, slots=True)
class Door:
    """What is throttled: `free` failures cost nothing, then the wait doubles from a second to `longest`."""

    place: bytes
    free: int
    longest: timedelta

    def wait_after(self, failures: int) -> timedelta:
        """How long the door stays closed after so many failures in a row."""
        if failures < self.free:
            return timedelta()
        return min(timedelta(seconds=2 ** min(failures - self.free, 20)), self.longest)


class Throttle:
    """Counts in the database, so that every replica sees the same."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def wait(self, doors: Sequence[Door], now: datetime) -> timedelta:
        """How long to wait before the next try; nothing when the doors are open."""
        until: datetime | None = await self._pool.fetchval(_WAIT, [door.place for door in doors], now)
        return until - now if until else timedelta()

    async def failed(self, doors: Sequence[Door], now: datetime) -> None:
        """Counts a failure at each door."""
        for door in doors:
            failures = await self._pool.fetchval(_COUNT, door.place, now, now - FORGOTTEN_AFTER)
            if wait := door.wait_after(failures):
                await self._pool.execute(_CLOSE, door.place, now + wait)

    async def succeeded(self, door: Door) -> None:
        """Forgets the failures at a door."""
        await self._pool.execute("DELETE FROM login_failure WHERE place = $1", door.place)
