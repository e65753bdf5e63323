"""What came, by which way, and what was said about it: the values that a claim works with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.payments.domain.transitions import DECIDED_ELSEWHERE

BANK, CASH = "bank", "cash"
"""Where money comes in without a provider: the city's account, and its till."""
AFTERWARDS = ("reversed", "restored", "refunded")
"""States of a word about money that had come: what became of it."""


class Recorded(StrEnum):
    """What became of a provider's or the bank's word."""

    SETTLED = "settled"
    PART = "part"
    SURPLUS = "surplus"
    FAILED = "failed"
    UNCLEAR = "unclear"
    APPROVED = "approved"
    REVERSED = "reversed"
    RESTORED = "restored"
    GIVEN_BACK = "given_back"
    EARLY = "early"
    DUPLICATE = "duplicate"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person saw at the provider's, `paid` or `not_paid`, and has to be confirmed by another."""

    found: str
    voucher: str
    found_by: str


@dataclass(frozen=True, slots=True)
class Word:
    """A provider's verified word on an attempt: `state` as in the provider port, money in integer cents."""

    state: str
    code: str
    provider: str
    reference: str
    amount_cents: int
    currency: str
    backend_id: str | None = None
    fee_cents: int | None = None
    provisional_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to pay; its state is one of `transitions.ATTEMPT`. `amount_cents` is what it was begun for.

    `left` says that its provider is not asked any more and a person has to find out. `early` are words about
    its money that were told before the money was.
    """

    attempt_id: UUID
    method: str
    state: str
    amount_cents: int
    provider: str = ""
    reference: str = ""
    left: bool = False
    finding: Finding | None = None
    early: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came without an attempt: an entry of the bank's statement, or of the till.

    `source` is BANK or CASH; `reference` the entry's own, by which it is known when told again.
    """

    source: str
    method: str
    reference: str
    amount_cents: int
    currency: str
    provisional_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reversal:
    """Bank or card network took a payment back, or brought it back, or gave it back there: the R-code or the
    provider's, what it charges for it, and the `reference` by which this one is known when told again."""

    code: str
    reference: str
    amount_cents: int
    charges_cents: int = 0


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came; `payment_id` is the attempt's id, or the receipt's own.

    `kept_cents` counts towards the claim now. What was received and is not kept waits for a person, or has
    gone back; `reclaimable_cents` of it went back twice. `taken_back` is what went back without our order,
    `brought_back` what of that came again: cents by reference; `refunded_cents` of what was taken back was a
    refund that the provider made. `version` is the event that booked it first.
    """

    payment_id: UUID
    provider: str
    method: str
    reference: str
    backend_id: str | None
    currency: str
    received_cents: int = 0
    kept_cents: int = 0
    reclaimable_cents: int = 0
    provisional_until: datetime | None = None
    taken_at: datetime | None = None
    version: int = 0
    taken_back: tuple[tuple[str, int], ...] = ()
    brought_back: tuple[tuple[str, int], ...] = ()
    refunded_cents: int = 0

    @property
    def taken_back_cents(self) -> int:
        return sum(cents for _, cents in self.taken_back)

    @property
    def brought_back_cents(self) -> int:
        return sum(cents for _, cents in self.brought_back)

    @property
    def reversed_cents(self) -> int:
        """What bank or card network took back and did not bring again."""
        return max(0, self.taken_back_cents - self.refunded_cents - self.brought_back_cents)

    @property
    def reversed(self) -> bool:
        return self.reversed_cents > 0

    @property
    def came_cents(self) -> int:
        """What came, without what only came again."""
        return self.received_cents - self.brought_back_cents

    @property
    def there_cents(self) -> int:
        """What came, less what went back without our order."""
        return self.received_cents - self.taken_back_cents


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to give back; its state is one of `transitions.REFUND`, `via` is `provider` or `transfer`.

    `task_version` is the money task that it carries out, None until it is approved where it is a new one.
    """

    refund_id: UUID
    payment_id: UUID
    amount_cents: int
    currency: str
    state: str
    via: str
    requested_by: str
    task_version: int | None
    reference: str = ""


def is_receipt(provider: str) -> bool:
    """Whether money that came this way came without an attempt."""
    return provider in (BANK, CASH)


def held_in(provider: str) -> str:
    """The account of the ledger that holds what came this way."""
    return provider if is_receipt(provider) else f"provider:{provider}"


def in_transit(provider: str) -> str:
    """The account of what is on its way from a provider to the bank: below zero where the bank has told of it
    and the provider has not."""
    return f"transit:{provider}"


def is_waiting_for_a_debit(attempt: Attempt) -> bool:
    """Whether it is a debit that was announced, or is at the bank."""
    return attempt.provider == BANK and attempt.method == "direct_debit" and attempt.state == "started"


def is_being_paid(attempt: Attempt) -> bool:
    """Whether it is not the payer's turn: checked elsewhere, or a debit that was announced."""
    return is_waiting_for_a_debit(attempt) or attempt.state in DECIDED_ELSEWHERE
