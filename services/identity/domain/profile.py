"""What a citizen may enter about themselves."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.identity.domain.attributes import PROFILE_FIELDS
from services.identity.domain.refusals import FieldError, FieldsRefused

LONGEST: Final = {
    "given_names": 120,
    "family_name": 120,
    "birth_date": 10,
    "street": 80,
    "house_number": 12,
    "postal_code": 5,
    "city": 80,
}
EARLIEST_BIRTH: Final = date(1900, 1, 1)
_POSTAL_CODE: Final = re.compile(r"[0-9]{5}")
_LINE: Final = re.compile(r"[^\W_][\w\s\u0300-\u036f.,'’ʼ`´·/()&+-]*")


def acceptable(values: Mapping[str, str | None], today: date) -> dict[str, str | None]:
    """Every profile field, trimmed and in NFC; an empty one is None. Raises FieldsRefused."""
    trimmed = {name: _trimmed(values.get(name)) for name in PROFILE_FIELDS}
    found = ((name, _fault(name, value, today)) for name, value in trimmed.items() if value)
    errors = [FieldError(name, *fault) for name, fault in found if fault]
    if errors:
        raise FieldsRefused(*errors)
    return trimmed


def _trimmed(value: str | None) -> str | None:
    return unicodedata.normalize("NFC", " ".join((value or "").split())) or None


def _fault(name: str, value: str, today: date) -> tuple[str, dict[str, Any]] | None:
    if len(value) > LONGEST[name]:
        return "too_long", {"max_length": LONGEST[name]}
    if name == "birth_date":
        return None if _is_birth_date(value, today) else ("date_impossible", {})
    if name == "postal_code":
        return None if _POSTAL_CODE.fullmatch(value) else ("postal_code_impossible", {})
    return None if _LINE.fullmatch(value) else ("letters_unknown", {})


def _is_birth_date(value: str, today: date) -> bool:
    try:
        born = date.fromisoformat(value)
    except ValueError:
        return False
    return born.isoformat() == value and EARLIEST_BIRTH <= born <= today
