"""The double-entry ledger: each event that moves money or claims is one entry whose lines sum to zero.

Accounts: `receivable` (what citizens owe), `revenue:<cost object>`, `provider:<name>` (what a provider owes
the city until it pays out), `surplus` and `refundable` (what the city owes to citizens). Debit is positive.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.payments.domain.events import (
    ClaimCancelled,
    PaymentRequested,
    PaymentSettled,
    RefundFellDue,
    SurplusReceived,
)
from shared.domain import Event


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry, in integer cents: debit positive, credit negative."""

    account: str
    cents: int


class Unbalanced(AssertionError):
    """Lines that do not sum to zero: a bug, never data."""


def entry(event: Event) -> Sequence[Line]:
    """The lines that book an event; empty for one that moves nothing. Raises Unbalanced."""
    lines = _lines(event)
    if sum(line.cents for line in lines) != 0:
        raise Unbalanced(type(event).__name__)
    return lines


def _lines(event: Event) -> Sequence[Line]:
    match event:
        case PaymentRequested(amount_cents=cents, cost_object=cost):
            return _transfer(cents, "receivable", f"revenue:{cost}")
        case PaymentSettled(amount_cents=cents, provider=provider):
            return _transfer(cents, f"provider:{provider}", "receivable")
        case SurplusReceived(amount_cents=cents, provider=provider):
            return _transfer(cents, f"provider:{provider}", "surplus")
        case ClaimCancelled(amount_cents=cents, cost_object=cost):
            return _transfer(cents, f"revenue:{cost}", "receivable")
        case RefundFellDue(amount_cents=cents, cost_object=cost):
            return _transfer(cents, f"revenue:{cost}", "refundable")
        case _:
            return ()


def _transfer(cents: int, debit: str, credit: str) -> Sequence[Line]:
    return (Line(debit, cents), Line(credit, -cents))
