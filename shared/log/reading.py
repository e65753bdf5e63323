"""Streams out of the log: events in order, personal fields opened with the subject's key.

Rows are decoded a page at a time and without a pause: the keys of all subjects of a page are asked for in
one query first, those known already are not asked for at all.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.pgproto.pgproto import UUID as FastUUID  # noqa: N811

from shared.domain import Event, decode
from shared.keys import DataKey, KeyRing
from shared.log.append import Reservation
from shared.log.loading import LATEST, STREAM, LoadQueue

__all__ = ["BEGINNING", "LATEST", "LogReader", "Meta", "Place", "Recorded", "StreamNotFound", "read_meta"]

PAGE: Final = 1_000

_LOG = """
SELECT epoch, xid, position, stream_id, version, event_id, name, schema_version, payload, meta
FROM event WHERE (epoch, xid, position) > ($1, $2::text::xid8, $3)
  AND (NOT $5 OR epoch < (SELECT l.epoch FROM log_epoch l) OR xid < pg_snapshot_xmin(pg_current_snapshot()))
ORDER BY epoch, xid, position LIMIT $4
"""
_HELD = "SELECT scope, digest, stream_id FROM reservation WHERE stream_id = ANY($1::uuid[])"


class StreamNotFound(LookupError):
    """No stream has this id."""


class Meta(msgspec.Struct, omit_defaults=True, gc=False):
    """What is known of an event beside what it says: who, why, whence."""

    actor: str = ""
    purpose: str = ""
    correlation: str = ""
    causation: str = ""
    traceparent: str = ""
    subject: UUID | None = None


Place = tuple[int, int, int]
"""(epoch, transaction id, position): the order of the log."""
BEGINNING: Final[Place] = (0, 0, 0)


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event with its place in the log, where the whole log was read."""

    event: Event
    event_id: UUID
    name: str
    meta: Meta
    place: Place = BEGINNING


read_meta: Final = msgspec.json.Decoder(Meta).decode
"""Meta from its JSON text."""


class LogReader:
    """Reads one service's log.

    With a `LoadQueue` the streams that many callers ask for at once are read together; without one each
    goes over the pool, which is enough for a command that reads one after the other.
    """

    def __init__(self, pool: asyncpg.Pool, keys: KeyRing, loads: LoadQueue | None = None) -> None:
        self._pool = pool
        self._keys = keys
        self._loads = loads

    async def stream(self, stream_id: UUID, *, after: int = 0, until: int = LATEST) -> list[Recorded]:
        """Events of a stream with after < version <= until; empty where there is none.

        What was committed before the call is among them.
        """
        if self._loads is None:
            rows = await self._pool.fetch(STREAM, stream_id, after, until, LATEST)
        else:
            rows = await self._loads.rows(stream_id, after, until)
        return await self._decoded_of(stream_id, rows)

    async def everything(
        self, after: Place = BEGINNING, *, settled: bool = False, page: int = PAGE
    ) -> AsyncIterator[Recorded]:
        """The log in feed order, one by one; see `pages`, which costs less an event."""
        async with aclosing(self.pages(after, settled=settled, page=page)) as pages:
            async for found in pages:
                for recorded in found:
                    yield recorded

    async def pages(
        self, after: Place = BEGINNING, *, settled: bool = False, page: int = PAGE
    ) -> AsyncGenerator[list[Recorded], None]:
        """The log in feed order; one page is in memory, and the next is on its way.

        `settled` stops before the oldest running transaction: nothing can appear any more before the last
        event given, so that one may go on from its place later.
        """
        ahead = asyncio.ensure_future(self._rows(after, page, settled=settled))
        try:
            while True:
                rows = await ahead
                if len(rows) == page:
                    epoch, xid, position, *_ = rows[-1]
                    ahead = asyncio.ensure_future(self._rows((epoch, xid, position), page, settled=settled))
                if rows:
                    yield await self._decoded(rows)
                if len(rows) < page:
                    return
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _rows(self, after: Place, most: int, *, settled: bool = False) -> list[Any]:
        epoch, xid, position = after
        return await self._pool.fetch(_LOG, epoch, str(xid), position, most, settled)

    async def held_by(self, streams: Collection[UUID]) -> list[Reservation]:
        """What these streams have reserved, without knowing the values. It reads the whole table: for what is
        rare, such as an erasure."""
        return [Reservation(*row) for row in await self._pool.fetch(_HELD, list(streams))]

    async def _decoded_of(self, stream_id: UUID, rows: Sequence[Any]) -> list[Recorded]:
        own = FastUUID(stream_id.bytes)  # whose text and comparison cost a tenth
        metas = [read_meta(row[6]) for row in rows]
        key_of = await self._keys_of(metas)
        return [
            Recorded(decode(own, version, name, schema, payload, key_of(meta)), event_id, name, meta)
            for (_, version, event_id, name, schema, payload, _), meta in zip(rows, metas, strict=True)
        ]

    async def _decoded(self, rows: Sequence[Any]) -> list[Recorded]:
        metas = [read_meta(row[9]) for row in rows]
        key_of = await self._keys_of(metas)
        return [
            Recorded(
                decode(stream_id, version, name, schema, payload, key_of(meta)),
                event_id,
                name,
                meta,
                (epoch, xid, position),
            )
            for (epoch, xid, position, stream_id, version, event_id, name, schema, payload, _), meta in zip(
                rows, metas, strict=True
            )
        ]

    async def _keys_of(self, metas: Sequence[Meta]) -> Callable[[Meta], DataKey | None]:
        subjects = {meta.subject.int: meta.subject for meta in metas if meta.subject is not None}
        if not subjects:
            return _no_key
        found = await self._keys.find_all(subjects.values())
        keys = {subject.int: key for subject, key in found.items()}  # by number: an UUID is slow to hash

        def key_of(meta: Meta) -> DataKey | None:
            return None if meta.subject is None else keys.get(meta.subject.int)

        return key_of


def _no_key(_: Meta) -> None:
    return None
