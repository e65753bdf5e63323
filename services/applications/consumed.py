"""What is read of foreign events, and the policies they set off."""

from datetime import datetime
from uuid import UUID

from services.applications.erasing import erase_citizen_when_account_is_erased
from services.applications.fee_policies import (
    end_approval_when_payer_is_dunned,
    record_fee_when_payment_is_settled,
    reopen_fee_when_payment_is_reversed,
)
from services.applications.office import Office
from services.applications.policies import (
    complete_case_when_document_is_issued,
    revoke_approval_when_document_is_revoked,
)
from shared.bus.handlers import ForeignEvent, Handlers
from shared.log import Unit


class PaymentSettled(ForeignEvent):
    """Of payments: the fee of a case is booked; `claim_cents` where it may have come in parts,
    `provisional_until` while the payer may have it back."""

    claim_id: UUID
    case_id: UUID
    amount_cents: int
    claim_cents: int | None = None
    provisional_until: datetime | None = None


class PaymentReversed(ForeignEvent):
    """Of payments: `owed_cents` of what was paid for a case is owed again."""

    claim_id: UUID
    case_id: UUID
    owed_cents: int


class CashEntryVoided(ForeignEvent):
    """Of payments: cash was booked by mistake and is owed again; `surplus` where it lay above the claim."""

    claim_id: UUID
    case_id: UUID
    amount_cents: int
    surplus: bool


class PayerDunned(ForeignEvent):
    """Of payments: a step was taken because a claim is overdue."""

    case_id: UUID
    step: str


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
            event.case_id,
            event.claim_id,
            event.claim_cents or event.amount_cents,
            event.provisional_until,
            office,
            unit,
        )

    @found.on("payments.payment_reversed.v1", PaymentReversed)
    async def on_payment_reversed(event: PaymentReversed, unit: Unit) -> None:
        await reopen_fee_when_payment_is_reversed(
            event.case_id, event.claim_id, event.owed_cents, office, unit
        )

    @found.on("payments.cash_entry_voided.v1", CashEntryVoided)
    async def on_cash_entry_voided(event: CashEntryVoided, unit: Unit) -> None:
        if not event.surplus:
            await reopen_fee_when_payment_is_reversed(
                event.case_id, event.claim_id, event.amount_cents, office, unit
            )

    @found.on("payments.payer_reminded.v1", PayerDunned)
    async def on_payer_reminded(event: PayerDunned, unit: Unit) -> None:
        await end_approval_when_payer_is_dunned(event.case_id, event.step, office, unit)

    @found.on("payments.dunning_step_taken.v1", PayerDunned)
    async def on_dunning_step_taken(event: PayerDunned, unit: Unit) -> None:
        await end_approval_when_payer_is_dunned(event.case_id, event.step, office, unit)

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
