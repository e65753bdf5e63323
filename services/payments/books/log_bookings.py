"""The bookings of the log in its order, from a place on: what no running transaction can still come before.

Read by (epoch, transaction, position) below the oldest running transaction, as the feed is: an event whose
transaction commits late has its place later, never in what was read. What only a newer release can read ends
the reading there, since it may be a booking.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.payments.books.layout import ClaimFacts
from services.payments.domain.booking_batch import Content, LogPlace, Sum
from services.payments.domain.bookings import Booking, bookings
from services.payments.domain.events import PaymentRequested
from services.payments.domain.ledger import POSTINGS
from shared.domain import Event, UnknownEvent, decode, type_of
from shared.domain.registry import stored_type

PAGE: Final = 2_000
_NAMES: Final = [type_of(event_class).name for event_class in POSTINGS]
_SETTLED: Final = """
(e.epoch < (SELECT l.epoch FROM log_epoch l) OR e.xid < pg_snapshot_xmin(pg_current_snapshot()))
"""
_READ: Final = f"""
SELECT e.epoch, e.xid::text AS xid, e.position, e.stream_id, e.version, e.name, e.schema_version,
  CASE WHEN e.name = ANY($5) THEN e.payload END AS payload
FROM event e WHERE (e.epoch, e.xid, e.position) > ($1, $2::text::xid8, $3) AND {_SETTLED}
ORDER BY e.epoch, e.xid, e.position LIMIT $4
"""  # noqa: S608
_HELD: Final = f"""
SELECT EXISTS (SELECT FROM event e
  WHERE (e.epoch, e.xid, e.position) > ($1, $2::text::xid8, $3) AND e.name = ANY($4) AND NOT {_SETTLED})
"""  # noqa: S608
_CLAIMS: Final = """
SELECT stream_id, version, name, schema_version, payload FROM event
WHERE stream_id = ANY($1::uuid[]) AND version = 1
"""


@dataclass(slots=True)
class Found:
    """Bookings up to `until`; `more` where the limit ended them, `held_back` where a transaction does."""

    until: LogPlace
    entries: int = 0
    bookings: list[Booking] = field(default_factory=list)
    more: bool = False
    held_back: bool = False

    @property
    def content(self) -> Content | None:
        """None where there is nothing."""
        if not self.bookings:
            return None
        sums: dict[str, dict[str, int]] = {}
        for one in self.bookings:
            sides = sums.setdefault(one.currency, {"S": 0, "H": 0})
            sides[one.side] += one.cents
        days = [one.booked_at for one in self.bookings]
        told = tuple(Sum(currency, sides["S"], sides["H"]) for currency, sides in sorted(sums.items()))
        return Content(self.entries, len(self.bookings), min(days), max(days), told)


async def bookings_after(pool: asyncpg.Pool, after: LogPlace, limit: int) -> Found:
    """The bookings of up to `limit` entries after a place."""
    found = Found(after)
    async for place, event in _events(pool, after):
        lines = bookings(event)
        if not lines:
            continue
        if found.entries == limit:
            found.more = True
            break
        found.entries += 1
        found.bookings += lines
        found.until = place
    found.held_back = await pool.fetchval(_HELD, *_args(found.until), _NAMES)
    return found


async def facts_of(pool: asyncpg.Pool, claim_ids: set[UUID]) -> Mapping[object, ClaimFacts]:
    """What the log says of claims; all that have a booking are there."""
    facts = {}
    for row in await pool.fetch(_CLAIMS, list(claim_ids)):
        claim: Any = _decoded(row)
        assert isinstance(claim, PaymentRequested)
        facts[row["stream_id"]] = ClaimFacts(
            claim.kassenzeichen, claim.cost_object, claim.service, claim.pay_by
        )
    return facts


async def _events(pool: asyncpg.Pool, after: LogPlace) -> AsyncIterator[tuple[LogPlace, Event]]:
    while True:
        page = await pool.fetch(_READ, *_args(after), PAGE, _NAMES)
        for row in page:
            if not _known(row):
                return
            after = LogPlace(row["epoch"], int(row["xid"]), row["position"])
            if row["payload"] is not None:
                yield after, _decoded(row)
        if len(page) < PAGE:
            return


def _known(row: Any) -> bool:
    try:
        return bool(row["schema_version"] <= stored_type(row["name"]).version)
    except UnknownEvent:
        return False


def _decoded(row: Any) -> Event:
    # no key: what is booked says nothing personal
    return decode(row["stream_id"], row["version"], row["name"], row["schema_version"], row["payload"], None)


def _args(place: LogPlace) -> tuple[int, str, int]:
    return place.epoch, str(place.transaction), place.position
