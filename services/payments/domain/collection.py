"""A collection: the debits of one bank day as one file, told to the bank once.

Invariant: a debit joins while the collection is open and never later; once it is closed its file is made,
stored, and then known by its SHA-256; what is submitted is that file and no other. An answer may come again.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.domain import Aggregate, Created, Event, stored


@dataclass(frozen=True, slots=True)
class Group:
    """Debits that the bank books as one sum, by the identifier that it names then."""

    group_id: str
    due: date
    sequence: str
    debits: int
    cents: int


@stored("payments.collection_opened")
class CollectionOpened(Created):
    """Debits are being put together for the bank; `message_id` is the name that the bank will know."""

    message_id: str
    filed_on: date

    def apply(self, aggregate: "Collection") -> None:
        aggregate.message_id, aggregate.filed_on = self.message_id, self.filed_on
        aggregate.condition, aggregate.sha256, aggregate.status = "open", "", ""
        aggregate.debits, aggregate.cents, aggregate.groups = 0, 0, ()


@stored("payments.collection_grown")
class CollectionGrown(Event):
    """Debits joined the collection."""

    debits: int
    amount_cents: int

    def apply(self, aggregate: "Collection") -> None:
        aggregate.debits += self.debits
        aggregate.cents += self.amount_cents


@stored("payments.collection_closed")
class CollectionClosed(Event):
    """No debit joins any more: the file can be made, and made anew after a fall, always the same."""

    def apply(self, aggregate: "Collection") -> None:
        aggregate.condition = "closed"


@stored("payments.collection_filed")
class CollectionFiled(Event):
    """The file is made and stored: so many debits, so much money. It is never made again."""

    sha256: str
    debits: int
    amount_cents: int
    groups: list[Group]

    def apply(self, aggregate: "Collection") -> None:
        aggregate.condition, aggregate.sha256 = "filed", self.sha256
        aggregate.groups = tuple(self.groups)


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


class Closed(CollectionRefused):
    """Its file is being made, or is."""

    slug = "collection_closed"


class Incomplete(CollectionRefused):
    """The file does not hold what has joined."""

    slug = "collection_incomplete"


class NoFile(CollectionRefused):
    """Nothing was made that could be submitted."""

    slug = "collection_no_file"


class Collection(Aggregate):
    """One file of debits. Conditions: open, closed, filed, submitted."""

    BEGINS = (CollectionOpened,)

    message_id: str
    filed_on: date
    condition: str
    debits: int
    cents: int
    groups: tuple[Group, ...]
    sha256: str
    status: str

    @classmethod
    def open(cls, *, id: UUID, now: datetime, message_id: str, filed_on: date) -> "Collection":
        """A new collection."""
        return cls.begin(CollectionOpened, id=id, now=now, message_id=message_id, filed_on=filed_on)

    def grow(self, debits: int, amount_cents: int, *, now: datetime) -> None:
        """Some more; saved with the debits themselves. Raises Closed."""
        if self.condition != "open":
            raise Closed(f"the collection is {self.condition}")
        self.emit(CollectionGrown, now=now, debits=debits, amount_cents=amount_cents)

    def close(self, *, now: datetime) -> None:
        """May be repeated."""
        if self.condition == "open":
            self.emit(CollectionClosed, now=now)

    def file(self, sha256: str, groups: list[Group], *, now: datetime) -> None:
        """The stored file is the collection's; may be repeated with the same. Raises NoFile, OtherFile,
        Incomplete."""
        if self.condition == "open":
            raise NoFile("debits may still join")
        if self.sha256:
            if self.sha256 != sha256:
                raise OtherFile("a collection has one file")
            return
        held = (sum(group.debits for group in groups), sum(group.cents for group in groups))
        if held != (self.debits, self.cents):
            raise Incomplete(f"{self.debits} debits have joined, the file has {held[0]}")
        self.emit(CollectionFiled, now=now, sha256=sha256, debits=self.debits, amount_cents=self.cents,
                  groups=groups)  # fmt: skip

    def submit(self, transport: str, *, now: datetime) -> None:
        """The bank has it; may be repeated. Raises NoFile."""
        if self.condition in ("open", "closed"):
            raise NoFile("the file is not made yet")
        if self.condition == "filed":
            self.emit(CollectionSubmitted, now=now, transport=transport)

    def answer(self, status: str, code: str, rejected: int, *, now: datetime) -> None:
        """Takes the bank's word; the same again is nothing new. Raises NoFile."""
        if self.condition in ("open", "closed"):
            raise NoFile("the bank answers a file that was not made")
        if status != self.status:
            self.emit(CollectionAnswered, now=now, status=status, code=code, rejected=rejected)
