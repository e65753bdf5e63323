"""Kassenzeichen out of the cash office's range: one after the other, none twice, none beyond its end.

Prefix, year and first number name a range, and each range has a counter of its own. Numbers that were given
out of one are never given out of another.
"""

from collections.abc import Mapping
from typing import Final

import asyncpg

from services.payments.domain.kassenzeichen import (
    NoCheckDigit,
    RangeExhausted,
    RangeTaken,
    kassenzeichen,
)
from services.payments.settings import PaymentsSettings
from shared.log.numbers import next_number
from shared.observe.metrics import gauge

KASSENZEICHEN: Final = "kassenzeichen"
"""The scope in which a claim's number is reserved: a claim that comes second with it takes another one."""
_COUNTERS: Final = "SELECT name, last FROM number_range WHERE starts_with(name, $1)"
_left = gauge("portal_kassenzeichen_left", "Numbers left in the cash office's range of this year")


async def next_kassenzeichen(pool: asyncpg.Pool, settings: PaymentsSettings, year: int, purpose: str) -> str:
    """The next one. Raises RangeExhausted and RangeTaken, which take no number.

    A number that the scheme cannot check is left out; in `number_given` it has its purpose all the same.
    """
    prefix, first = settings.kassenzeichen_prefix, settings.kassenzeichen_first
    while True:
        counted = await _counted(pool, prefix, year)
        at = first + counted.pop(first, 0)
        _refuse_end(at, settings.kassenzeichen_last, year)
        _refuse_given(at, settings.kassenzeichen_last, counted)
        number = first - 1 + await next_number(pool, range_name(prefix, year, first), purpose)
        _left.set(max(0, settings.kassenzeichen_last - number))
        if number > settings.kassenzeichen_last:
            continue  # somebody took the last one meanwhile
        try:
            return kassenzeichen(prefix, year, number, settings.kassenzeichen_scheme)
        except NoCheckDigit:
            continue


def range_name(prefix: str, year: int, first: int | str) -> str:
    """The name of a range's counter."""
    return f"{KASSENZEICHEN}-{prefix}-{year}-{first}"


async def _counted(pool: asyncpg.Pool, prefix: str, year: int) -> dict[int, int]:
    """How many numbers were given, by the first number of each range of the year."""
    series = range_name(prefix, year, "")
    return {int(row["name"].removeprefix(series)): row["last"] for row in await pool.fetch(_COUNTERS, series)}


def _refuse_end(at: int, last: int, year: int) -> None:
    if at > last:
        _left.set(0)
        raise RangeExhausted(
            f"The Kassenzeichen of {year} are used up at {last}: set a new range, then retry what is parked"
        )


def _refuse_given(at: int, last: int, counted: Mapping[int, int]) -> None:
    for first, given in counted.items():
        if first <= last and at < first + given:
            _left.set(0)
            raise RangeTaken(
                f"Of the Kassenzeichen {at} to {last} those from {first} to {first + given - 1} were given "
                "out of another range: set one that is free, then retry what is parked"
            )
