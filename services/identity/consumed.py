"""The foreign events that identity reads, as narrowly as it needs them."""

from uuid import UUID

from services.identity import policies
from shared.bus.handlers import ForeignEvent, Handlers
from shared.log import Unit


class CaseOfAccount(ForeignEvent):
    """A step of a case, and whose case it is."""

    case_id: UUID
    account_id: UUID


class IssuedDocument(CaseOfAccount):
    """A document was issued in a case."""

    kind: str


def handlers() -> Handlers:
    """The reactions, by event type."""
    found = Handlers()

    @found.on("documents.document_issued.v1", IssuedDocument)
    async def on_document_issued(event: IssuedDocument, unit: Unit) -> None:
        await policies.send_news_when_document_is_issued(event.account_id, event.case_id, event.kind, unit)

    @found.on("applications.application_completed.v1", CaseOfAccount)
    async def on_application_completed(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_case_is_completed(event.account_id, event.case_id, unit)

    @found.on("applications.application_rejected.v1", CaseOfAccount)
    async def on_application_rejected(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_case_is_rejected(event.account_id, event.case_id, unit)

    @found.on("applications.correction_requested.v1", CaseOfAccount)
    async def on_correction_requested(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_correction_is_requested(event.account_id, event.case_id, unit)

    @found.on("applications.correction_reminded.v1", CaseOfAccount)
    async def on_correction_reminded(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_correction_is_awaited(event.account_id, event.case_id, unit)

    @found.on("applications.approval_corrected.v1", CaseOfAccount)
    async def on_approval_corrected(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_approval_is_corrected(event.account_id, event.case_id, unit)

    @found.on("documents.document_suspended.v1", CaseOfAccount)
    async def on_document_suspended(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_document_is_suspended(event.account_id, event.case_id, unit)

    @found.on("payments.payer_reminded.v1", CaseOfAccount)
    async def on_payer_reminded(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_payer_is_reminded(event.account_id, event.case_id, unit)

    @found.on("payments.debit_announced.v1", CaseOfAccount)
    async def on_debit_announced(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_debit_is_announced(event.account_id, event.case_id, unit)

    @found.on("payments.debit_arrangement_ended.v1", CaseOfAccount)
    async def on_debit_arrangement_ended(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_debit_arrangement_has_ended(event.account_id, event.case_id, unit)

    return found
