"""Visitors: a resident with a parking permit has ten days of parking for visitors."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from pydantic import BaseModel

from shared.bus.handlers import ForeignEvent, Handlers
from shared.bus.published import Published
from shared.domain import Aggregate, Created, Event, Personal, stored
from shared.ids import derived_id
from shared.log import Meta, Projections, Sealer, StreamNotFound, Unit
from shared.log.projection import Patch
from shared.service import Parts, Runtime, Service
from shared.settings import ServiceSettings
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require


@stored("visitors.booklet_opened")
class BookletOpened(Created):
    account_id: UUID
    days_left: int

    def apply(self, aggregate: "Booklet") -> None:
        aggregate.account_id, aggregate.days_left = self.account_id, self.days_left


@stored("visitors.day_used")
class DayUsed(Event):
    plate: Personal[str]
    days_left: int

    def apply(self, aggregate: "Booklet") -> None:
        aggregate.days_left = self.days_left


class NoDayLeft(Exception):
    """The booklet is used up."""


class Booklet(Aggregate):
    """Never more days are used than there are."""

    BEGINS = (BookletOpened,)
    account_id: UUID
    days_left: int

    def use_day(self, plate: str, *, now: datetime) -> None:
        if not self.days_left:
            raise NoDayLeft
        self.emit(DayUsed, now=now, plate=plate, days_left=self.days_left - 1)


class VisitorDayUsed(BaseModel):
    """A visitor parks for a day."""

    days_left: int


PUBLISHED, PROJECTIONS, EXAMPLE = Published("visitors"), Projections(), VisitorDayUsed(days_left=9)
PUBLISHED.add(DayUsed, EXAMPLE)
BOOKLETS = PROJECTIONS.table("booklet", ("booklet_id",), ("days_left",))


@PROJECTIONS.on(BookletOpened, DayUsed)
def on_days_left(event: BookletOpened | DayUsed, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield BOOKLETS, (str(event.originator_id),), {"days_left": event.days_left}


class DocumentIssued(ForeignEvent):
    case_id: UUID
    account_id: UUID
    kind: str


async def open_booklet_when_permit_is_issued(event: DocumentIssued, unit: Unit) -> None:
    if event.kind == "resident_parking_permit":
        about = {"id": derived_id("booklet", event.case_id), "account_id": event.account_id}
        booklet = Booklet.begin(BookletOpened, now=unit.now, days_left=10, **about)
        await unit.save(booklet, subject=event.account_id)


def build(runtime: Runtime) -> Parts:
    handlers, router = Handlers(), APIRouter()
    handlers.on("documents.document_issued.v1", DocumentIssued)(open_booklet_when_permit_is_issued)
    citizen, plate_of_body = Depends(require("citizen")), Body(embed=True)

    @router.post("/booklets/{booklet_id}/days")
    async def use_day(
        booklet_id: UUID, plate: Annotated[str, plate_of_body], caller: Annotated[Caller, citizen],
        request: IdempotentRequest,
    ) -> Response:  # fmt: skip
        unit = runtime.unit_for(caller)
        booklet = await unit.load(Booklet, booklet_id)
        if booklet.account_id != caller.account_id:
            raise StreamNotFound(str(booklet_id))
        booklet.use_day(plate, now=unit.now)
        await unit.save(booklet)
        answer = request.remember_in(unit, 201, {"days_left": booklet.days_left})
        await unit.commit()
        return answer

    return Parts(routers=[router], handlers=handlers)


MIGRATIONS = Path(__file__).parent / "migrations"
SERVICE = Service(
    "visitors", ServiceSettings, PUBLISHED, PROJECTIONS, build, MIGRATIONS,
    translations={NoDayLeft: lambda _: Problem("no_day_left", 409, "All visitor days are used")},
)  # fmt: skip
