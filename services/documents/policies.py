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
    PaymentSettled,
)
from services.documents.domain.document import (
    RECEIPT,
    REJECTION,
    Document,
    NotInForce,
    NotSuspended,
)
from services.documents.erasing import ERASE, Eraser, erase_later
from services.documents.issuing import Issuer, Order
from shared.bus.handlers import Handlers
from shared.log import Unit
from shared.tasks import Tasks

log = structlog.get_logger()

RENDER: Final = "render_document"
REVOKE: Final = "revoke_document"
RECEIPT_AFTER: Final = timedelta(seconds=2)
"""A receipt waits a moment: the permit that the same payment sets off goes first."""


def register(handlers: Handlers, tasks: Tasks, issuer: Issuer, eraser: Eraser) -> None:
    """Binds the policies and the tasks they order."""
    tasks.on(RENDER)(issuer.render_document)
    tasks.on(ERASE)(eraser.erase_citizen)
    tasks.on(REVOKE)(issuer.revoke_granted)

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

    @handlers.on("payments.payment_settled.v1", PaymentSettled)
    async def order_receipt_when_payment_is_settled(event: PaymentSettled, unit: Unit) -> None:
        order(
            unit, RECEIPT, event.case_id, event.account_id, claim_id=event.claim_id,
            instalment=event.instalment,
        )  # fmt: skip

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


def order(
    unit: Unit,
    kind: str,
    case_id: UUID,
    account_id: UUID,
    *,
    version: int | None = None,
    claim_id: UUID | None = None,
    replaces: UUID | None = None,
    instalment: int = 1,
) -> None:
    """Orders a document once: the task's key is the document's id."""
    wanted = Order(
        kind=kind, case_id=case_id, account_id=account_id, version=version, claim_id=claim_id,
        replaces=replaces, instalment=instalment,
    )  # fmt: skip
    due = unit.now + RECEIPT_AFTER if kind == RECEIPT else None
    unit.task(RENDER, wanted.model_dump(mode="json"), due=due, key=str(wanted.document_id))
