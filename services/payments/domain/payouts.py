"""A payment at the bank that is a provider's payout: found, agreed to by a second person, or undone.

It leaves the account `unallocated` for what is on its way from that provider, or comes back from there. The
providers' own accounts are moved by their statements alone.
"""

from datetime import datetime

from services.payments.domain.bank_item import (
    BankItem,
    BankItemRefused,
    NotIncoming,
    OtherPersonNeeded,
    Outcome,
)
from services.payments.domain.payout_events import PayoutDeclined, PayoutFound, PayoutProposed, PayoutUndone


class NoSuchPayout(BankItemRefused):
    """Nobody takes it for this payout, or it was decided on."""

    slug = "payout_unknown"


def find(item: BankItem, provider: str, *, now: datetime) -> None:
    """Raises ItemDone, ReturnWaits, PayoutWaits, NotIncoming."""
    _check(item)
    _find(item, provider, now)


def propose(item: BankItem, provider: str, by: str, *, now: datetime) -> None:
    """Above the limit a second person has to agree. Raises as `find`."""
    _check(item)
    item.emit(PayoutProposed, now=now, provider=provider, proposed_by=by)


def confirm(item: BankItem, provider: str, amount_cents: int, by: str, *, now: datetime) -> None:
    """A second person agrees to what they have read. Raises ItemDone, NoSuchPayout, OtherPersonNeeded."""
    _check_proposal(item, provider, amount_cents, by)
    _find(item, provider, now)


def decline(item: BankItem, provider: str, amount_cents: int, by: str, *, now: datetime) -> None:
    """A second person does not agree. Raises as `confirm`."""
    _check_proposal(item, provider, amount_cents, by)
    item.emit(PayoutDeclined, now=now, declined_by=by)


def undo(item: BankItem, *, now: datetime) -> None:
    """It was found by mistake, by a person or by rule: it waits again. Raises NoSuchPayout."""
    if item.outcome != Outcome.PAYOUT:
        raise NoSuchPayout("the payment is no payout")
    item.emit(PayoutUndone, now=now, provider=item.provider, amount_cents=item.amount_cents,
              currency=item.currency)  # fmt: skip


def _find(item: BankItem, provider: str, now: datetime) -> None:
    item.emit(PayoutFound, now=now, provider=provider, amount_cents=item.amount_cents,
              currency=item.currency)  # fmt: skip


def _check(item: BankItem) -> None:
    item.refuse_decided()
    if item.amount_cents <= 0 or item.left_cents < item.amount_cents:
        raise NotIncoming("money that left the account, or that debits were booked from, is no payout")


def _check_proposal(item: BankItem, provider: str, amount_cents: int, by: str) -> None:
    item.refuse_done()
    if item.payout_proposal is None:
        raise NoSuchPayout("nobody takes it for a payout")
    wanted, wanted_by = item.payout_proposal
    if (provider, amount_cents) != (wanted, item.amount_cents):
        raise NoSuchPayout("what waits is another provider or amount")
    if by == wanted_by:
        raise OtherPersonNeeded("who takes it for a payout cannot agree to it")
