"""How amounts, days, times and spans are written in German and English."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from gateway.views.frame import Language

TOWN_TIME: Final = ZoneInfo("Europe/Berlin")
_NBSP: Final = "\u00a0"
_MONTHS: Final = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
}
_UNITS: Final = {
    "de": {"s": "Sekunde Sekunden", "m": "Minute Minuten", "h": "Stunde Stunden", "d": "Tag Tage"},
    "en": {"s": "second seconds", "m": "minute minutes", "h": "hour hours", "d": "day days"},
}


def money(cents: int, language: Language, currency: str = "EUR") -> str:
    """120,00 € or €120.00; another currency by its code."""
    euros, rest = divmod(abs(cents), 100)
    sign = "−" if cents < 0 else ""
    if currency != "EUR":
        written = (
            f"{euros:,}.{rest:02d}" if language == "en" else f"{f'{euros:,}'.replace(',', '.')},{rest:02d}"
        )
        return f"{sign}{written}{_NBSP}{currency}"
    if language == "en":
        return f"{sign}€{euros:,}.{rest:02d}"
    return f"{sign}{f'{euros:,}'.replace(',', '.')},{rest:02d}{_NBSP}€"


def day(value: date, language: Language) -> str:
    """22. November 2026 or 22 November 2026; of a moment, the day in town."""
    value = value.astimezone(TOWN_TIME) if isinstance(value, datetime) else value
    dot = "." if language == "de" else ""
    return f"{value.day}{dot}{_NBSP}{_MONTHS[language].split()[value.month - 1]}{_NBSP}{value.year}"


def short_day(value: date, language: Language) -> str:
    """22.11.2026 or 22/11/2026, for tables."""
    value = value.astimezone(TOWN_TIME) if isinstance(value, datetime) else value
    return value.strftime("%d.%m.%Y" if language == "de" else "%d/%m/%Y")


def moment(value: datetime, language: Language) -> str:
    """22. November 2026, 14:02 Uhr or 22 November 2026, 14:02."""
    clock = value.astimezone(TOWN_TIME).strftime("%H:%M")
    return (
        f"{day(value, language)}, {clock}{_NBSP}Uhr"
        if language == "de"
        else f"{day(value, language)}, {clock}"
    )


def span(seconds: int, language: Language) -> str:
    """A span in its largest sensible unit, rounded up: 42 Sekunden, 2 Minuten, 5 Tage."""
    for unit, length, limit in (("s", 1, 90), ("m", 60, 120), ("h", 3600, 48), ("d", 86400, 10**9)):
        count = -(-seconds // length)
        if count < limit:
            one, many = _UNITS[language][unit].split()
            return f"{count}{_NBSP}{one if count == 1 else many}"
    raise OverflowError(seconds)
