"""Dog tax: from when, how much for the rest of the year, and in which instalments.

The instalments of an assessment always add up to its total; every amount is integer cents, the total
rounded down in the citizen's favour. Starts, rates, due days and lists differ by statute and are therefore
parameters.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.applications.domain.instalments import MONTHS, Instalment, shares


class Begin(StrEnum):
    """When a liability begins, counted from the month of its cause."""

    SAME_MONTH = "same_month"
    FOLLOWING_MONTH = "following_month"


@dataclass(frozen=True, slots=True)
class Tier:
    """The annual rate of *each* dog in a household with at least `dogs_from` dogs."""

    dogs_from: int
    cents: int


@dataclass(frozen=True, slots=True)
class Statute:
    """The parameters of a dog tax statute; `due_days` are (month, day), one a quarter."""

    tiers: tuple[Tier, ...]
    dangerous_cents: int
    dangerous_breeds: tuple[str, ...]
    on_acquisition: Begin
    on_moving_in: Begin
    puppy_months: int
    due_days: tuple[tuple[int, int], ...]
    first_due_months: int

    def annual_cents(self, dogs: int, *, dangerous: bool) -> int:
        """The annual rate of one dog in a household with `dogs` dogs, itself included."""
        if dangerous:
            return self.dangerous_cents
        return max((tier.dogs_from, tier.cents) for tier in self.tiers if tier.dogs_from <= dogs)[1]

    def is_dangerous(self, breed: str) -> bool:
        """Whether a breed, or a cross that names one, is on the statute's list."""
        folded = _folded(breed)
        return any(_folded(listed) in folded for listed in self.dangerous_breeds)

    def liable_from(self, *, kept_since: date, born_on: date, moved_in: bool) -> date:
        """The first day of liability; a puppy is free until the month in which it is old enough."""
        begin = self.on_moving_in if moved_in else self.on_acquisition
        start = first_of_month(kept_since, 1 if begin is Begin.FOLLOWING_MONTH else 0)
        return max(start, first_of_month(born_on, self.puppy_months))


@dataclass(frozen=True, slots=True)
class Assessment:
    """The tax of one calendar year: liable from the first of `first_month` to the end of `year`."""

    year: int
    first_month: int
    months: int
    annual_cents: int
    total_cents: int
    instalments: tuple[Instalment, ...]


def assess(statute: Statute, *, annual_cents: int, liable_from: date, notified_on: date) -> Assessment:
    """The first assessment: the year of notification, or of the liability where that is later."""
    year = max(liable_from.year, notified_on.year)
    first = liable_from.month if liable_from.year == year else 1
    due = _due_dates(statute, year, same_day_later(notified_on, statute.first_due_months))
    per_quarter = MONTHS // len(statute.due_days)
    ends = [(quarter + 1) * per_quarter for quarter in range(len(due))]
    months = [min(per_quarter, max(0, end - first + 1)) for end in ends]
    parts = shares(annual_cents, months)
    amounts: dict[date, int] = {}
    for on, cents in zip(due, parts, strict=True):
        amounts[on] = amounts.get(on, 0) + cents
    instalments = tuple(Instalment(on, cents) for on, cents in sorted(amounts.items()) if cents)
    return Assessment(year, first, sum(months), annual_cents, sum(parts), instalments)


def _due_dates(statute: Statute, year: int, earliest: date) -> list[date]:
    return [max(earliest, date(year, month, day)) for month, day in statute.due_days]


def first_of_month(day: date, later: int = 0) -> date:
    """The first day of the month `later` months after that of `day`."""
    months = day.year * MONTHS + day.month - 1 + later
    return date(months // MONTHS, months % MONTHS + 1, 1)


def same_day_later(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month (§ 188 BGB)."""
    target, following = first_of_month(day, months), first_of_month(day, months + 1)
    return target.replace(day=min(day.day, (following - target).days))


def _folded(breed: str) -> str:
    return "".join(mark for mark in breed.lower() if mark.isalpha())
