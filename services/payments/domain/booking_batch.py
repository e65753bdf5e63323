"""A batch of bookings for the cash office: closed once, numbered, never changed.

Invariant: batches follow one another without gap or overlap in the order of the log, so that each booking is
in exactly one. A batch's stream is named by the one before it: of two closed at once, one is refused.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from shared.domain import Aggregate, Created, stored
from shared.ids import derived_id


class LogPlace(NamedTuple):
    """A place in the order of the log: epoch, transaction, position."""

    epoch: int
    transaction: int
    position: int


FIRST: Final = LogPlace(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Sum:
    """Both sides of a batch in one currency, in integer cents; reversals count negative."""

    currency: str
    debit_cents: int
    credit_cents: int


@dataclass(frozen=True, slots=True)
class Content:
    """What a batch holds: entries of the ledger, and their lines as bookings."""

    entries: int
    lines: int
    from_at: datetime
    to_at: datetime
    sums: tuple[Sum, ...]


@dataclass(frozen=True, slots=True)
class Files:
    """The batch's files by SHA-256, in hexadecimal; `encoding` is the CSV's."""

    csv_sha256: str
    xml_sha256: str
    encoding: str


@stored("payments.batch_closed")
class BatchClosed(Created):
    """The bookings of the log after one place and up to another went into one file for the cash office."""

    number: int
    follows: int
    after: list[int]
    until: list[int]
    entries: int
    lines: int
    from_at: datetime
    to_at: datetime
    sums: list[Sum]
    csv_sha256: str
    xml_sha256: str
    encoding: str

    def apply(self, aggregate: "BookingBatch") -> None:
        aggregate.number, aggregate.until = self.number, LogPlace(*self.until)
        aggregate.content = Content(self.entries, self.lines, self.from_at, self.to_at, tuple(self.sums))
        aggregate.files = Files(self.csv_sha256, self.xml_sha256, self.encoding)
        aggregate.closed_at = self.timestamp


class BatchRefused(Exception):
    """A batch that is not closed; `slug` says which rule."""

    slug = "batch_refused"


class NothingToExport(BatchRefused):
    """Every booking there is, is in a batch."""

    slug = "nothing_to_export"


class BatchUneven(BatchRefused):
    """Debit and credit differ: a bug, never data; nothing goes to the cash office."""

    slug = "batch_uneven"


class OutOfOrder(BatchRefused):
    """It does not follow the batch before it, by its number or by its place in the log."""

    slug = "batch_out_of_order"


class BookingBatch(Aggregate):
    """One batch that was closed; `until` is where the next one goes on."""

    BEGINS = (BatchClosed,)

    number: int
    until: LogPlace
    content: Content
    files: Files
    closed_at: datetime

    @classmethod
    def close(
        cls, *, now: datetime, number: int, previous: "BookingBatch | None", until: LogPlace,
        content: Content, files: Files,
    ) -> "BookingBatch":  # fmt: skip
        """The batch after `previous`. Raises NothingToExport, BatchUneven, OutOfOrder."""
        follows, after = (previous.number, previous.until) if previous else (0, FIRST)
        if not content.entries:
            raise NothingToExport("every booking is in a batch")
        if number <= follows or until <= after:
            raise OutOfOrder(f"batch {number} does not follow batch {follows}")
        if any(one.debit_cents != one.credit_cents for one in content.sums):
            raise BatchUneven("debit and credit differ")
        return cls.begin(
            BatchClosed, id=batch_after(follows), now=now, number=number, follows=follows, after=list(after),
            until=list(until), entries=content.entries, lines=content.lines, from_at=content.from_at,
            to_at=content.to_at, sums=list(content.sums), csv_sha256=files.csv_sha256,
            xml_sha256=files.xml_sha256, encoding=files.encoding,
        )  # fmt: skip


def batch_after(number: int) -> UUID:
    """The stream of the batch that follows batch `number`; 0 for the first one."""
    return derived_id("booking-batch", number)
