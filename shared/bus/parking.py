"""Parked streams: an event that cannot be applied, and the later ones of its stream, kept in order.

The cursor moves on and the other streams flow. An operator looks, then retries or discards with a reason.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import asyncpg

from shared.bus.envelope import Envelope, read, write
from shared.log import CursorMoved, LogUnavailable, Retention, Table, Unit, VersionConflict
from shared.log.outage import DATABASE_AWAY
from shared.observe.metrics import gauge

ATTEMPTS: Final = 5
PARKED: Final = Table("parked", ("source", "epoch", "sequence"), ())
DISCARDED: Final = Retention("parked", "discarded_at < $1", timedelta(days=365))
"""What a person decided on; what waits for one stays."""
ATTEMPT: Final = Table("inbox_attempt", ("source", "sequence"), ())
PASSED_ATTEMPTS: Final = Retention(
    "inbox_attempt",
    "EXISTS (SELECT FROM inbox_cursor c WHERE c.source = inbox_attempt.source"
    " AND c.sequence >= inbox_attempt.sequence AND $1::timestamptz IS NOT NULL)",
)
"""An event below the cursor is never begun again."""

_open_gauge = gauge("portal_parked_messages", "Events parked and waiting for a person", ("queue",))

_LOAD = "SELECT DISTINCT stream_key FROM parked WHERE source = $1 AND discarded_at IS NULL"
_PARK = """
INSERT INTO parked (source, epoch, sequence, stream_key, envelope, error, retry_at)
SELECT $1::text, $6::integer, $2::bigint, $3::text, $4::bytea, $5::text, (SELECT e.retry_at FROM parked e
  WHERE e.source = $1 AND e.stream_key = $3 AND e.discarded_at IS NULL ORDER BY e.sequence LIMIT 1)
ON CONFLICT (source, epoch, sequence) DO NOTHING
"""
_HELD = """
SELECT EXISTS (SELECT FROM parked WHERE source = $1 AND stream_key = $2 AND discarded_at IS NULL)
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('parked'), hashtext($1))"
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('parked'), hashtext($1))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('parked'), hashtext($1))"
_MOVE = """
INSERT INTO inbox_cursor AS c (source, sequence) VALUES ($1, $3)
ON CONFLICT (source) DO UPDATE SET sequence = $3 WHERE c.sequence = $2 RETURNING sequence
"""
_ATTEMPT = """
INSERT INTO inbox_attempt AS a (source, sequence, tries) VALUES ($1, $2, 1)
ON CONFLICT (source, sequence) DO UPDATE SET tries = a.tries + 1 RETURNING tries
"""
_BEGIN = """
INSERT INTO inbox_attempt AS a (source, sequence, tries) VALUES ($1, $2, 1)
ON CONFLICT (source, sequence) DO UPDATE SET tries = 1 WHERE a.tries = 0 RETURNING tries
"""
_UNCOUNT = "UPDATE inbox_attempt SET tries = greatest(tries - 1, 0) WHERE source = $1 AND sequence = $2"
_FORGET = "DELETE FROM inbox_attempt WHERE source = $1 AND sequence <= $2"
_RELEASED = """
SELECT p.stream_key, p.envelope FROM parked p
WHERE p.source = $1 AND p.discarded_at IS NULL AND p.retry_at <= now()
  AND NOT EXISTS (SELECT FROM parked e WHERE e.source = p.source AND e.stream_key = p.stream_key
    AND e.sequence < p.sequence AND e.discarded_at IS NULL)
ORDER BY p.sequence LIMIT 20
"""
_AGAIN = "UPDATE parked SET error = $3, retry_at = NULL WHERE source = $1 AND epoch = $4 AND sequence = $2"


class PoisonSuspected(Exception):
    """The event was begun several times and never answered: it may be what kills the process."""


