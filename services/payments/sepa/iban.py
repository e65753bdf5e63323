"""An account number as somebody types it: read, or refused for a reason that a page can put into words.

Which of the groups of four digits is wrong cannot be known from the check digits (ISO 7064, MOD 97-10);
what can be known is said: a group that is too short, a sign that no IBAN has, a length that the country
does not use, a bank code that nobody has.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.payments.sepa.directory import Country, country, german_bank, is_outside_eea

_GAP: Final = re.compile(r"[\s.\-\u2013]+")
_PREFIX: Final = re.compile(r"^\s*iban[\s:]*", re.IGNORECASE)
_SIGN: Final = re.compile(r"[A-Z0-9]")


class Reason(StrEnum):
    """Why what was typed is no account to debit."""

    EMPTY = "empty"
    SIGN = "sign"
    BEGINNING = "beginning"
    COUNTRY_UNKNOWN = "country_unknown"
    OUTSIDE_SEPA = "outside_sepa"
    GROUP = "group"
    LENGTH = "length"
    FORM = "form"
    CHECK_DIGITS = "check_digits"
    BANK_UNKNOWN = "bank_unknown"


@dataclass(frozen=True, slots=True)
class Detail:
    """What a page says beside the reason: `group` counts from 1; what does not apply is None."""

    group: int | None = None
    found: int | None = None
    expected: int | None = None
    sign: str | None = None
    country: str | None = None
    bank_code: str | None = None


class IbanRefused(ValueError):
    """What was typed is no IBAN; neither the message nor the detail repeats the number."""

    def __init__(self, reason: Reason, detail: Detail = Detail()) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Iban:
    """A checked IBAN, without blanks; bank name and BIC are empty where no list names them."""

    number: str
    bank: str
    bic: str

    @property
    def grouped(self) -> str:
        """In groups of four, as paper shows it."""
        return " ".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))

    @property
    def needs_address(self) -> bool:
        """Whether a debit says the payer's address and their bank's BIC beside it."""
        return is_outside_eea(self.number)

    @property
    def masked(self) -> str:
        """Enough for its owner to know it: country and check digits, the last four."""
        return f"{self.number[:4]} … {self.number[-4:]}"


def read_iban(typed: str) -> Iban:
    """The account that was typed, blanks and case as they come. Raises IbanRefused."""
    groups = [group for group in _GAP.split(_PREFIX.sub("", typed).upper()) if group]
    number = "".join(groups)
    if not number:
        raise IbanRefused(Reason.EMPTY)
    _refuse_signs(groups)
    home = _country(number)
    _refuse_length(groups, number, home)
    if not home.fits(number[4:]):
        raise IbanRefused(Reason.FORM, Detail(country=home.code))
    if not has_check_digits(number):
        raise IbanRefused(Reason.CHECK_DIGITS)
    return _with_bank(number, home)


def has_check_digits(number: str) -> bool:
    """ISO 13616: first four signs to the end, letters as 10 to 35, the whole leaves 1 modulo 97."""
    turned = number[4:] + number[:4]
    return turned.isalnum() and turned.isascii() and int("".join(str(int(s, 36)) for s in turned)) % 97 == 1


def _refuse_signs(groups: list[str]) -> None:
    for position, group in enumerate(groups, 1):
        for sign in group:
            if not _SIGN.fullmatch(sign):
                raise IbanRefused(Reason.SIGN, Detail(group=position, sign=sign))


def _country(number: str) -> Country:
    if not re.match(r"[A-Z]{2}[0-9]{2}", number):
        raise IbanRefused(Reason.BEGINNING)
    found = country(number[:2])
    if found is None:
        raise IbanRefused(Reason.COUNTRY_UNKNOWN, Detail(country=number[:2]))
    if not found.in_sepa:
        raise IbanRefused(Reason.OUTSIDE_SEPA, Detail(country=number[:2]))
    return found


def _refuse_length(groups: list[str], number: str, home: Country) -> None:
    """A wrong length is named by the first group that has not four signs, where there are groups of four."""
    if len(number) == home.length:
        return
    last = -(-home.length // 4)
    for position, group in enumerate(groups, 1):
        expected = home.length - 4 * (last - 1) if position == last else 4
        if len(group) != expected and _is_grouped(groups):
            raise IbanRefused(Reason.GROUP, Detail(group=position, found=len(group), expected=expected))
    raise IbanRefused(Reason.LENGTH, Detail(found=len(number), expected=home.length, country=home.code))


def _is_grouped(groups: list[str]) -> bool:
    """Typed in fours, up to one slip."""
    return len(groups) > 2 and sum(len(group) != 4 for group in groups[:-1]) <= 1


def _with_bank(number: str, home: Country) -> Iban:
    if home.code != "DE":
        return Iban(number, "", "")
    bank = german_bank(number[4:12])
    if bank is None:
        raise IbanRefused(Reason.BANK_UNKNOWN, Detail(bank_code=number[4:12]))
    return Iban(number, bank.name, bank.bic)
