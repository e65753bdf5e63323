"""The double-entry ledger: each event that moves money or claims is one entry whose lines sum to zero.

Debit is positive. Accounts: `receivable` (what citizens owe), `revenue:<cost object>`, `provider:<name>`
(what a provider holds for the city), `transit:<name>` (what is on its way from there to the bank), `bank` and
`cash` (the city's own), `surplus` and `refundable` (what the city owes to citizens), `reclaimable` (what went
back to a citizen twice), `charges` (of returns), `fees:<provider>`, `unallocated` (what lies at the bank and
no claim has yet).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.payments.domain.bank_item import (
    UNALLOCATED,
    WAITING,
    BankItemAllocated,
    BankItemMatched,
    BankItemReceived,
    BankItemSentBack,
    BankItemToldAgain,
    Outcome,
)
from services.payments.domain.cash_events import CashEntryVoided
from services.payments.domain.dunning_events import DunningStepTaken
from services.payments.domain.events import (
    ClaimCancelled,
    MoneyTaskOffset,
    MoneyTaskSettled,
    PartReceived,
    PaymentRequested,
    PaymentSettled,
    ProviderFeeCharged,
    RefundFellDue,
    SurplusReceived,
)
from services.payments.domain.money import BANK, held_in, in_transit
from services.payments.domain.money_tasks import Settled, account_of
from services.payments.domain.payout_events import PayoutFound, PayoutUndone, ProviderPaidOut
from services.payments.domain.provider_account import ProviderStatementTaken
from services.payments.domain.reduction_events import ClaimReduced
from services.payments.domain.refund_events import RefundApproved, RefundRequested, RefundSettled
from services.payments.domain.return_events import PaymentReversed, RefundedElsewhere, ReversalUndone
from shared.domain import Event


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry, in integer cents of a currency (ISO 4217): debit positive, credit negative."""

    account: str
    cents: int
    currency: str


class Unbalanced(AssertionError):
    """Lines that do not sum to zero: a bug, never data."""


Sides = Sequence[tuple[str, int]]


def entry(event: Event) -> Sequence[Line]:
    """The lines that book an event; empty for one that moves nothing. Raises Unbalanced."""
    posting = POSTINGS.get(type(event))
    if posting is None:
        return ()
    booked: Any = event
    lines = [Line(account, cents, booked.currency) for account, cents in posting(booked)]
    if sum(line.cents for line in lines):
        raise Unbalanced(type(event).__name__)
    return lines


def _reversal(event: PaymentReversed) -> Sides:
    sides = [
        ("receivable", event.owed_cents),
        ("reclaimable", event.reclaimable_cents),
        ("charges", event.charges_cents),
    ]
    return _went_out(sides, event.provider)


def _went_out(sides: Sides, provider: str) -> Sides:
    return [
        *((account, cents) for account, cents in sides if cents),
        (held_in(provider), -sum(cents for _, cents in sides)),
    ]


def _elsewhere(event: RefundedElsewhere) -> Sides:
    sides = [
        *((account_of(one.kind), one.amount_cents) for one in event.returned),
        (f"revenue:{event.cost_object}", event.given_up_cents),
        ("receivable", event.owed_cents),
        ("reclaimable", event.reclaimable_cents),
    ]
    return _went_out(sides, event.provider)


def _undone(event: ReversalUndone) -> Sides:
    """The rest is booked by the events behind it."""
    if not event.reclaimable_cents:
        return ()
    return _transfer(event.reclaimable_cents, held_in(event.provider), "reclaimable")


def _voided(event: CashEntryVoided) -> Sides:
    counted = event.task_version is None
    return _transfer(event.amount_cents, "receivable" if counted else "surplus", held_in(event.provider))


def _owed_back(event: RefundFellDue | RefundRequested | RefundApproved) -> Sides:
    """What a refund of part of a payment is owed for begins when it may be carried out."""
    if isinstance(event, RefundRequested) and event.needs_approval:
        return ()
    if not isinstance(event, RefundFellDue) and event.task_version is not None:
        return ()  # the money task has been booked
    return _transfer(event.amount_cents, f"revenue:{event.cost_object}", "refundable")


