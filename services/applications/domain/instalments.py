"""A charge that falls due in parts: each with its day and its share of the charge.

Invariant: the parts are whole cents, stand in the order of their days, and add up to the charge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.applications.domain.case_refusals import InstalmentsDiffer

MONTHS: Final = 12
PARTS_A_YEAR: Final[Mapping[str, int]] = {"yearly": 1, "half_yearly": 2, "quarterly": 4}
"""How often a yearly charge falls due, and how many days in the year that takes."""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part: the last day on which it is paid in time, and how much."""

    due_on: date
    cents: int


def shares(annual_cents: int, months: Sequence[int]) -> list[int]:
    """The charge for so many months in each part of a year; what rounding down leaves is the first's."""
    parts = [annual_cents * count // MONTHS for count in months]
    first = next((at for at, count in enumerate(months) if count), 0)
    parts[first] += annual_cents * sum(months) // MONTHS - sum(parts)
    return parts


def checked(instalments: Sequence[Instalment], charge_cents: int) -> tuple[Instalment, ...]:
    """The parts of a charge; none where it is paid at once. Raises InstalmentsDiffer."""
    days = [part.due_on for part in instalments]
    if days != sorted(set(days)) or any(part.cents <= 0 for part in instalments):
        raise InstalmentsDiffer("each instalment is of a day of its own and more than nothing")
    if instalments and sum(part.cents for part in instalments) != charge_cents:
        raise InstalmentsDiffer(f"the instalments do not add up to {charge_cents}")
    return tuple(instalments)


def instalments_of(assessment: Mapping[str, Any]) -> tuple[Instalment, ...]:
    """What an assessment says falls due when."""
    return tuple(
        Instalment(date.fromisoformat(part["due_on"]), part["cents"])
        for part in assessment.get("instalments", ())
    )
