"""Who is registered: rules instead of a list, so any demo citizen matches and each answer can be had at will.

By the family name (its first word, in any case):
`Unbekannt` or `Mismatch` → mismatch · `Langsam` → match after 3 seconds · `Ausfall` → the register is down
(503). Everybody else matches if the description is plausible: names not empty, born between 1900-01-01 and
the day of the enquiry, a street, a house number that begins with a digit, a postal code of Lindenau (01234).
An answer never says which part did not agree.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

FIELDS = ("family_name", "given_names", "birth_date", "street", "house_number", "postal_code")
POSTAL_CODES = frozenset({"01234"})
LATE_SECONDS = 3.0
_HOUSE_NUMBER = re.compile(r"[1-9][0-9]{0,3}\s?[a-zA-Z]?([-/][0-9]{1,4}[a-zA-Z]?)?")


@dataclass(frozen=True)
class Reply:
    """`matches` is None when the register cannot answer."""

    matches: bool | None
    delay_seconds: float = 0.0


def answer(person: Mapping[str, str], today: date) -> Reply:
    first_word = (person["family_name"].split() or [""])[0].casefold()
    if first_word == "ausfall":
        return Reply(None)
    delay = LATE_SECONDS if first_word == "langsam" else 0.0
    return Reply(first_word not in {"unbekannt", "mismatch"} and _plausible(person, today), delay)


def _plausible(person: Mapping[str, str], today: date) -> bool:
    try:
        born = date.fromisoformat(person["birth_date"])
    except ValueError:
        return False
    return (
        all(person[name].strip() for name in FIELDS)
        and date(1900, 1, 1) <= born <= today
        and _HOUSE_NUMBER.fullmatch(person["house_number"].strip()) is not None
        and person["postal_code"].strip() in POSTAL_CODES
    )
