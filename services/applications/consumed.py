"""What is read of foreign events, and the policies they set off."""

from uuid import UUID

from services.applications.erasing import erase_citizen_when_account_is_erased
from services.applications.office import Office
from services.applications.policies import (
    complete_case_when_document_is_issued,
    record_fee_when_payment_is_settled,
    revoke_approval_when_document_is_revoked,
)
from shared.bus.handlers import ForeignEvent, Handlers
from shared.log import Unit


class PaymentSettled(ForeignEvent):
    """Of payments: the fee of a case is booked; `claim_cents` where it may have come in parts."""

    claim_id: UUID
    case_id: UUID
    amount_cents: int
    claim_cents: int | None = None


class DocumentIssued(ForeignEvent):
    """Of documents: something was issued on a case."""

    document_id: UUID
    case_id: UUID
    kind: str


class DocumentRevoked(ForeignEvent):
    """Of documents: something issued on a case holds no longer."""

    document_id: UUID
    case_id: UUID
    reason: str


class AccountErased(ForeignEvent):
    """Of identity: the citizen was forgotten."""

    account_id: UUID


def handlers(office: Office) -> Handlers:
    """The reactions of this service."""
    found = Handlers()

    @found.on("payments.payment_settled.v1", PaymentSettled)
    async def on_payment_settled(event: PaymentSettled, unit: Unit) -> None:
        await record_fee_when_payment_is_settled(
            event.case_id, event.claim_id, event.claim_cents or event.amount_cents, office, unit
        )

    @found.on("documents.document_issued.v1", DocumentIssued)
    async def on_document_issued(event: DocumentIssued, unit: Unit) -> None:
        await complete_case_when_document_is_issued(event.case_id, event.document_id, event.kind, unit)

    @found.on("documents.document_revoked.v1", DocumentRevoked)
    async def on_document_revoked(event: DocumentRevoked, unit: Unit) -> None:
        await revoke_approval_when_document_is_revoked(
            event.case_id, event.document_id, event.reason, office, unit
        )

    @found.on("identity.account_erased.v1", AccountErased)
    async def on_account_erased(event: AccountErased, unit: Unit) -> None:
        erase_citizen_when_account_is_erased(event.account_id, unit)

    return found
