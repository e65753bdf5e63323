"""The same money told by two entries: by a statement, and by a notification before or behind it.

A statement tells each movement of the account once, since it adds up; a notification moves no balance. So
what both kinds tell of one debit and day is the same money. What one kind tells twice may be money that came
twice, and no program decides that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.payments.bank.debiting import alarm
from services.payments.domain.bank_item import Outcome

KINDS: Final[Mapping[str, str]] = {"camt.053": "statement", "camt.054": "notification"}


@dataclass(frozen=True, slots=True)
class Telling:
    """Which kind of message told an entry, and the day that it was booked on."""

    kind: str
    booked_on: date | None


def told_again(debit_id: UUID, first: Telling | None, now: Telling) -> Outcome:
    """What a debit's money is that an entry told before; `first` is None where that entry cannot be found."""
    if first is not None and first.kind != now.kind and first.booked_on == now.booked_on:
        return Outcome.KNOWN
    alarm("debit_told_twice", debit=str(debit_id))
    return Outcome.REPEATED
