"""The service that is measured: an office with matters. Half of its events hold a personal field."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from shared.bus.handlers import ForeignEvent, Handlers
from shared.bus.published import Published
from shared.domain import Aggregate, Created, Event, Personal, stored
from shared.log import Meta, Projections, Sealer, Unit
from shared.log.projection import Patch
from shared.service import Parts, Runtime, Service
from shared.settings import ServiceSettings


@stored("bench.matter_opened")
class MatterOpened(Created):
    """A matter was opened for a person."""

    title: str
    holder: Personal[str]

    def apply(self, aggregate: "Matter") -> None:
        aggregate.title, aggregate.holder, aggregate.steps, aggregate.last = self.title, self.holder, 0, ""


@stored("bench.matter_noted")
class MatterNoted(Event):
    """A note about the person was taken."""

    kind: str
    step: int
    note: Personal[str]

    def apply(self, aggregate: "Matter") -> None:
        aggregate.steps, aggregate.last = self.step, self.kind


@stored("bench.matter_moved")
class MatterMoved(Event):
    """The matter went to another desk."""

    desk: str
    cents: int
    at_counter: bool

    def apply(self, aggregate: "Matter") -> None:
        aggregate.steps, aggregate.last = aggregate.steps + 1, self.desk


class Full(Exception):
    """A matter has a hundred steps at most."""


class Matter(Aggregate):
    """A matter takes a hundred steps at most."""

    BEGINS = (MatterOpened,)
    title: str
    holder: str
    steps: int
    last: str

    def note(self, text: str, *, now: datetime) -> None:
        if self.steps >= 100:
            raise Full
        self.emit(MatterNoted, now=now, kind="phone", step=self.steps + 1, note=text)

    def move(self, desk: str, *, now: datetime) -> None:
        self.emit(MatterMoved, now=now, desk=desk, cents=3070, at_counter=False)


NAME, TITLE = "Łukasz Größner-Yılmaz", "Bewohnerparkausweis, Zone 07"
NOTE = "Ruft wegen des zweiten Fahrzeugs noch einmal an, bitte unter 0351 0000000 zurückrufen."


def matter(id: UUID, now: datetime, steps: int, *, personal: bool = True) -> Matter:
    """A matter whose pending events are `steps`, all of them with personal fields or (but the first) none."""
    made = Matter.begin(MatterOpened, id=id, now=now, title=TITLE, holder=NAME)
    for _ in range(steps - 1):
        if personal:
            made.note(NOTE, now=now)
        else:
            made.move("Kfz-Wesen", now=now)
    return made


class MatterNews(BaseModel):
    """A matter was opened or went on."""

    matter_id: UUID
    step: int


PUBLISHED = Published("office")
for _event in (MatterOpened, MatterNoted, MatterMoved):
    PUBLISHED.add(
        _event,
        MatterNews(matter_id=UUID(int=1), step=1),
        name=_event.__name__,
        made={"step": lambda e: e.originator_version},
    )

PROJECTIONS = Projections()
MATTERS = PROJECTIONS.table("matter", ("matter_id",), ("title", "state", "steps"))


@PROJECTIONS.on(MatterOpened)
def on_matter_opened(event: MatterOpened, meta: Meta, seal: Sealer) -> Iterator[Patch]:
    yield MATTERS, (str(event.originator_id),), {"title": event.title, "state": "open", "steps": 1}


@PROJECTIONS.on(MatterNoted, MatterMoved)
def on_matter_went_on(event: MatterNoted | MatterMoved, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    place = (str(event.originator_id),)
    yield MATTERS, place, {"title": TITLE, "state": "running", "steps": event.originator_version}


class SeenMatter(ForeignEvent):
    """What the archive reads of a matter."""

    matter_id: UUID
    step: int


ARCHIVE_PROJECTIONS = Projections()
SEEN = ARCHIVE_PROJECTIONS.table("seen_matter", ("matter_id",), ("step",))


def archive_handlers() -> Handlers:
    """One row for each event, in the transaction of the cursor."""
    handlers = Handlers()
    for event_class in ("matter_opened", "matter_noted", "matter_moved"):

        @handlers.on(f"office.{event_class}.v1", SeenMatter)
        async def archive_matter(event: SeenMatter, unit: Unit) -> None:
            unit.put(SEEN, (str(event.matter_id),), {"step": event.step})

    return handlers


def _office(runtime: Runtime) -> Parts:
    return Parts()


def _archive(runtime: Runtime) -> Parts:
    return Parts(handlers=archive_handlers())


MIGRATIONS = Path(__file__).parent / "migrations"
OFFICE = Service("office", ServiceSettings, PUBLISHED, PROJECTIONS, _office, MIGRATIONS / "office")
ARCHIVE = Service(
    "archive",
    ServiceSettings,
    Published("archive"),
    ARCHIVE_PROJECTIONS,
    _archive,
    MIGRATIONS / "archive",
)
