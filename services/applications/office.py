"""What the decisions of the town hall rest on beside the case: the catalogue and the day in the city."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.applications.catalogue.examination import valid_period
from services.applications.catalogue.loading import Catalogue
from services.applications.catalogue.publication import DUNNING, PublishedService
from services.applications.domain.case import Case
from shared.bus.handlers import Permanent
from shared.domain import Redacted
from shared.log import Unit


class CitizenErased(Permanent):
    """The case says nothing of its citizen any more."""


@dataclass(frozen=True, slots=True)
class Office:
    """One city: its catalogue, its time zone, how long a fee may stay unpaid, the steps of dunning.

    `transfer_takes`: a transfer that was chosen is awaited so long behind the day to pay by; `pay_again`: so
    long there is to pay otherwise when awaited money fails, or the rest when a part came, for which parts
    together give no more than `parts_within`; `remind_before` the case expires.
    """

    catalogue: Catalogue
    zone: ZoneInfo
    pay_within: timedelta
    dunning: tuple[str, ...] = DUNNING
    transfer_takes: timedelta = timedelta(days=5)
    pay_again: timedelta = timedelta(days=7)
    parts_within: timedelta = timedelta(days=28)
    remind_before: timedelta = timedelta(days=2)

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def begin_of(self, day: date) -> datetime:
        """The first instant of a day in the city."""
        return datetime.combine(day, time(), self.zone)

    def service_of(self, case: Case) -> PublishedService:
        """The version of the service that the case began with."""
        return self.catalogue.version(case.service, case.service_version)

    def has_come_to(self, named: str | None, step: str) -> bool:
        """Whether a step of dunning is the named one or comes after it."""
        later = self.dunning[self.dunning.index(named) :] if named in self.dunning else (named,)
        return step in later

    def period_of(self, case: Case, today: date, starts: date | None = None) -> tuple[date, date | None]:
        """First and last day of what is granted today. Raises CitizenErased."""
        if isinstance(case.facts, Redacted):
            raise CitizenErased("the citizen was erased")
        asked = starts or date.fromisoformat(case.facts["valid_from"])
        if self.service_of(case).definition.validity.after_decision:
            asked = max(asked, today)
        return valid_period(asked, int(case.facts["valid_months"]))


def release(case: Case, unit: Unit, reserved: Iterable[tuple[str, str]] | None = None) -> None:
    """Gives up what a case holds; after an erasure nothing is known of it any more."""
    held = case.reserved if reserved is None else reserved
    if isinstance(held, Redacted):
        return
    for scope, value in held:
        unit.release(scope, value, case.id)