def _source(event: MoneyTaskSettled) -> str:
    """The account that the settled money came from, or went to when it was kept."""
    match Settled(event.how):
        case Settled.RETURNED_BY_TRANSFER:
            return BANK
        case Settled.RETURNED_BY_PROVIDER:
            return held_in(event.provider)
        case Settled.KEPT_BY_AGREEMENT:
            return f"revenue:{event.cost_object}"


def _transfer(cents: int, debit: str, credit: str) -> Sides:
    return ((debit, cents), (credit, -cents))


def _received(event: PartReceived | PaymentSettled) -> Sides:
    return _transfer(event.amount_cents, held_in(event.provider), "receivable")


def _dropped(event: ClaimCancelled | ClaimReduced) -> Sides:
    return _transfer(event.amount_cents, f"revenue:{event.cost_object}", "receivable")


def _charged(event: DunningStepTaken) -> Sides:
    """With the fee's own revenue, so that a cancellation or refund of the whole takes it back as well."""
    if not event.charge_cents:
        return ()
    return _transfer(event.charge_cents, "receivable", f"revenue:{event.cost_object}")


def _kept(event: ProviderFeeCharged | ProviderStatementTaken) -> Sides:
    if not event.amount_cents:
        return ()
    return _transfer(event.amount_cents, f"fees:{event.provider}", held_in(event.provider))


def _at_the_bank(event: BankItemReceived) -> Sides:
    """What has a claim is booked by the claim's own event."""
    if event.outcome == Outcome.PAYOUT:
        return _transfer(event.amount_cents, BANK, in_transit(event.provider))
    return _transfer(event.amount_cents, BANK, UNALLOCATED) if event.outcome in WAITING else ()


POSTINGS: Final[Mapping[type[Event], Callable[[Any], Sides]]] = {
    PaymentRequested: lambda e: _transfer(e.amount_cents, "receivable", f"revenue:{e.cost_object}"),
    DunningStepTaken: _charged,
    PartReceived: _received,
    PaymentSettled: _received,
    SurplusReceived: lambda e: _transfer(e.amount_cents, held_in(e.provider), "surplus"),
    ProviderFeeCharged: _kept,
    ProviderStatementTaken: _kept,
    PaymentReversed: _reversal,
    ReversalUndone: _undone,
    RefundedElsewhere: _elsewhere,
    CashEntryVoided: _voided,
    ClaimCancelled: _dropped,
    ClaimReduced: _dropped,
    RefundFellDue: _owed_back,
    RefundRequested: _owed_back,
    RefundApproved: _owed_back,
    RefundSettled: lambda e: _transfer(e.amount_cents, account_of(e.kind), held_in(e.provider)),
    MoneyTaskOffset: lambda e: _transfer(e.amount_cents, account_of(e.kind), "reclaimable"),
    MoneyTaskSettled: lambda e: _transfer(e.amount_cents, account_of(e.kind), _source(e)),
    BankItemReceived: _at_the_bank,
    BankItemAllocated: lambda e: _transfer(e.amount_cents, UNALLOCATED, BANK),
    BankItemMatched: lambda e: _transfer(e.amount_cents, UNALLOCATED, BANK),
    BankItemToldAgain: lambda e: _transfer(e.amount_cents, UNALLOCATED, BANK) if e.amount_cents else (),
    BankItemSentBack: lambda e: _transfer(e.amount_cents, UNALLOCATED, BANK),
    ProviderPaidOut: lambda e: _transfer(e.amount_cents, in_transit(e.provider), held_in(e.provider)),
    PayoutFound: lambda e: _transfer(e.amount_cents, UNALLOCATED, in_transit(e.provider)),
    PayoutUndone: lambda e: _transfer(e.amount_cents, in_transit(e.provider), UNALLOCATED),
}
"""The events that move money or claims, and what each debits and credits."""
