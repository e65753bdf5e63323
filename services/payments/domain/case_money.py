"""The money of a whole case: what its claims booked, as one time line with one balance, and its sums."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from typing import Final, Self

from services.payments.domain.dunning_events import DunningStepTaken
from services.payments.domain.events import MoneyTaskSettled, PaymentRequested
from services.payments.domain.ledger import entry
from services.payments.domain.refund_events import RefundSettled
from services.payments.domain.return_events import RefundedElsewhere
from shared.domain import Event

PERSONAL: Final = frozenset({"receivable", "surplus", "refundable", "reclaimable"})
"""The accounts of the ledger that say what the citizen and the city owe each other."""
_WENT_BACK: Final = (RefundSettled, MoneyTaskSettled, RefundedElsewhere)


@dataclass(frozen=True, slots=True)
class Sums:
    """In cents of one currency: what was claimed first, what dunning added, what is not claimed any more,
    what was kept by agreement; what came and stayed, and what of it was given back."""

    claimed_cents: int = 0
    charges_cents: int = 0
    reduced_cents: int = 0
    kept_cents: int = 0
    paid_cents: int = 0
    refunded_cents: int = 0

    def __add__(self, other: Self) -> "Sums":
        return Sums(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def balance_cents(self) -> int:
        """What the citizen owes; below zero what the city owes."""
        claimed = self.claimed_cents + self.charges_cents - self.reduced_cents + self.kept_cents
        return claimed - self.paid_cents + self.refunded_cents


def sums_of(event: Event, currency: str) -> Sums:
    """What one event adds; what it books in another currency is left out."""
    lines = [line for line in entry(event) if line.currency == currency]
    revenue = -sum(line.cents for line in lines if line.account.startswith("revenue:"))
    came = revenue - balance_of(event, currency)
    if isinstance(event, PaymentRequested):
        return Sums(claimed_cents=revenue)
    if isinstance(event, DunningStepTaken):
        return Sums(charges_cents=revenue)
    went_back = isinstance(event, _WENT_BACK)
    return Sums(
        reduced_cents=max(0, -revenue), kept_cents=max(0, revenue),
        paid_cents=0 if went_back else came, refunded_cents=-came if went_back else 0,
    )  # fmt: skip


def balance_of(event: Event, currency: str) -> int:
    """By how much the event changes what the citizen owes."""
    return sum(line.cents for line in entry(event) if line.currency == currency and line.account in PERSONAL)


def in_one_line(claims: Iterable[Sequence[Event]]) -> list[Event]:
    """The events of several claims by time, each claim's in its own order, whatever its clocks said."""
    placed = []
    for place, events in enumerate(claims):
        for event, latest in zip(events, accumulate((one.timestamp for one in events), max), strict=True):
            placed.append(((latest, place, event.originator_version), event))
    return [event for _, event in sorted(placed, key=lambda one: one[0])]
