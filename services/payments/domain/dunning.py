"""What follows when a claim is not paid in time: steps as data, one after the other.

The days and charges are the municipality's; a step is named, so that changing a day does not repeat it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Step:
    """`after_days` count from the day by which it should have been paid; charges in cents."""

    name: str
    after_days: int
    charge_cents: int = 0


REMINDER: Final = "reminder"
STEPS: Final[tuple[Step, ...]] = (Step(REMINDER, 7), Step("dunning", 21, 500), Step("enforcement", 42))
"""A friendly word; a formal demand; then the cash office decides about enforcement."""


class StepsImpossible(ValueError):
    """Steps that do not follow one another, or two of one name."""


def checked(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps as configured. Raises StepsImpossible."""
    days = [step.after_days for step in steps]
    if days != sorted(set(days)) or min(days, default=1) < 1 or len({s.name for s in steps}) != len(steps):
        raise StepsImpossible("each step has a name of its own and comes later than the one before")
    if any(step.charge_cents < 0 for step in steps):
        raise StepsImpossible("a charge is not negative")
    return tuple(steps)


def next_step(
    pay_by: date, today: date, taken: Collection[str], steps: Sequence[Step] = STEPS
) -> Step | None:
    """The step to take today: the first that was not taken, once its day has come. Never two on one day."""
    left = [step for step in steps if step.name not in taken]
    if not left or today < pay_by + timedelta(days=left[0].after_days):
        return None
    return left[0]
