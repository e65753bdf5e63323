"""A small service for the kernel's own tests: books are lent to readers, one reader at a time."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from shared.bus.handlers import ForeignEvent, Handlers, Permanent
from shared.bus.published import Published
from shared.domain import Aggregate, Created, Event, Personal, stored
from shared.log import Projections, Unit
from shared.service import Parts, Runtime, Service
from shared.settings import ServiceSettings
from shared.tasks import Tasks


@stored("library.book_lent")
class BookLent(Created):
    """A reader took a book home."""

    title: str
    reader: Personal[str]

    def apply(self, aggregate: "Loan") -> None:
        aggregate.title, aggregate.reader, aggregate.returned = self.title, self.reader, False


@stored("library.book_returned")
class BookReturned(Event):
    """The book is back."""

    note: str

    def apply(self, aggregate: "Loan") -> None:
        aggregate.returned = True


class AlreadyReturned(Exception):
    """A book comes back once."""


class Loan(Aggregate):
    """A loan ends once."""

    BEGINS = (BookLent,)
    SNAPSHOT_EVERY = 50
    title: str
    reader: str
    returned: bool

    @classmethod
    def lend(cls, *, id: UUID, now: datetime, title: str, reader: str) -> "Loan":
        return cls.begin(BookLent, id=id, now=now, title=title, reader=reader)

    def give_back(self, note: str, *, now: datetime) -> None:
        if self.returned:
            raise AlreadyReturned
        self.emit(BookReturned, now=now, note=note)


class BookLentOut(BaseModel):
    """A book was lent."""

    loan_id: UUID
    title: str


class BookCameBack(BaseModel):
    """A book was returned."""

    loan_id: UUID


PUBLISHED = Published("library")
PUBLISHED.add(
    BookLent,
    BookLentOut(loan_id=UUID(int=1), title="Faust"),
    name="BookLent",
)
PUBLISHED.add(
    BookReturned,
    BookCameBack(loan_id=UUID(int=1)),
    name="BookReturned",
)

PROJECTIONS = Projections()
LOANS = PROJECTIONS.table("loan", ("loan_id",), ("title", "state"))


@PROJECTIONS.on(BookLent)
def on_book_lent(event, meta, seal):  # type: ignore[no-untyped-def]
    yield LOANS, (str(event.originator_id),), {"title": event.title, "state": "lent"}


@PROJECTIONS.on(BookReturned)
def on_book_returned(event, meta, seal):  # type: ignore[no-untyped-def]
    yield LOANS, (str(event.originator_id),), {"state": "back"}


class SeenLoan(ForeignEvent):
    """What the archive reads of a loan."""

    loan_id: UUID
    title: str


def build(runtime: Runtime) -> Parts:
    tasks = Tasks()

    @tasks.on("return_book", tries=2)
    async def return_book(payload, unit: Unit) -> None:  # type: ignore[no-untyped-def]
        loan = await unit.load(Loan, UUID(payload["loan_id"]))
        loan.give_back("by task", now=unit.now)
        await unit.save(loan)

    return Parts(tasks=tasks)


def build_archive(runtime: Runtime) -> Parts:
    handlers = Handlers()

    @handlers.on("library.book_lent.v1", SeenLoan)
    async def archive_loan(event: SeenLoan, unit: Unit) -> None:
        if event.title == "poison":
            raise Permanent("this title is not archived")
        unit.put(SEEN, (str(event.loan_id),), {"title": event.title})

    @handlers.on("library.book_returned.v1", ForeignEvent)
    async def note_return(event: ForeignEvent, unit: Unit) -> None:
        return None

    return Parts(handlers=handlers)


MIGRATIONS = Path(__file__).parent / "migrations"
ARCHIVE_PROJECTIONS = Projections()
SEEN = ARCHIVE_PROJECTIONS.table("seen_loan", ("loan_id",), ("title",))
LIBRARY = Service("library", ServiceSettings, PUBLISHED, PROJECTIONS, build, MIGRATIONS / "library")
ARCHIVE = Service(
    "archive",
    ServiceSettings,
    Published("archive"),
    ARCHIVE_PROJECTIONS,
    build_archive,
    MIGRATIONS / "archive",
)
