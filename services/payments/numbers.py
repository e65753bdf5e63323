"""Kassenzeichen out of the cash office's range: one after the other, none twice, none beyond its end."""

from typing import Final

import asyncpg

from services.payments.domain.kassenzeichen import (
    NoCheckDigit,
    RangeExhausted,
    kassenzeichen,
)
from services.payments.settings import PaymentsSettings
from shared.log.numbers import next_number
from shared.observe.metrics import gauge

_LAST: Final = "SELECT last FROM number_range WHERE name = $1"
_left = gauge("portal_kassenzeichen_left", "Numbers left in the cash office's range of this year")


async def next_kassenzeichen(pool: asyncpg.Pool, settings: PaymentsSettings, year: int, purpose: str) -> str:
    """The next one. Raises RangeExhausted, which takes no number.

    A number that the scheme cannot check is left out; in `number_given` it has its purpose all the same.
    """
    name = f"kassenzeichen-{year}"
    while True:
        given = await pool.fetchval(_LAST, name) or 0
        if settings.kassenzeichen_first + given > settings.kassenzeichen_last:
            _left.set(0)
            raise RangeExhausted(
                f"The Kassenzeichen of {year} are used up at {settings.kassenzeichen_last}: "
                "set a new range, then retry what is parked"
            )
        number = settings.kassenzeichen_first - 1 + await next_number(pool, name, purpose)
        _left.set(max(0, settings.kassenzeichen_last - number))
        if number > settings.kassenzeichen_last:
            continue  # somebody took the last one meanwhile
        try:
            return kassenzeichen(settings.kassenzeichen_prefix, year, number, settings.kassenzeichen_scheme)
        except NoCheckDigit:
            continue
