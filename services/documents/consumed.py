"""What documents reads of the events of others, and of the answers of their APIs: its own narrow readers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.bus.handlers import ForeignEvent


class WantedDocument(ForeignEvent):
    """The document an approval calls for."""

    kind: str


class ApplicationApproved(ForeignEvent):
    """An application was granted."""

    case_id: UUID
    account_id: UUID
    stream_version: int
    document: WantedDocument


class ApprovalCorrected(ForeignEvent):
    """What was granted is corrected: another document takes the place of `replaces`."""

    case_id: UUID
    account_id: UUID
    stream_version: int
    document: WantedDocument
    replaces: UUID


class ApplicationRejected(ForeignEvent):
    """An application was refused."""

    case_id: UUID
    account_id: UUID
    stream_version: int


class ApprovalRevoked(ForeignEvent):
    """What was granted holds no longer."""

    case_id: UUID
    reason: str


class ApprovalSuspended(ForeignEvent):
    """What was granted does not count for now."""

    document_id: UUID
    reason: str


class ApprovalReinstated(ForeignEvent):
    """What was suspended counts again."""

    document_id: UUID


class PaymentSettled(ForeignEvent):
    """A claim was paid: a whole charge, or one of its instalments, counted from 1.

    `amount_cents` of its `claim_cents` came last. `stream_version` is None in what was told before it was
    said.
    """

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    method: str = ""
    instalment: int = 1
    amount_cents: int = 0
    claim_cents: int | None = None
    stream_version: int | None = None

    @property
    def in_parts(self) -> bool:
        """Whether other money of the claim had come before."""
        return self.claim_cents not in (None, self.amount_cents)


class PartReceived(ForeignEvent):
    """Part of a claim was paid."""

    claim_id: UUID
    case_id: UUID
    method: str
    stream_version: int | None = None


class ClaimReduced(ForeignEvent):
    """Less of a claim is owed; `settled` where with that nothing is."""

    claim_id: UUID
    case_id: UUID
    state: str
    stream_version: int


class RefundSettled(ForeignEvent):
    """A provider gave money of a claim back."""

    claim_id: UUID
    case_id: UUID
    stream_version: int | None = None


class RefundedElsewhere(ForeignEvent):
    """A provider gave money of a claim back by itself; what is `owed_cents` again is no refund of the city's.

    `returned_cents` is missing in what was told before it was said.
    """

    claim_id: UUID
    case_id: UUID
    given_up_cents: int
    returned_cents: int = 0
    stream_version: int | None = None


class MoneyTaskSettled(ForeignEvent):
    """The cash office gave money of a claim back, or kept it: `how`."""

    claim_id: UUID
    case_id: UUID
    how: str
    stream_version: int | None = None


class CashEntryVoided(ForeignEvent):
    """Cash was not taken after all; its receipt is of the claim's version `booked_version`, and later ones
    name it too. `stream_version` is None in what was told before it was said."""

    claim_id: UUID
    case_id: UUID
    surplus: bool
    booked_version: int
    stream_version: int | None = None


class AccountErased(ForeignEvent):
    """The citizen was forgotten."""

    account_id: UUID


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Fee(_Answer):
    """The fee of a case in cents."""

    cents: int
    settled: bool = False


class Decision(_Answer):
    """How a case was decided: `reason` is a code, `text` the clerk's own words."""

    reason: str | None = None
    text: str | None = None


class Step(_Answer):
    """Something that happened to a case."""

    step: str
    at: datetime


class RejectionReason(_Answer):
    """A reason to refuse, in words."""

    code: str
    words: str


class PrintedOffice(_Answer):
    """The office in charge of a service, as it is printed."""

    name: str
    phone: str
    email: str
    contact: str | None = None
    room: str | None = None


class Printed(_Answer):
    """A service's own words for its documents, at the version that the case began with."""

    title: str
    number_prefix: str
    subject: str
    office: PrintedOffice
    legal_basis: str
    notes: list[str] = []
    remedy: list[str] = []


class Application(_Answer):
    """A case at a version, as applications shows it to a service."""

    case_id: UUID
    case_number: str
    account_id: UUID
    printed: Printed
    submitted_at: datetime
    fee: Fee
    decision: Decision | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    answers: dict[str, Any]
    facts: dict[str, Any]
    assessment: dict[str, Any] | None = None
    timeline: list[Step] = []
    rejection_reasons: list[RejectionReason] = []


class CamePart(_Answer):
    """Money that came."""

    method: str
    amount_cents: int
    paid_at: datetime


class WentBack(_Answer):
    """Money that was given back."""

    method: str
    amount_cents: int
    returned_at: datetime


class PaidClaim(_Answer):
    """The receipt that payments gives for a claim; amounts in cents."""

    case_number: str
    kassenzeichen: str
    amount_cents: int
    method: str
    methods: tuple[str, ...] = ()
    settled_at: datetime
    instalment: int = 1
    instalment_count: int = 1
    owed_cents: int = 0
    pending_cents: int = 0
    payments: tuple[CamePart, ...] = ()
    refunds: tuple[WentBack, ...] = ()
