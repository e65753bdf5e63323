"""The public feed: gapless, the same for everybody and for ever.

The log is read by (epoch, xid, position) below the oldest running transaction; what is public is stored under
the next integers by one statement that moves `feed_head` too, and does nothing where the head is no longer
what was read: of two sequencers one wins, the other looks again. Reading by position alone would miss events
whose transaction commits late.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

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

# LIMIT 1 and MATERIALIZED tell the planner that there is one head; what is held back shows at the log's end.
_LOOK = """
WITH h AS MATERIALIZED (
  SELECT f.sequence, f.epoch, f.xid, f.position, l.epoch AS feed_epoch,
    (SELECT (e.epoch, e.xid) >= (l.epoch, pg_snapshot_xmin(pg_current_snapshot())) FROM event e
     ORDER BY e.epoch DESC, e.xid DESC, e.position DESC LIMIT 1) AS held
  FROM (SELECT * FROM feed_head LIMIT 1) f, (SELECT epoch FROM log_epoch LIMIT 1) l)
SELECT h.sequence AS head, h.epoch AS head_epoch, h.xid::text AS head_xid, h.position AS head_position,
  h.feed_epoch, h.held IS TRUE AS held, p.*
FROM h LEFT JOIN LATERAL (
  SELECT e.epoch, e.xid::text AS xid, e.position, e.stream_id, e.version, e.event_id, e.name,
    e.schema_version, e.payload, e.meta
  FROM event e
  WHERE (e.epoch, e.xid, e.position) > (h.epoch, h.xid, h.position)
    AND (e.epoch, e.xid) < (h.feed_epoch, pg_snapshot_xmin(pg_current_snapshot()))
  ORDER BY e.epoch, e.xid, e.position LIMIT $1) p ON true
"""
_STORE = """
WITH moved AS (
  UPDATE feed_head SET sequence = $4, epoch = $5, xid = $6::text::xid8, position = $7
  WHERE (epoch, xid, position) = ($8, $9::text::xid8, $10) RETURNING sequence),
stored AS (
  INSERT INTO feed (sequence, event_id, envelope)
  SELECT n.* FROM unnest($1::bigint[], $2::uuid[], $3::bytea[]) n WHERE EXISTS (SELECT FROM moved))
SELECT EXISTS (SELECT FROM moved)
"""
_HELD = """
SELECT EXISTS (SELECT FROM event e, feed_head h
  WHERE (e.epoch, e.xid, e.position) > (h.epoch, h.xid, h.position))
"""
_PAGE = "SELECT sequence, envelope FROM feed WHERE sequence > $1 ORDER BY sequence LIMIT $2"

Source = asyncpg.Pool | PoolConnectionProxy
Numbered = tuple[int, bytes]
"""The sequence of a public event and its envelope."""


class Turn(NamedTuple):
    """What one look at the log came to."""

    last: int
    """The last sequence of the feed."""
    more: bool
    """Whether there may be more to take at once."""
    held: bool
    """Whether events wait for an older transaction, anywhere on the server, to end."""
    new: list[Numbered]
    """What was stored by this look."""


class Sequencer:
    """Moves committed events into the feed."""

    def __init__(self, pool: asyncpg.Pool, published: Published) -> None:
        self._pool = pool
        self._published = published

    async def run_once(self, source: Source | None = None) -> Turn:
        """Takes one page of the log, by a connection of the caller's or any of the pool's."""
        source = source or self._pool
        found = await source.fetch(_LOOK, PAGE)
        head, last = found[0], found[0]["head"]
        rows = _known([row for row in found if row["event_id"] is not None])
        if not rows:
            return Turn(last, False, head["held"], [])
        new = self._numbered(rows, last)
        crash.reach(CrashPoint.SEQUENCING)
        if not await self._store(source, head, rows, new):
            return Turn(last, True, head["held"], [])
        crash.reach(CrashPoint.SEQUENCED)
        stored = [(sequence, raw) for sequence, _, raw in new]
        return Turn(stored[-1][0] if stored else last, len(rows) == PAGE, head["held"], stored)

    async def holds_back(self) -> bool:
        """Whether the log has events that are not in the feed's order yet, for whatever reason."""
        return bool(await self._pool.fetchval(_HELD))

    def _numbered(self, rows: list[Any], sequence: int) -> list[tuple[int, Any, bytes]]:
        """Sequence, event id and envelope of what is public."""
        public = set(self._published.stored_names())
        new: list[tuple[int, Any, bytes]] = []
        for row in rows:
            if row["name"] not in public:
                continue
            envelope = self._published.envelope(_recorded(row), sequence + 1, row["feed_epoch"])
            if envelope is not None:
                sequence += 1
                new.append((sequence, row["event_id"], write(envelope)))
        return new

    @staticmethod
    async def _store(
        source: Source, head: Any, rows: list[Any], new: Sequence[tuple[int, Any, bytes]]
    ) -> bool:
        """Whether it is stored; not where another sequencer has moved the head meanwhile."""
        sequences, ids, envelopes = [list(column) for column in zip(*new, strict=True)] or ([], [], [])
        last = rows[-1]
        return bool(await source.fetchval(
            _STORE, sequences, ids, envelopes,
            sequences[-1] if sequences else head["head"], last["epoch"], last["xid"], last["position"],
            head["head_epoch"], head["head_xid"], head["head_position"],
        ))  # fmt: skip


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


async def page(source: Source, after: int, limit: int) -> list[Numbered]:
    """(sequence, envelope) of the events after `after`, oldest first, `limit` at most."""
    return [(row["sequence"], row["envelope"]) for row in await source.fetch(_PAGE, after, limit)]
