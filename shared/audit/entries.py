"""Rows of the log as the audit sees them: a place and a digest over every other stored column.

The payload is hashed as it is stored, encrypted: destroying a citizen's key changes no digest.
"""

import hashlib
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final

from shared.audit.merkle import leaf_hash

Place = tuple[int, int, int]
"""(epoch, transaction id, position): the order of the log and of its feed."""
BEGINNING: Final[Place] = (0, 0, 0)
PLACE_COLUMNS: Final = ("epoch", "xid", "position")
CONTENT_COLUMNS: Final = (
    "stream_id", "version", "event_id", "name", "schema_version", "payload", "meta", "recorded_at",
)  # fmt: skip
PAGE: Final = 1_000
_DOMAIN: Final = b"portal event 1"
_PLACE: Final = struct.Struct(">iQq")
_NOTHING: Final = b"\xff\xff\xff\xff"  # no length: a column that somebody has emptied
_DIGEST_BYTES: Final = 32

# Columns as bytes that do not depend on a session's settings. jsonb has one text for one value. An order by
# a bare `xid` would be that of the text selected, in which 1000 comes before 999.
_SELECT: Final = """
SELECT epoch, xid::text AS xid, position,
  uuid_send(stream_id) AS stream_id, int4send(version) AS version, uuid_send(event_id) AS event_id,
  convert_to(name, 'UTF8') AS name, int4send(schema_version) AS schema_version, payload,
  convert_to(meta::text, 'UTF8') AS meta, timestamptz_send(recorded_at) AS recorded_at
FROM event WHERE (epoch, xid, position) > ($1, $2::text::xid8, $3)"""
_IS_SETTLED: Final = """
  AND (epoch < (SELECT l.epoch FROM log_epoch l) OR xid < pg_snapshot_xmin(pg_current_snapshot()))"""
_IN_ORDER: Final = "ORDER BY event.epoch, event.xid, event.position LIMIT $4"
_SETTLED: Final = f"{_SELECT}{_IS_SETTLED} {_IN_ORDER}"
_WAITING: Final = f"""
SELECT count(*) FROM (SELECT FROM event
  WHERE (epoch, xid, position) > ($1, $2::text::xid8, $3) {_IS_SETTLED} LIMIT $4) s"""  # noqa: S608
_UNTIL: Final = f"{_SELECT} AND (epoch, xid, position) <= ($5, $6::text::xid8, $7) {_IN_ORDER}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it is sealed."""

    place: Place
    content: bytes

    def leaf(self) -> bytes:
        """Its leaf hash: place and content both count."""
        return leaf_hash(_PLACE.pack(*self.place) + self.content)


async def settled(connection: Any, after: Place, most: int) -> AsyncIterator[Entry]:
    """At most `most` events that follow, up to the oldest running transaction: none can come between them."""
    left = most
    while left > 0:
        rows = await connection.fetch(_SETTLED, *_arguments(after), min(PAGE, left))
        for row in rows:
            entry = _entry(row)
            after = entry.place
            yield entry
        left -= len(rows)
        if len(rows) < PAGE:
            return


async def waiting(connection: Any, after: Place, most: int) -> int:
    """How many settled events follow, counted up to `most`."""
    found: int = await connection.fetchval(_WAITING, *_arguments(after), most)
    return found


async def beyond(connection: Any, place: Place) -> int:
    """How many events follow, settled or not."""
    query = "SELECT count(*) FROM event WHERE (epoch, xid, position) > ($1, $2::text::xid8, $3)"
    found: int = await connection.fetchval(query, *_arguments(place))
    return found


async def between(connection: Any, after: Place, until: Place) -> AsyncIterator[Entry]:
    """The events with after < place <= until."""
    while True:
        rows = await connection.fetch(_UNTIL, *_arguments(after), PAGE, *_arguments(until))
        for row in rows:
            entry = _entry(row)
            after = entry.place
            yield entry
        if len(rows) < PAGE:
            return


def listed(entries: list[Entry]) -> bytes:
    """Places and digests in one piece, 52 bytes an event."""
    return b"".join(_PLACE.pack(*entry.place) + entry.content for entry in entries)


def unlisted(listing: bytes) -> Iterator[Entry]:
    """The entries of a listing. Raises ValueError when it is not one."""
    size = _PLACE.size + _DIGEST_BYTES
    if len(listing) % size:
        raise ValueError("not a listing")
    for at in range(0, len(listing), size):
        epoch, xid, position = _PLACE.unpack_from(listing, at)
        yield Entry((epoch, xid, position), listing[at + _PLACE.size : at + size])


def _arguments(place: Place) -> tuple[int, str, int]:
    return place[0], str(place[1]), place[2]


def _entry(row: Any) -> Entry:
    digest = hashlib.sha256(_DOMAIN)
    for column in CONTENT_COLUMNS:
        value: bytes | None = row[column]
        digest.update(_NOTHING if value is None else len(value).to_bytes(4, "big") + value)
    return Entry((row["epoch"], int(row["xid"]), row["position"]), digest.digest())
