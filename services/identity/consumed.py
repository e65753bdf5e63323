"""The foreign events that identity reads, as narrowly as it needs them."""

from datetime import date
from uuid import UUID

from services.identity import policies
from services.identity.mail.letters import REASONS
from shared.bus.handlers import ForeignEvent, Handlers
from shared.log import Unit


class CaseOfAccount(ForeignEvent):
    """A step of a case, and whose case it is."""

    case_id: UUID
    account_id: UUID


class DueCase(CaseOfAccount):
    """A case whose fee is to be paid by a day."""

    pay_by: date


class PartPaid(DueCase):
    """A part of a fee came, and the rest is to be paid by a day."""

    payment_id: UUID


class PaymentTakenBack(CaseOfAccount):
    """A payment went back, so that something is owed again; `concern` says whose turn it is."""

    payment_id: UUID
    owed_cents: int
    concern: str = REASONS[0]


class DebitRejected(ForeignEvent):
    """The bank refused a debit; case and account are missing in old events."""

    debit_id: UUID
    case_id: UUID | None
    account_id: UUID | None
    concern: str


class DebitPutOff(ForeignEvent):
    """An announced debit is made on a later day; the account is missing in old events."""

    debit_id: UUID
    account_id: UUID | None
    due: date


class EndedArrangement(CaseOfAccount):
    """A claim is not debited by itself any more; `reason` says why."""

    reason: str = ""


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

    _hear_of_money(found)
    return found


def _hear_of_money(found: Handlers) -> None:
    """What is owed, and what became of what was paid."""

    @found.on("applications.fee_reminded.v1", DueCase)
    async def on_fee_reminded(event: DueCase, unit: Unit) -> None:
        await policies.remind_when_fee_is_about_to_be_late(
            event.account_id, event.case_id, event.pay_by, unit
        )

    @found.on("applications.application_expired.v1", CaseOfAccount)
    async def on_application_expired(event: CaseOfAccount, unit: Unit) -> None:
        await policies.tell_when_application_has_expired(event.account_id, event.case_id, unit)

    @found.on("applications.rest_awaited.v1", PartPaid)
    async def on_rest_awaited(event: PartPaid, unit: Unit) -> None:
        await policies.tell_when_rest_is_awaited(event.account_id, event.payment_id, event.pay_by, unit)

    @found.on("payments.payment_reversed.v1", PaymentTakenBack)
    async def on_payment_reversed(event: PaymentTakenBack, unit: Unit) -> None:
        if event.owed_cents:
            await policies.tell_when_payment_went_back(
                event.account_id, event.payment_id, event.concern, unit
            )

    @found.on("payments.debit_rejected.v1", DebitRejected)
    async def on_debit_rejected(event: DebitRejected, unit: Unit) -> None:
        if event.account_id is not None:
            await policies.tell_when_payment_went_back(event.account_id, event.debit_id, event.concern, unit)

    @found.on("payments.payer_reminded.v1", CaseOfAccount)
    async def on_payer_reminded(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_payer_is_reminded(event.account_id, event.case_id, unit)

    @found.on("payments.debit_announced.v1", CaseOfAccount)
    async def on_debit_announced(event: CaseOfAccount, unit: Unit) -> None:
        await policies.send_news_when_debit_is_announced(event.account_id, event.case_id, unit)

    @found.on("payments.debit_put_off.v1", DebitPutOff)
    async def on_debit_put_off(event: DebitPutOff, unit: Unit) -> None:
        if event.account_id is not None:
            await policies.tell_when_debit_is_put_off(event.account_id, event.debit_id, event.due, unit)

    @found.on("payments.debit_arrangement_ended.v1", EndedArrangement)
    async def on_debit_arrangement_ended(event: EndedArrangement, unit: Unit) -> None:
        await policies.send_news_when_debit_arrangement_has_ended(
            event.account_id, event.case_id, event.reason, unit
        )
