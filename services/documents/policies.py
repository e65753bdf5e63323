"""What documents does on the events of others: what takes reading and rendering is ordered as a task.

Suspension and its end are taken at once instead: in the order in which they were told.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from services.documents.consumed import (
    AccountErased,
    ApplicationApproved,
    ApplicationRejected,
    ApprovalCorrected,
    ApprovalReinstated,
    ApprovalRevoked,
    ApprovalSuspended,
    CashEntryVoided,
    ClaimReduced,
    MoneyTaskSettled,
    PartReceived,
    PaymentSettled,
    RefundedElsewhere,
    RefundSettled,
)
from services.documents.domain.document import (
    RECEIPT,
    REJECTION,
    Document,
    NotInForce,
    NotSuspended,
    document_id,
)
from services.documents.erasing import ERASE, Eraser, erase_later
from services.documents.issuing import RENDER, Issuer, Order
from shared.bus.handlers import Handlers
from shared.log import StreamNotFound, Unit
from shared.tasks import Tasks

log = structlog.get_logger()

REVOKE: Final = "revoke_document"
VOID: Final = "void_receipt"
CASH: Final = "cash"
KEPT: Final = "kept_by_agreement"
RECEIPT_AFTER: Final = timedelta(seconds=2)
"""A receipt waits a moment: the permit that the same payment sets off goes first. At the counter somebody
waits for it."""


def register(handlers: Handlers, tasks: Tasks, issuer: Issuer, eraser: Eraser) -> None:
    """Binds the policies and the tasks they order."""
    tasks.on(RENDER)(issuer.render_document)
    tasks.on(ERASE)(eraser.erase_citizen)
    tasks.on(REVOKE)(issuer.revoke_granted)
    tasks.on(VOID)(issuer.void_receipt)
    _register_receipts(handlers)

    @handlers.on("applications.application_approved.v1", ApplicationApproved)
    async def order_document_when_application_is_approved(event: ApplicationApproved, unit: Unit) -> None:
        order(unit, event.document.kind, event.case_id, event.account_id, version=event.stream_version)

    @handlers.on("applications.approval_corrected.v1", ApprovalCorrected)
    async def order_document_anew_when_approval_is_corrected(event: ApprovalCorrected, unit: Unit) -> None:
        order(
            unit, event.document.kind, event.case_id, event.account_id, version=event.stream_version,
            replaces=event.replaces,
        )  # fmt: skip

    @handlers.on("applications.application_rejected.v1", ApplicationRejected)
    async def order_notice_when_application_is_rejected(event: ApplicationRejected, unit: Unit) -> None:
        order(unit, REJECTION, event.case_id, event.account_id, version=event.stream_version)

    @handlers.on("applications.approval_revoked.v1", ApprovalRevoked)
    async def revoke_document_when_approval_is_revoked(event: ApprovalRevoked, unit: Unit) -> None:
        payload = {"case_id": str(event.case_id), "reason": event.reason}
        unit.task(REVOKE, payload, key=str(event.case_id))

    @handlers.on("applications.approval_suspended.v1", ApprovalSuspended)
    async def suspend_document_when_approval_is_suspended(event: ApprovalSuspended, unit: Unit) -> None:
        document = await unit.load(Document, event.document_id)
        try:
            document.suspend(event.reason, now=unit.now)
        except NotInForce as ignored:
            log.info("suspension_ignored", document=str(document.id), reason=str(ignored))
            return
        await unit.save(document)

    @handlers.on("applications.approval_reinstated.v1", ApprovalReinstated)
    async def reinstate_document_when_approval_is_reinstated(event: ApprovalReinstated, unit: Unit) -> None:
        document = await unit.load(Document, event.document_id)
        try:
            document.reinstate(now=unit.now)
        except NotSuspended as ignored:
            log.info("reinstatement_ignored", document=str(document.id), reason=str(ignored))
            return
        await unit.save(document)

    @handlers.on("identity.account_erased.v1", AccountErased)
    async def erase_citizen_when_account_is_erased(event: AccountErased, unit: Unit) -> None:
        erase_later(event.account_id, unit)


def _register_receipts(handlers: Handlers) -> None:
    """A receipt for each thing that it has to say; earlier ones stay as they were issued, save those that
    name cash that was not taken."""

    @handlers.on("payments.payment_settled.v1", PaymentSettled)
    async def order_receipt_when_payment_is_settled(event: PaymentSettled, unit: Unit) -> None:
        later = event.method == CASH or event.instalment > 1 or event.in_parts
        later = later or await _has_receipt(event.case_id, unit)
        order_receipt(
            unit, event.case_id, event.claim_id, event.stream_version, first=not later,
            account_id=event.account_id, at_once=event.method == CASH,
        )  # fmt: skip

    @handlers.on("payments.part_received.v1", PartReceived)
    async def order_receipt_when_cash_is_taken(event: PartReceived, unit: Unit) -> None:
        if event.method == CASH and event.stream_version:
            order_receipt(unit, event.case_id, event.claim_id, event.stream_version, at_once=True)

    @handlers.on("payments.claim_reduced.v1", ClaimReduced)
    async def order_receipt_when_claim_is_reduced_to_what_came(event: ClaimReduced, unit: Unit) -> None:
        if event.state == "settled":
            order_receipt(unit, event.case_id, event.claim_id, event.stream_version)

    @handlers.on("payments.refund_settled.v1", RefundSettled)
    async def order_receipt_when_refund_is_settled(event: RefundSettled, unit: Unit) -> None:
        if event.stream_version:
            order_receipt(unit, event.case_id, event.claim_id, event.stream_version)

    @handlers.on("payments.refunded_elsewhere.v1", RefundedElsewhere)
    async def order_receipt_when_provider_gave_back(event: RefundedElsewhere, unit: Unit) -> None:
        if event.given_up_cents + event.returned_cents and event.stream_version:
            order_receipt(unit, event.case_id, event.claim_id, event.stream_version)

    @handlers.on("payments.money_task_settled.v1", MoneyTaskSettled)
    async def order_receipt_when_money_is_returned(event: MoneyTaskSettled, unit: Unit) -> None:
        if event.how != KEPT and event.stream_version:
            order_receipt(unit, event.case_id, event.claim_id, event.stream_version)

    @handlers.on("payments.cash_entry_voided.v1", CashEntryVoided)
    async def void_receipt_when_cash_entry_is_voided(event: CashEntryVoided, unit: Unit) -> None:
        if not event.surplus:
            payload = {
                "case_id": str(event.case_id), "claim_id": str(event.claim_id),
                "claim_version": event.booked_version, "voided_version": event.stream_version,
            }  # fmt: skip
            unit.task(VOID, payload, key=f"{event.claim_id}/{event.booked_version}")


async def _has_receipt(case_id: UUID, unit: Unit) -> bool:
    try:
        await unit.load(Document, document_id(case_id, RECEIPT))
    except StreamNotFound:
        return False
    return True


def order_receipt(
    unit: Unit,
    case_id: UUID,
    claim_id: UUID,
    claim_version: int | None,
    *,
    account_id: UUID | None = None,
    first: bool = False,
    at_once: bool = False,
) -> None:
    """Orders the receipt of a claim's version, None for how it stands when it is made."""
    wanted = Order(
        kind=RECEIPT, case_id=case_id, account_id=account_id, claim_id=claim_id, claim_version=claim_version,
        first=first,
    )  # fmt: skip
    _place(wanted, unit, None if at_once else RECEIPT_AFTER)


def order(
    unit: Unit,
    kind: str,
    case_id: UUID,
    account_id: UUID,
    *,
    version: int | None = None,
    replaces: UUID | None = None,
) -> None:
    """Orders a document of a case."""
    wanted = Order(kind=kind, case_id=case_id, account_id=account_id, version=version, replaces=replaces)
    _place(wanted, unit, None)


def _place(wanted: Order, unit: Unit, after: timedelta | None) -> None:
    """Once: the task's key is the document's id."""
    due = unit.now + after if after else None
    unit.task(RENDER, wanted.model_dump(mode="json"), due=due, key=str(wanted.document_id))
