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


class PayByMoved(ForeignEvent):
    """The fee of an undecided case may be paid until a later day."""

    case_id: UUID
    pay_by: date


class AccountErased(ForeignEvent):
    """The citizen was forgotten, from identity."""

    account_id: UUID


class GivenUp(ForeignEvent):
    """What was paid for, and the day from which on it was given up."""

    valid_from: date
    valid_until: date
    given_up_on: date


class ApprovalRevoked(ForeignEvent):
    """What the fee was for was taken back; `refund` says what becomes of a fee that is paid, `pro_rata` that
    a share of it goes back."""

    case_id: UUID
    refund: str = "none"
    pro_rata: GivenUp | None = None


class CaseEnded(ForeignEvent):
    """An application ended without what the fee was for."""

    case_id: UUID
