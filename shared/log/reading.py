"""Streams out of the log: events in order, personal fields opened with the subject's key."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from shared.domain import Event, decode
from shared.keys import DataKey, KeyRing
from shared.log.append import Reservation

PAGE: Final = 1_000

_STREAM = """
SELECT version, event_id, name, schema_version, payload, meta, recorded_at FROM event
WHERE stream_id = $1 AND version > $2 AND version <= $3 ORDER BY version
"""
_LOG = """
SELECT epoch, xid, position, stream_id, version, event_id, name, schema_version, payload, meta, recorded_at
FROM event WHERE (epoch, xid, position) > ($1, $2::text::xid8, $3)
  AND (NOT $5 OR epoch < (SELECT l.epoch FROM log_epoch l) OR xid < pg_snapshot_xmin(pg_current_snapshot()))
ORDER BY epoch, xid, position LIMIT $4
"""
LATEST: Final = 2**31 - 1


class StreamNotFound(LookupError):
    """No stream has this id."""


class Meta(msgspec.Struct, omit_defaults=True):
    """What is known of an event beside what it says: who, why, whence."""

    actor: str = ""
    purpose: str = ""
    correlation: str = ""
    causation: str = ""
    traceparent: str = ""
    subject: UUID | None = None


Place = tuple[int, str, int]
"""(epoch, transaction id, position): the order of the log."""
BEGINNING: Final[Place] = (0, "0", 0)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the log, where the whole log was read."""

    event: Event
    event_id: UUID
    name: str
    meta: Meta
    place: Place = BEGINNING


_meta = msgspec.json.Decoder(Meta)


def read_meta(text: str) -> Meta:
    return _meta.decode(text)


_HELD = "SELECT scope, digest, stream_id FROM reservation WHERE stream_id = ANY($1::uuid[])"


class LogReader:
    """Reads one service's log."""

    def __init__(self, pool: asyncpg.Pool, keys: KeyRing) -> None:
        self._pool = pool
        self._keys = keys

    async def stream(self, stream_id: UUID, *, after: int = 0, until: int = LATEST) -> list[Recorded]:
        """Events of a stream with after < version <= until; empty where there is none."""
        rows = await self._pool.fetch(_STREAM, stream_id, after, until)
        return [await self._recorded(stream_id, row) for row in rows]

    async def everything(
        self, after: Place = BEGINNING, *, settled: bool = False, page: int = PAGE
    ) -> AsyncIterator[Recorded]:
        """The log in feed order, a page in memory at a time.

        `settled` stops before the oldest running transaction: nothing can appear any more before the last
        event given, so that one may go on from its place later.
        """
        while True:
            rows = await self._pool.fetch(_LOG, *after, page, settled)
            for row in rows:
                after = row["epoch"], str(row["xid"]), row["position"]
                yield await self._recorded(row["stream_id"], row, after)
            if len(rows) < page:
                return

    async def held_by(self, streams: Collection[UUID]) -> list[Reservation]:
        """What these streams have reserved, without knowing the values. It reads the whole table: for what is
        rare, such as an erasure."""
        return [Reservation(*row) for row in await self._pool.fetch(_HELD, list(streams))]

    async def _recorded(self, stream_id: UUID, row: Any, place: Place = BEGINNING) -> Recorded:
        meta = read_meta(row["meta"])
        key: DataKey | None = await self._keys.find(meta.subject) if meta.subject else None
        event = decode(stream_id, row["version"], row["name"], row["schema_version"], row["payload"], key)
        return Recorded(event, row["event_id"], row["name"], meta, place)
