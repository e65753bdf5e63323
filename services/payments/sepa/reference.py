"""The structured creditor reference of ISO 11649: `RF`, two check digits, up to 21 letters and digits."""

import re
from typing import Final

_OWN: Final = re.compile(r"[A-Z0-9]{1,21}")
_WHOLE: Final = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}")


def structured_reference(own: str) -> str:
    """For example `2026000123` → `RF462026000123`. Raises ValueError."""
    if not _OWN.fullmatch(own):
        raise ValueError("a reference has 1 to 21 capital letters and digits")
    return f"RF{98 - _number(own + 'RF00') % 97:02d}{own}"


def is_structured_reference(text: str) -> bool:
    """Whether form and check digits are right; blanks are the caller's to take out."""
    return _WHOLE.fullmatch(text) is not None and _number(text[4:] + text[:4]) % 97 == 1


def _number(text: str) -> int:
    return int("".join(str(int(sign, 36)) for sign in text))
