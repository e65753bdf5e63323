"""Logs of any size in little time: events of matters, written by the server itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from shared.clock import SystemClock
from shared.domain import encode
from shared.domain.registry import type_of
from shared.ids import new_id
from shared.keys import DataKey
from tests.bench.office import MatterMoved, MatterOpened, matter

STEPS: Final = 10
_UUID: Final = "(lpad(to_hex({at} + {n}), 12, '0') || '7000{kind}' || lpad(to_hex({n}), 12, '0'))::uuid"
"""Rising like UUIDs of version 7, so that the indexes are filled as they are in life."""
_AT: Final = 1_700_000_000_000

_EVENTS = f"""
INSERT INTO event (epoch, stream_id, version, event_id, name, schema_version, payload, meta)
SELECT 1, {_UUID.format(at=_AT, n="s", kind="8000")}, v,
  {_UUID.format(at=_AT, n=f"(s * {STEPS} + v)", kind="9000")},
  CASE v WHEN 1 THEN $2::text ELSE $3::text END, 1, CASE v WHEN 1 THEN $4::bytea ELSE $5::bytea END,
  '{{"actor": "account:bench", "purpose": "bench"}}'
FROM generate_series(1, $1::bigint) AS s, generate_series(1, {STEPS}) AS v
"""
_FEED = """
INSERT INTO feed (sequence, event_id, envelope)
SELECT row_number() OVER (ORDER BY position), event_id, convert_to(
  '{"id":"' || event_id || '","source":"portal/office","type":"office.matter_moved.v1","subject":"'
  || stream_id || '","time":"2026-11-22T09:30:00Z","sequence":' || row_number() OVER (ORDER BY position)
  || ',"data":{"matter_id":"' || stream_id || '","step":' || version || '},"streamversion":' || version
  || '}', 'UTF8')
FROM event
"""
_HEAD = """
UPDATE feed_head SET (sequence, epoch, xid, position) =
  (SELECT (SELECT max(sequence) FROM feed), epoch, xid, position FROM event ORDER BY epoch DESC, xid DESC,
    position DESC LIMIT 1)
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.contype
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid WHERE i.indrelid = $1::text::regclass
"""


async def fill_by_server(owner: Any, events: int, *, feed: bool = False) -> None:
    """Streams of ten events without a subject; with `feed` all of them are public already."""
    for table in ("event", "feed"):  # whose reads would count as those of an operation
        await owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    opened, moved = matter(new_id(), SystemClock().now(), 2, personal=False).pending_events
    payloads = [encode(event, _anyone)[2] for event in (opened, moved)]  # type: ignore[arg-type]
    names = [type_of(cls).name for cls in (MatterOpened, MatterMoved)]
    async with _indexed_afterwards(owner, "event"):
        await owner.execute(_EVENTS, max(1, events // STEPS), *names, *payloads, timeout=900)
    if feed:
        async with _indexed_afterwards(owner, "feed"):
            await owner.execute(_FEED, timeout=900)
        await owner.execute(_HEAD)
        await owner.execute("UPDATE relay_cursor SET published = (SELECT sequence FROM feed_head)")
    for table in ("event", "feed"):
        await owner.execute(f"VACUUM (FREEZE, ANALYZE) {table}", timeout=900)


@asynccontextmanager
async def _indexed_afterwards(owner: Any, table: str) -> AsyncIterator[None]:
    """Leaves the table's indexes and keys as they were, made anew over what was written meanwhile."""
    indexes = await owner.fetch(_INDEXES, table)
    for name, _, constraint in indexes:
        await owner.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}" if constraint else f"DROP INDEX {name}"
        )
    yield
    for name, definition, constraint in indexes:
        await owner.execute(definition, timeout=900)
        if constraint:
            kind = "PRIMARY KEY" if constraint == b"p" else "UNIQUE"
            await owner.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}")


_anyone = DataKey(bytes(32))
