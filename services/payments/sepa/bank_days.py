"""Days on which euro payments settle (TARGET), and the dates of a direct debit that follow from them."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

PRE_NOTIFICATION: Final = 14
"""Calendar days between the notice and the due date, unless a shorter time was agreed (at least one)."""
_DAY: Final = timedelta(days=1)


def is_bank_day(day: date) -> bool:
    """TARGET is closed on weekends, New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    return day.weekday() < 5 and day not in _closed(day.year)


def bank_day_from(day: date) -> date:
    """The day itself, or the next bank day."""
    while not is_bank_day(day):
        day += _DAY
    return day


def bank_days_after(day: date, count: int) -> date:
    """The `count`-th bank day after `day`."""
    for _ in range(count):
        day = bank_day_from(day + _DAY)
    return day


def bank_days_before(day: date, count: int) -> date:
    """The `count`-th bank day before `day`, or before the last one where `day` is none."""
    day = _bank_day_until(day)
    for _ in range(count):
        day = _bank_day_until(day - _DAY)
    return day


def _bank_day_until(day: date) -> date:
    while not is_bank_day(day):
        day -= _DAY
    return day


def due_date(notified: date, wanted: date | None = None, *, notice: int = PRE_NOTIFICATION) -> date:
    """When a debit announced on `notified` falls due: not before the notice is over, never on a closed day.

    Raises ValueError for a notice of less than one day.
    """
    if notice < 1:
        raise ValueError("a debit is announced at least one day before it falls due")
    earliest = notified + timedelta(days=notice)
    return bank_day_from(max(earliest, wanted) if wanted else earliest)


def due_date_from(filed: date, due: date) -> date:
    """The due date that a file of today may ask for: as announced, later where that has become too late."""
    if not is_bank_day(filed):
        filed = bank_day_from(filed)
    return max(due, bank_day_from(filed + _DAY))


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous algorithm, Meeus 1991, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=16)
def _closed(year: int) -> frozenset[date]:
    sunday = easter(year)
    fixed = ((1, 1), (5, 1), (12, 25), (12, 26))
    return frozenset({sunday - 2 * _DAY, sunday + _DAY, *(date(year, month, day) for month, day in fixed)})
