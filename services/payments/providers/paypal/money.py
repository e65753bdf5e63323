"""PayPal's money: a decimal text in whole and hundredth parts, never a float on the way."""

import re

from services.payments.providers.port import ProviderRefused, ProviderUnavailable, Reaction

CURRENCY = "EUR"
_VALUE = re.compile(r"(0|[1-9][0-9]{0,9})\.([0-9]{2})")


def text(cents: int) -> str:
    """3000 → `30.00`. Raises ValueError for what is not positive."""
    if cents <= 0:
        raise ValueError("an amount is a positive number of cents")
    return f"{cents // 100}.{cents % 100:02d}"


def cents(value: str, currency: str) -> int:
    """`30.00` → 3000. Raises ProviderRefused for another currency, ProviderUnavailable for no amount."""
    if currency != CURRENCY:
        # another currency has other decimals and another worth: nothing here can be booked
        raise ProviderRefused(
            "other_currency", Reaction.CONFIGURATION, "PayPal answered in a foreign currency"
        )
    found = _VALUE.fullmatch(value)
    if found is None or not value.isascii():
        raise ProviderUnavailable("unreadable_reply")
    return int(found[1]) * 100 + int(found[2])
