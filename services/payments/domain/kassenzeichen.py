"""Kassenzeichen: the number by which the city's cash office knows a claim.

Prefix (2 to 4 digits) ‖ year (2) ‖ running number (7), and check digits by the scheme that the cash office
reads. A number is given once and never again; `portal_kassenzeichen_left` says how many are left.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

LAST: Final = 9_999_999


class Scheme(StrEnum):
    """How the check digits are made."""

    MOD11_10 = "mod11_10"  # ISO 7064, hybrid system: one digit behind
    MOD10 = "mod10"  # Luhn: one digit behind
    MOD11 = "mod11"  # weights 2 to 7 from the right: one digit behind; one number in eleven has none
    RF = "rf"  # ISO 11649: `RF` and two digits (ISO 7064 MOD 97-10) in front


class NoCheckDigit(ValueError):
    """The scheme has no check digit for this number: it is left out, and the gap says so."""


class RangeExhausted(Exception):
    """The cash office's range is used up: no claim can be opened before there is a new one."""


class RangeTaken(Exception):
    """Numbers of the cash office's range were given out of another range."""


def kassenzeichen(prefix: str, year: int, number: int, scheme: Scheme = Scheme.MOD11_10) -> str:
    """For example prefix 4711, 2026, 12 → `4711260000012` + check digit. Raises ValueError, NoCheckDigit."""
    if not (prefix.isascii() and prefix.isdigit() and 2 <= len(prefix) <= 4):
        raise ValueError("the prefix has 2 to 4 digits")
    if not 1 <= number <= LAST:
        raise ValueError("the running number has at most 7 digits")
    return _WITH_CHECK[scheme](f"{prefix}{year % 100:02d}{number:07d}")


def is_kassenzeichen(text: str, scheme: Scheme = Scheme.MOD11_10) -> bool:
    """Whether the check digits are right."""
    body = text[4:] if scheme is Scheme.RF else text[:-1]
    if not (body.isascii() and body.isdigit()):
        return False
    try:
        return _WITH_CHECK[scheme](body) == text
    except NoCheckDigit:
        return False


def _mod11_10(body: str) -> str:
    """Each digit is added modulo 10, the sum doubled modulo 11."""
    check = 10
    for digit in body:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return body + str((11 - check) % 10)


def _mod10(body: str) -> str:
    """Every second digit from the right is doubled, and its digits added."""
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


def _mod11(body: str) -> str:
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body)))
    check = -total % 11
    if check == 10:
        raise NoCheckDigit(f"{body} has no check digit modulo 11")
    return body + str(check)


def _rf(body: str) -> str:
    """98 less the remainder by 97, with `RF00` behind and letters as numbers."""
    return f"RF{98 - int(body + '271500') % 97:02d}{body}"


_WITH_CHECK: Final[Mapping[Scheme, Callable[[str], str]]] = {
    Scheme.MOD11_10: _mod11_10,
    Scheme.MOD10: _mod10,
    Scheme.MOD11: _mod11,
    Scheme.RF: _rf,
}