class Parking:
    """The parked events of one source."""

    def __init__(self, source: str, pool: asyncpg.Pool) -> None:
        self._source = source
        self._pool = pool
        self._streams: set[str] = set()

    def holds(self, stream_key: str) -> bool:
        """Whether an earlier event of this stream is parked."""
        return stream_key in self._streams

    async def refresh(self) -> None:
        """Reads which streams are parked; an operator or another process may have changed it."""
        rows = await self._pool.fetch(_LOAD, self._source)
        self._streams = {row["stream_key"] for row in rows}
        _open_gauge.labels(self._source).set(len(rows))

    async def count_attempt(self, envelope: Envelope) -> None:
        """Counts a try before it is made. Raises PoisonSuspected when none of them ever got an answer."""
        tries = await self._pool.fetchval(_ATTEMPT, self._source, envelope.sequence)
        if tries > ATTEMPTS:
            raise PoisonSuspected(f"begun {tries - 1} times without an answer")

    async def begin(self, envelope: Envelope) -> bool:
        """Counts the first try before it is made; False where one was made before and got no answer."""
        return await self._pool.fetchval(_BEGIN, self._source, envelope.sequence) is not None

    async def uncount_attempt(self, envelope: Envelope) -> None:
        """Takes a try back that got an answer: failures and outages do not make an event a suspect."""
        await self._pool.execute(_UNCOUNT, self._source, envelope.sequence)

    def forget_attempts(self, envelope: Envelope, unit: Unit) -> None:
        """Drops the count in the transaction of the effects."""
        unit.put(ATTEMPT, (self._source, envelope.sequence), None)

    async def park(self, envelope: Envelope, cursor: int, error: str, *, follows: bool = False) -> bool:
        """Stores the event and moves the cursor past it. Raises CursorMoved.

        One that `follows` a parked one shares its fate, and is tried again with it; False if none is
        parked any more: another process has taken the stream up.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if follows:
                await connection.execute(_LOCK, self._source)
                if not await connection.fetchval(_HELD, self._source, envelope.subject):
                    self._streams.discard(envelope.subject)
                    return False
            await connection.execute(
                _PARK, self._source, envelope.sequence, envelope.subject, write(envelope), error[:2000],
                envelope.epoch,
            )  # fmt: skip
            moved = await connection.fetchval(_MOVE, self._source, cursor, envelope.sequence)
            if moved != envelope.sequence:
                raise CursorMoved("applied already")
            await connection.execute(_FORGET, self._source, envelope.sequence)
        self._streams.add(envelope.subject)
        return True

    async def retry_released(self, apply: Callable[[Envelope], Awaitable[None]]) -> None:
        """Applies, oldest first, what an operator has released; a stream that fails again stays parked.

        `apply` commits the effects together with `forget_parked`. One process at a time does this.
        """
        await self.refresh()
        if not self._streams or not await self._pool.fetch(_RELEASED, self._source):
            return
        async with self._pool.acquire() as connection:
            if not await connection.fetchval(_TRY_LOCK, self._source):
                return
            try:
                while released := await connection.fetch(_RELEASED, self._source):
                    for row in released:
                        await self._retry(read(row["envelope"]), apply)
            finally:
                if not connection.is_closed():
                    await connection.execute(_UNLOCK, self._source)
        await self.refresh()

    async def _retry(self, envelope: Envelope, apply: Callable[[Envelope], Awaitable[None]]) -> None:
        try:
            await apply(envelope)
        except (VersionConflict, LogUnavailable, *DATABASE_AWAY):
            raise  # the operator's word stands until the stream rests and the database is back
        except Exception as error:
            where = envelope.sequence, repr(error)[:2000], envelope.epoch
            await self._pool.execute(_AGAIN, self._source, *where)

    def forget_parked(self, envelope: Envelope, unit: Unit) -> None:
        """Takes the event out of the parked ones in the transaction of its effects."""
        unit.put(PARKED, (self._source, envelope.epoch, envelope.sequence), None)
