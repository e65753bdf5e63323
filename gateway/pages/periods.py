"""Days of the city that a page of the treasurer is about, as the address says them."""

from datetime import date, timedelta
from typing import Final

from gateway.formats import TOWN_TIME
from gateway.views.treasury import Period
from gateway.visit import Visit
from shared.clock import SystemClock

EARLIEST: Final = date(2000, 1, 1)
LONGEST_DAYS: Final = 3660


def period_of(visit: Visit) -> Period:
    """`von` and `bis`, both included; this month until today where nothing is said.

    What was said and is no period stays as `said`.
    """
    today, asked = this_day(), visit.request.query_params
    usual = Period(first=today.replace(day=1), last=today)
    said = (asked.get("von", ""), asked.get("bis", ""))
    if said == ("", ""):
        return usual
    try:
        first = date.fromisoformat(said[0]) if said[0] else EARLIEST
        last = date.fromisoformat(said[1]) if said[1] else today
    except ValueError:
        first, last = date.max, date.min
    if said[0] == "":
        first = last.replace(day=1)
    if not EARLIEST <= first <= last <= today.replace(month=12, day=31) or (last - first).days > LONGEST_DAYS:
        return Period(first=usual.first, last=usual.last, said=said)
    return Period(first=first, last=last)


def asked_for(period: Period) -> dict[str, str]:
    """As services take it."""
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def address_of(period: Period) -> str:
    """The query of a page about it."""
    return f"von={period.first}&bis={period.last}"


def presets(here: str, more: str = "") -> tuple[tuple[str, str], ...]:
    """Usual periods: a key below `period.` and the address."""
    today = this_day()
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    before = month - timedelta(days=1)
    usual = {
        "today": Period(first=today, last=today),
        "month": Period(first=month, last=today),
        "last_month": Period(first=before.replace(day=1), last=before),
        "year": Period(first=year, last=today),
    }
    return tuple((name, f"{here}?{address_of(period)}{more}") for name, period in usual.items())


def this_day() -> date:
    """Today in the city."""
    return SystemClock().now().astimezone(TOWN_TIME).date()
