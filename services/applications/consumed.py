"""What is read of foreign events, and the policies they set off."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.applications.erasing import erase_citizen_when_account_is_erased
from services.applications.fee_deadlines import (
    give_time_when_part_is_paid,
    give_time_when_payment_fails,
    wait_when_payer_has_chosen_to_transfer,
    wait_when_payment_is_under_way,
)
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

TRANSFER: Final = "transfer"


class PaymentStarted(ForeignEvent):
    """Of payments: the payer has chosen how to pay; `debited_on` where the city takes the money itself."""

    claim_id: UUID
    case_id: UUID
    attempt_id: UUID
    method: str
    debited_on: date | None = None


class PaymentUnderWay(ForeignEvent):
    """Of payments: the payer has agreed or may have paid, and the last word is still to come.

    `case_id` is missing in old events.
    """

    claim_id: UUID
    case_id: UUID | None
    attempt_id: UUID


class PaymentFailed(ForeignEvent):
    """Of payments: an attempt ended without money."""

    case_id: UUID
    attempt_id: UUID


class PartReceived(ForeignEvent):
    """Of payments: less came than is owed; `payment_id` is the attempt that it came by, or a receipt."""

    claim_id: UUID
    case_id: UUID
    payment_id: UUID


class SurplusReceived(ForeignEvent):
    """Of payments: money came that the claim did not want."""

    case_id: UUID
    attempt_id: UUID


class PaymentSettled(ForeignEvent):
    """Of payments: the fee of a case is booked; `claim_cents` where it may have come in parts,
    `provisional_until` while the payer may have it back."""

    claim_id: UUID
    case_id: UUID
    attempt_id: UUID | None = None
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
    _hear_of_awaited_money(found, office)

    @found.on("payments.payment_settled.v1", PaymentSettled)
    async def on_payment_settled(event: PaymentSettled, unit: Unit) -> None:
        await record_fee_when_payment_is_settled(
            event.case_id,
            event.claim_id,
            event.attempt_id,
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


def _hear_of_awaited_money(found: Handlers, office: Office) -> None:
    """The claim's own events alone: they keep their order, so a failure never comes before its beginning."""

    @found.on("payments.payment_started.v1", PaymentStarted)
    async def on_payment_started(event: PaymentStarted, unit: Unit) -> None:
        about = (event.case_id, event.claim_id, event.attempt_id)
        if event.debited_on is not None:
            await wait_when_payment_is_under_way(*about, unit)
        elif event.method == TRANSFER:
            await wait_when_payer_has_chosen_to_transfer(*about, office, unit)

    @found.on("payments.payment_approved.v1", PaymentUnderWay)
    @found.on("payments.payment_unclear.v1", PaymentUnderWay)
    async def on_payment_under_way(event: PaymentUnderWay, unit: Unit) -> None:
        if event.case_id is not None:
            await wait_when_payment_is_under_way(event.case_id, event.claim_id, event.attempt_id, unit)

    @found.on("payments.payment_failed.v1", PaymentFailed)
    @found.on("payments.surplus_received.v1", SurplusReceived)
    async def on_payment_failed(event: PaymentFailed | SurplusReceived, unit: Unit) -> None:
        await give_time_when_payment_fails(event.case_id, event.attempt_id, office, unit)

    @found.on("payments.part_received.v1", PartReceived)
    async def on_part_received(event: PartReceived, unit: Unit) -> None:
        await give_time_when_part_is_paid(event.case_id, event.claim_id, event.payment_id, office, unit)
