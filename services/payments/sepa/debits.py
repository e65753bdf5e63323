"""What a file of direct debits says: who debits, and each debit."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.payments.domain.address import Abroad
from services.payments.sepa.characters import bank_text, is_identifier
from services.payments.sepa.directory import in_sepa, is_bic, is_outside_eea
from services.payments.sepa.iban import has_check_digits

MOST_CENTS: Final = 99_999_999_999


class Sequence(StrEnum):
    """Where a debit stands in the life of its mandate."""

    FIRST = "FRST"
    RECURRING = "RCUR"
    FINAL = "FNAL"
    ONE_OFF = "OOFF"


class Scheme(StrEnum):
    """CORE for everybody; B2B between companies only, its debtors may not claim a refund."""

    CORE = "CORE"
    B2B = "B2B"


class DebitImpossible(ValueError):
    """A debit that no bank would take; the message names its reference and no person."""


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who debits: account holder and account as the bank has them, the creditor identifier."""

    name: str
    iban: str
    identifier: str
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Debit:
    """One debit. `reference` is the EndToEndId; `amended`: the account has changed since the last debit.
    `abroad` is there for an account outside the European Economic Area.

    `name` and `text` may be anything that people write; the file has them in the characters of banks.
    Raises DebitImpossible.
    """

    reference: str
    cents: int
    mandate: str
    signed_on: date
    name: str
    iban: str
    text: str
    due: date
    sequence: Sequence
    scheme: Scheme = Scheme.CORE
    bic: str = ""
    amended: bool = False
    abroad: Abroad | None = None

    def __post_init__(self) -> None:
        for what, wrong in (
            ("reference", not is_identifier(self.reference)),
            ("mandate's reference", not is_identifier(self.mandate)),
            ("amount", not 1 <= self.cents <= MOST_CENTS),
            ("account", not has_check_digits(self.iban)),
            ("name", not bank_text(self.name, 70)),
            ("date of the mandate", self.signed_on > self.due),
            ("payer's address", not self._is_placed()),
        ):
            if wrong:
                raise DebitImpossible(f"the {what} of debit {self.reference!r} is impossible")

    def _is_placed(self) -> bool:
        """What a bank asks of an account outside the EEA is there."""
        if self.abroad is None:
            return not is_outside_eea(self.iban)
        town, country = bank_text(self.abroad.town, 35), self.abroad.country
        return bool(town) and in_sepa(country) and is_bic(self.abroad.bic)
