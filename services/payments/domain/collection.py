"""A collection: the debits of one bank day as one file, told to the bank once.

Invariant: the file is made once and stored before it is known; what was submitted is that file and no other,
by its SHA-256. Its answer may come again.
"""

from datetime import date, datetime
from uuid import UUID

from shared.domain import Aggregate, Created, Event, stored


@stored("payments.collection_opened")
class CollectionOpened(Created):
    """Debits are being put together for the bank; `message_id` is the name that the bank will know."""

    message_id: str
    filed_on: date

    def apply(self, aggregate: "Collection") -> None:
        aggregate.message_id, aggregate.filed_on = self.message_id, self.filed_on
        aggregate.condition, aggregate.sha256, aggregate.status = "open", "", ""


@stored("payments.collection_filed")
class CollectionFiled(Event):
    """The file is made and stored: so many debits, so much money. It is never made again."""

    sha256: str
    debits: int
    amount_cents: int

    def apply(self, aggregate: "Collection") -> None:
        aggregate.condition, aggregate.sha256 = "filed", self.sha256


@stored("payments.collection_submitted")
class CollectionSubmitted(Event):
    """The bank has the file."""

    transport: str

    def apply(self, aggregate: "Collection") -> None:
        aggregate.condition = "submitted"


@stored("payments.collection_answered")
class CollectionAnswered(Event):
    """The bank has said what it thinks of the file: taken, taken in part, refused."""

    status: str
    code: str
    rejected: int

    def apply(self, aggregate: "Collection") -> None:
        aggregate.status = self.status


class CollectionRefused(Exception):
    """A command that the collection does not allow now."""

    slug = "collection_refused"


class OtherFile(CollectionRefused):
    """There is a file of this collection, and it is another one."""

    slug = "collection_other_file"


class NoFile(CollectionRefused):
    """Nothing was made that could be submitted."""

    slug = "collection_no_file"


class Collection(Aggregate):
    """One file of debits. Conditions: open, filed, submitted."""

    BEGINS = (CollectionOpened,)

    message_id: str
    filed_on: date
    condition: str
    sha256: str
    status: str

    @classmethod
    def open(cls, *, id: UUID, now: datetime, message_id: str, filed_on: date) -> "Collection":
        """A new collection."""
        return cls.begin(CollectionOpened, id=id, now=now, message_id=message_id, filed_on=filed_on)

    def file(self, sha256: str, debits: int, amount_cents: int, *, now: datetime) -> None:
        """The stored file is the collection's; may be repeated with the same. Raises OtherFile."""
        if self.sha256 and self.sha256 != sha256:
            raise OtherFile("a collection has one file")
        if not self.sha256:
            self.emit(CollectionFiled, now=now, sha256=sha256, debits=debits, amount_cents=amount_cents)

    def submit(self, transport: str, *, now: datetime) -> None:
        """The bank has it; may be repeated. Raises NoFile."""
        if self.condition == "open":
            raise NoFile("the file is not made yet")
        if self.condition == "filed":
            self.emit(CollectionSubmitted, now=now, transport=transport)

    def answer(self, status: str, code: str, rejected: int, *, now: datetime) -> None:
        """Takes the bank's word; the same again is nothing new. Raises NoFile."""
        if self.condition == "open":
            raise NoFile("the bank answers a file that was not made")
        if status != self.status:
            self.emit(CollectionAnswered, now=now, status=status, code=code, rejected=rejected)
