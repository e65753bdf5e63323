"""What payments reads of the events of others: its own narrow readers."""

from datetime import date
from uuid import UUID

from shared.bus.handlers import ForeignEvent


class Instalment(ForeignEvent):
    """A part of a fee, and the day on which it falls due."""

    due_on: date
    cents: int


class FeeOfCase(ForeignEvent):
    """The fee of an application, from ApplicationSubmitted and ApplicationApproved."""

    case_id: UUID
    case_number: str
    account_id: UUID
    service: str
    fee_cents: int
    currency: str
    fee_due: str
    cost_object: str | None
    pay_by: date | None = None
    language: str = "de"
    instalments: tuple[Instalment, ...] = ()


class AccountErased(ForeignEvent):
    """The citizen was forgotten, from identity."""

    account_id: UUID


class ApprovalRevoked(ForeignEvent):
    """What the fee was for was taken back; `refund` says what becomes of a fee that is paid."""

    case_id: UUID
    refund: str = "none"


class CaseEnded(ForeignEvent):
    """An application ended without what the fee was for."""

    case_id: UUID
