"""What a person in the cash office has to see to: money that the city holds and does not claim.

A task is done once, in full, by a way that the books can show, and with a voucher: no booking without one
(Belegprinzip). The voucher is a number and never a sentence, so that no personal data can get into the log.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

REFUND: Final = "refund_due"
PART_REFUND: Final = "refund_part"
PAID_TWICE: Final = "second_payment"
_VOUCHER: Final = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9./-]{0,34}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


class Settled(StrEnum):
    """What was done with the money."""

    RETURNED_BY_TRANSFER = "returned_by_transfer"
    RETURNED_BY_PROVIDER = "returned_by_provider"
    KEPT_BY_AGREEMENT = "kept_by_agreement"


@dataclass(frozen=True, slots=True)
class Given:
    """What a provider gave back of a money task by itself, and what is left of the task."""

    task_version: int
    kind: str
    amount_cents: int
    left_cents: int
    refund_id: UUID | None


RETURNED: Final = (Settled.RETURNED_BY_TRANSFER, Settled.RETURNED_BY_PROVIDER)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one person said was done with the money, until a second one has agreed."""

    how: str
    amount_cents: int
    voucher: str
    by: str


@dataclass(frozen=True, slots=True)
class MoneyTask:
    """Named by the version of the event that set it; `kind` is why the money came, or a kind of refund.

    `refund_id` is the refund that carries it out, None while it is a person's. `how` is what was done with
    the money, `returned_at` when it went back to the payer, `reference` the provider's own of that, where it
    has told it; `settled_version` the event by which a person said that it was done.
    """

    version: int
    kind: str
    amount_cents: int
    currency: str
    provider: str
    payment_id: UUID
    refund_id: UUID | None = None
    done: bool = False
    how: str = ""
    returned_at: datetime | None = None
    proposal: Proposal | None = None
    reference: str = ""
    settled_version: int = 0

    def completed(self, how: str, at: datetime | None, reference: str = "") -> "MoneyTask":
        returned_at = at if how in RETURNED else None
        return replace(self, done=True, how=how, returned_at=returned_at, proposal=None, reference=reference)

    @property
    def account(self) -> str:
        return account_of(self.kind)


def account_of(kind: str) -> str:
    """The account of the ledger that holds the money of a task of this kind."""
    return "refundable" if kind in (REFUND, PART_REFUND) else "surplus"


def voucher_number(typed: str) -> str | None:
    """The number of a voucher as the books write it; None where it cannot be one, or is a bank account."""
    number = typed.strip().upper()
    return number if _VOUCHER.fullmatch(number) and not _is_iban(number) else None


def _is_iban(number: str) -> bool:
    """ISO 13616: the check digits of modulus 97."""
    bare = re.sub(r"[./-]", "", number)
    if not _IBAN.fullmatch(bare):
        return False
    return int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 == 1
