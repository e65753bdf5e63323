"""What of a fee goes back when the thing that it was for is given up early.

The fee is for a number of months, the first of which begins on the first day of the period. A month that has
begun counts as used. What is left is the fee times the whole months left by all months, rounded down to the
cent, as the rounding is the city's.
"""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """What was paid for, first and last day, and the day on which it was given up."""

    valid_from: date
    valid_until: date
    given_up_on: date


def pro_rata_cents(fee_cents: int, valid_from: date, valid_until: date, given_up_on: date) -> int:
    """The share of the fee for the whole months left; `valid_until` is the last day. Raises ValueError for a
    period that is not of whole months, or a day before it."""
    months = _months(valid_from, valid_until + timedelta(days=1))
    if months < 1 or given_up_on < valid_from:
        raise ValueError("a period of whole months, given up not before it begins")
    used = next((count for count in range(1, months) if _later(valid_from, count) > given_up_on), months)
    return fee_cents * (months - used) // months


def _months(begin: date, end: date) -> int:
    """How many whole months lie between two days; -1 where they are not whole."""
    count = (end.year - begin.year) * 12 + end.month - begin.month
    return count if _later(begin, count) == end else -1


def _later(day: date, months: int) -> date:
    """The same day so many months later, or the first of the next where that month is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    try:
        return day.replace(year=day.year + years, month=month + 1)
    except ValueError:
        following = day.replace(day=1, year=day.year + years, month=month + 1) + timedelta(days=31)
        return following.replace(day=1)
