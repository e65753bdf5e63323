"""What is known of accounts: each country's form of an IBAN, the banks of Germany.

The data are those of `schwifty` (the SWIFT registry, the Bundesbank's list of bank codes), by its registry
alone: its IBAN class reads more leniently than a form may.
"""

import re
from dataclasses import dataclass
from typing import Final

from schwifty import registry
from schwifty.domain import IBANSpec
from schwifty.exceptions import InvalidCountryCode

EEA: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""An account elsewhere in the payment area is debited only with the payer's address beside it."""
_BIC: Final = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")


@dataclass(frozen=True, slots=True)
class Country:
    """The form of a country's accounts: `length` of the whole IBAN; `in_sepa`: euro payments reach them."""

    code: str
    length: int
    spec: IBANSpec
    in_sepa: bool

    def fits(self, account: str) -> bool:
        """Whether what follows the first four signs has letters and digits where they belong."""
        return self.spec.regex.fullmatch(account) is not None


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank as its country's list names it; `bic` is empty where the list has none."""

    code: str
    name: str
    bic: str


def country(code: str) -> Country | None:
    """A country that has IBANs."""
    try:
        spec = registry.get_iban_spec(code)
    except InvalidCountryCode:
        return None
    return Country(code, spec.iban_length, spec, spec.in_sepa_zone)


def is_outside_eea(iban: str) -> bool:
    """Whether an account is in the payment area alone."""
    return iban[:2] not in EEA


def in_sepa(code: str) -> bool:
    """Whether a country belongs to the payment area."""
    found = country(code)
    return found is not None and found.in_sepa


def is_bic(text: str) -> bool:
    """ISO 9362: bank, country, place, perhaps a branch; capital letters."""
    return _BIC.fullmatch(text) is not None


def german_bank(code: str) -> Bank | None:
    """By bank code (Bankleitzahl, 8 digits); the first call reads the list, about 5,000 rows."""
    listed = registry.get_banks_by_code("DE", code)
    if not listed:
        return None
    first = next((bank for bank in listed if bank.primary), listed[0])
    return Bank(code, first.name, first.bic or "")
