"""The public feed: gapless, the same for everybody and for ever.

One sequencer at a time holds the row lock of `feed_head`, reads the log by (epoch, xid, position) below
the oldest running transaction, and stores what is public under the next integers. Reading by position
alone would miss events whose transaction commits late.
"""

from typing import Any, Final

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from shared import crash
from shared.bus.envelope import write
from shared.bus.published import Published
from shared.crash import CrashPoint
from shared.domain import UnknownEvent, decode
from shared.domain.registry import stored_type
from shared.log.reading import Recorded, read_meta

log = structlog.get_logger()

PAGE: Final = 500

_HEAD = "SELECT sequence, epoch, xid::text AS xid, position FROM feed_head FOR UPDATE"
_LOG = """
SELECT epoch, xid::text AS xid, position, stream_id, version, event_id, name, schema_version, payload, meta,
  (SELECT l.epoch FROM log_epoch l) AS feed_epoch
FROM event
WHERE (epoch, xid, position) > ($1, $2::text::xid8, $3)
  AND (epoch < (SELECT l.epoch FROM log_epoch l) OR xid < pg_snapshot_xmin(pg_current_snapshot()))
ORDER BY event.epoch, event.xid, event.position LIMIT $4
"""  # a bare `xid` would be the text selected, in which 1000 comes before 999
_INSERT = """
INSERT INTO feed (sequence, event_id, envelope)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[])
"""
_MOVE = "UPDATE feed_head SET sequence = $1, epoch = $2, xid = $3::text::xid8, position = $4"
_HELD = """
SELECT EXISTS (SELECT FROM event e, feed_head h
  WHERE (e.epoch, e.xid, e.position) > (h.epoch, h.xid, h.position))
"""
_PAGE = "SELECT sequence, envelope FROM feed WHERE sequence > $1 ORDER BY sequence LIMIT $2"


class Sequencer:
    """Moves committed events into the feed."""

    def __init__(self, pool: asyncpg.Pool, published: Published) -> None:
        self._pool = pool
        self._published = published

    async def run_once(self) -> tuple[int, bool]:
        """Takes one page of the log. Returns (last sequence, whether the page was full)."""
        async with self._pool.acquire() as connection, connection.transaction():
            head = await connection.fetchrow(_HEAD)
            assert head is not None
            rows = await connection.fetch(_LOG, head["epoch"], head["xid"], head["position"], PAGE)
            if not rows:
                return head["sequence"], False
            rows = _known(rows)
            if not rows:
                return head["sequence"], False
            sequence = await self._store(connection, rows, head["sequence"])
            last = rows[-1]
            await connection.execute(_MOVE, sequence, last["epoch"], last["xid"], last["position"])
            crash.reach(CrashPoint.SEQUENCING)
        crash.reach(CrashPoint.SEQUENCED)
        return sequence, len(rows) == PAGE

    async def holds_back(self) -> bool:
        """Whether events wait for an older transaction, anywhere on the server, to end."""
        return bool(await self._pool.fetchval(_HELD))

    async def _store(self, connection: Any, rows: list[Any], sequence: int) -> int:
        public = set(self._published.stored_names())
        sequences: list[int] = []
        ids: list[Any] = []
        envelopes: list[bytes] = []
        for row in rows:
            if row["name"] not in public:
                continue
            envelope = self._published.envelope(_recorded(row), sequence + 1, row["feed_epoch"])
            if envelope is not None:
                sequence += 1
                sequences.append(sequence)
                ids.append(row["event_id"])
                envelopes.append(write(envelope))
        if sequences:
            await connection.execute(_INSERT, sequences, ids, envelopes)
        return sequence


def _known(rows: list[Any]) -> list[Any]:
    """The rows before the first that only a newer release can read: to pass it would hide it for ever."""
    for n, row in enumerate(rows):
        try:
            newer = row["schema_version"] > stored_type(row["name"]).version
        except UnknownEvent:
            newer = True
        if newer:
            log.error("feed_waits_for_newer_release", name=row["name"], version=row["schema_version"])
            return rows[:n]
    return rows


def _recorded(row: Any) -> Recorded:
    # no key: what is public holds no personal field
    event = decode(row["stream_id"], row["version"], row["name"], row["schema_version"], row["payload"], None)
    return Recorded(event, row["event_id"], row["name"], read_meta(row["meta"]))


async def page(source: asyncpg.Pool | PoolConnectionProxy, after: int, limit: int) -> list[tuple[int, bytes]]:
    """(sequence, envelope) of the events after `after`, oldest first, `limit` at most."""
    return [(row["sequence"], row["envelope"]) for row in await source.fetch(_PAGE, after, limit)]
