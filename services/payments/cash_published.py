"""The public events of what the cash office does: refunds, and mistakes of the till."""

from uuid import UUID

from pydantic import BaseModel

from services.payments.domain import cash_events, refund_events
from shared.bus.published import Published

_CLAIM = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c02")
_CASE = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c10")
_ACCOUNT = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c11")
_PAYMENT = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c12")
_REFUND = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c13")


class CashEntryVoided(BaseModel):
    """An entry of the till was a mistake and is undone; `surplus` where it is what lay above the claim.

    `booked_version` is the claim's version that the entry's receipt stands for: this and later receipts of
    the claim name the entry, until `stream_version`.
    """

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    payment_id: UUID
    amount_cents: int
    currency: str
    surplus: bool
    reason: str
    booked_version: int
    stream_version: int | None = None


class RefundRequested(BaseModel):
    """Money is to be given back; where `needs_approval`, after a second person has agreed."""

    claim_id: UUID
    case_id: UUID
    refund_id: UUID
    amount_cents: int
    currency: str
    reason: str
    via: str
    needs_approval: bool


class RefundSettled(BaseModel):
    """The provider has given money back."""

    claim_id: UUID
    case_id: UUID
    refund_id: UUID
    amount_cents: int
    currency: str
    stream_version: int | None = None


class RefundFailed(BaseModel):
    """The provider did not give money back; a person sees to it."""

    claim_id: UUID
    case_id: UUID
    refund_id: UUID


class RefundUnclear(BaseModel):
    """Nobody knows whether money went back; a person looks."""

    claim_id: UUID
    case_id: UUID
    refund_id: UUID


def publish(published: Published) -> None:
    """Adds them to the service's."""
    published.add(
        cash_events.CashEntryVoided,
        CashEntryVoided(
            claim_id=_CLAIM,
            case_id=_CASE,
            account_id=_ACCOUNT,
            payment_id=_PAYMENT,
            amount_cents=3060,
            currency="EUR",
            surplus=False,
            reason="amount_mistyped",
            booked_version=2,
            stream_version=3,
        ),
        {"surplus": lambda e: e.task_version is not None},
    )
    published.add(
        refund_events.RefundRequested,
        RefundRequested(
            claim_id=_CLAIM,
            case_id=_CASE,
            refund_id=_REFUND,
            amount_cents=1275,
            currency="EUR",
            reason="given_up_early",
            via="provider",
            needs_approval=False,
        ),
    )
    published.add(
        refund_events.RefundSettled,
        RefundSettled(
            claim_id=_CLAIM,
            case_id=_CASE,
            refund_id=_REFUND,
            amount_cents=1275,
            currency="EUR",
            stream_version=7,
        ),
    )
    published.add(
        refund_events.RefundFailed,
        RefundFailed(claim_id=_CLAIM, case_id=_CASE, refund_id=_REFUND),
    )
    published.add(
        refund_events.RefundUnclear,
        RefundUnclear(claim_id=_CLAIM, case_id=_CASE, refund_id=_REFUND),
    )
