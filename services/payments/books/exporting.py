"""Closes a batch of bookings: read from the log, written into files, stored, then known to the log.

The files are committed by their SHA-256 before the batch is, so that a batch always has them; of two who
close one at once the second finds the stream taken and goes on behind the first one's.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg
import structlog

from services.payments.books.layout import ClaimFacts, Layout, write_csv, write_xml
from services.payments.books.log_bookings import Found, bookings_after, facts_of
from services.payments.domain.booking_batch import (
    FIRST,
    BookingBatch,
    Content,
    Files,
    NothingToExport,
)
from shared.log import Unit, VersionConflict

log = structlog.get_logger()

EXPORT: Final = "export_bookings"
"""The task by which `portal payments export` closes a batch."""
RIVALS: Final = 5
SERIES: Final = "booking-batch"
Format = Literal["csv", "xml"]
Closed = Callable[[Unit, BookingBatch, Found], Any]

_LAST: Final = "SELECT number, batch_id FROM booking_batch ORDER BY number DESC LIMIT 1"
_GIVEN: Final = "SELECT last FROM number_range WHERE name = $1"
_GIVE: Final = """
INSERT INTO number_range AS n (name, last) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET last = greatest(n.last, excluded.last)
"""
_KEEP: Final = """
INSERT INTO booking_file (sha256, content, stored_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""
_COLUMNS: Final = """
SELECT number, entries, lines, sums, from_at, to_at, csv_sha256, xml_sha256, encoding, closed_at
FROM booking_batch
"""
_LIST: Final = f"{_COLUMNS} WHERE $1::bigint IS NULL OR number < $1 ORDER BY number DESC LIMIT $2"
_ONE: Final = f"{_COLUMNS} WHERE number = $1"
_FILE: Final = "SELECT content FROM booking_file WHERE sha256 = $1"


class FileDamaged(RuntimeError):
    """The stored bytes are not those that were stored."""


@dataclass(frozen=True, slots=True)
class Exporting:
    """Closes batches of at most `most` entries, and gives their files again."""

    pool: asyncpg.Pool
    layout: Layout
    most: int

    async def close(self, units: Callable[[], Unit], closed: Closed) -> Any:
        """One batch, or as many entries of it as go into one; gives what `closed` made of it in its unit.

        Raises NothingToExport, VersionConflict.
        """
        for _ in range(RIVALS):
            unit = units()
            previous = await self._last(unit)
            found = await bookings_after(self.pool, previous.until if previous else FIRST, self.most)
            if found.content is None:
                raise NothingToExport(_why(found))
            number = await self._number(previous)
            files = await self._files(number, found, found.content, unit)
            batch = BookingBatch.close(
                now=unit.now, number=number, previous=previous, until=found.until, content=found.content,
                files=files,
            )  # fmt: skip
            await unit.save(batch)
            answer = closed(unit, batch, found)
            try:
                await unit.commit()
            except VersionConflict:
                continue
            await self.pool.execute(_GIVE, SERIES, number)
            log.info("batch_closed", number=number, entries=found.entries, more=found.more)
            return answer
        raise VersionConflict("others keep closing batches")

    async def export(self, payload: Mapping[str, Any], units: Callable[[], Unit]) -> None:
        """The task: batches until every booking is in one."""
        try:
            while await self.close(units, lambda _unit, _batch, found: found.more):
                pass
        except NothingToExport as nothing:
            log.info("nothing_exported", reason=str(nothing))

    async def batches(self, after: int | None, limit: int) -> dict[str, Any]:
        """The newest first; `next` is the last one where there are more."""
        rows = await self.pool.fetch(_LIST, after, limit + 1)
        told = [_told(row) for row in rows[:limit]]
        return {"exports": told, "next": told[-1]["number"] if len(rows) > limit else None}

    async def batch(self, number: int) -> dict[str, Any] | None:
        row = await self.pool.fetchrow(_ONE, number)
        return _told(row) if row else None

    async def file(self, sha256: str) -> bytes:
        """Byte for byte what was stored. Raises FileDamaged."""
        return checked(await self.pool.fetchval(_FILE, sha256), sha256)

    async def _last(self, unit: Unit) -> BookingBatch | None:
        row = await self.pool.fetchrow(_LAST)
        return await unit.load(BookingBatch, row["batch_id"]) if row else None

    async def _number(self, previous: BookingBatch | None) -> int:
        """The next one without a gap; after a restore one that was never given."""
        return max(previous.number if previous else 0, await self.pool.fetchval(_GIVEN, SERIES) or 0) + 1

    async def _files(self, number: int, found: Found, content: Content, unit: Unit) -> Files:
        claims = await facts_of(self.pool, {one.claim_id for one in found.bookings if one.claim_id})
        csv, xml = await asyncio.to_thread(self._written, number, found, content, claims)
        names = [hashlib.sha256(file).hexdigest() for file in (csv, xml)]
        for name, file in zip(names, (csv, xml), strict=True):
            await self.pool.execute(_KEEP, name, file, unit.now)
        return Files(names[0], names[1], self.layout.encoding)

    def _written(
        self, number: int, found: Found, content: Content, claims: Mapping[object, ClaimFacts]
    ) -> Sequence[bytes]:
        rows = self.layout.rows(number, found.bookings, claims)
        return (
            write_csv(self.layout, number, rows, content),
            write_xml(self.layout, number, rows, content),
        )


def checked(content: bytes | None, sha256: str) -> bytes:
    """The bytes, if they are those. Raises FileDamaged."""
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        raise FileDamaged(sha256)
    return content


def answer_of(batch: BookingBatch, found: Found) -> dict[str, Any]:
    """A batch just closed, as the API gives it."""
    return {
        "number": batch.number, "entries": batch.content.entries, "lines": batch.content.lines,
        "sums": [
            {"currency": one.currency, "debit_cents": one.debit_cents, "credit_cents": one.credit_cents}
            for one in batch.content.sums
        ],
        "from_at": batch.content.from_at, "to_at": batch.content.to_at,
        "sha256": {"csv": batch.files.csv_sha256, "xml": batch.files.xml_sha256},
        "encoding": batch.files.encoding, "closed_at": batch.closed_at, "more": found.more,
        "held_back": found.held_back,
    }  # fmt: skip


def _told(row: Any) -> dict[str, Any]:
    told = dict(row)
    told["sums"] = json.loads(told["sums"])
    told["sha256"] = {"csv": told.pop("csv_sha256"), "xml": told.pop("xml_sha256")}
    return told


def _why(found: Found) -> str:
    if found.held_back:
        return "new bookings wait for an older transaction to end: ask again in a moment"
    return "every booking is in a batch"
