"""The double-entry ledger: each event that moves money or claims is one entry whose lines sum to zero.

Accounts: `receivable` (what citizens owe), `revenue:<cost object>`, `provider:<name>` (what a provider owes
the city until it pays out), `surplus` and `refundable` (what the city owes to citizens), `bank` (what it
transferred from its own account). Debit is positive.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.payments.domain.events import (
    ClaimCancelled,
    MoneyTaskSettled,
    PaymentRequested,
    PaymentSettled,
    RefundFellDue,
    SurplusReceived,
)
from services.payments.domain.money_tasks import REFUND, Settled
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
        case (
            ClaimCancelled(amount_cents=cents, cost_object=cost)
            | RefundFellDue(amount_cents=cents, cost_object=cost)
        ):
            owed = "refundable" if isinstance(event, RefundFellDue) else "receivable"
            return _transfer(cents, f"revenue:{cost}", owed)
        case MoneyTaskSettled(amount_cents=cents, kind=kind):
            return _transfer(cents, "refundable" if kind == REFUND else "surplus", _source(event))
        case _:
            return ()


def _source(event: MoneyTaskSettled) -> str:
    """The account that the settled money came from, or went to when it was kept."""
    match Settled(event.how):
        case Settled.RETURNED_BY_TRANSFER:
            return "bank"
        case Settled.RETURNED_BY_PROVIDER:
            return f"provider:{event.provider}"
        case Settled.KEPT_BY_AGREEMENT:
            return f"revenue:{event.cost_object}"


def _transfer(cents: int, debit: str, credit: str) -> Sequence[Line]:
    return (Line(debit, cents), Line(credit, -cents))
