"""The public events of cases: ids, states, amounts, reasons, days. No personal data.

What the register answered stays inside, and so does a referral's reason that would tell it.
"""

from datetime import date
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel

from services.applications.domain import case_events as happened
from services.applications.domain import fee_events
from shared.bus.published import Published

PUBLISHED: Final = Published("applications")
IN_REVIEW: Final = "in_review"
_CASE: Final = UUID("0192b1c4-0000-7000-8000-00000000000c")
_DOCUMENT: Final = UUID("0192b1c4-0000-5000-8000-00000000000d")
_ACCOUNT: Final = UUID("0192b1c4-0000-7000-8000-00000000000a")
_PAYMENT: Final = UUID("0192b1c4-0000-7000-8000-0000000000a7")


class ApplicationSubmitted(BaseModel):
    """A citizen applied; a fee due before the decision can be paid from now on."""

    case_id: UUID
    case_number: str
    service: str
    service_version: int
    account_id: UUID
    fee_cents: int
    currency: str
    fee_due: Literal["before_decision", "after_decision", "none"]
    cost_object: str | None
    pay_by: date | None
    language: str


class ApplicationReferred(BaseModel):
    """A clerk has the case in hand; reasons from the register read `in_review`."""

    case_id: UUID
    reasons: list[str]


class CorrectionRequested(BaseModel):
    """The citizen is asked to correct the application, until a day where there is a deadline."""

    case_id: UUID
    account_id: UUID
    answer_by: date | None = None


class CorrectionReminded(BaseModel):
    """The citizen has not corrected the application yet, and the deadline comes near."""

    case_id: UUID
    account_id: UUID


class CorrectionLapsed(BaseModel):
    """The citizen did not correct the application in time: a clerk decides on what is there."""

    case_id: UUID
    account_id: UUID


class CorrectionTakenBack(BaseModel):
    """A clerk needs no correction any more."""

    case_id: UUID
    account_id: UUID


class ApplicationCorrected(BaseModel):
    """The citizen corrected the application."""

    case_id: UUID


class GrantedDocument(BaseModel):
    """The document a decision calls for; its number is given when it is issued."""

    kind: str
    number: str | None = None


class Instalment(BaseModel):
    """A part of a fee, and the last day on which it is paid in time."""

    due_on: date
    cents: int


class ApplicationApproved(BaseModel):
    """The application is granted; the case as of `stream_version` holds all a document needs.

    Without `instalments` a fee that is due after the decision is paid at once.
    """

    case_id: UUID
    case_number: str
    account_id: UUID
    service: str
    service_version: int
    stream_version: int
    document: GrantedDocument
    fee_cents: int
    currency: str
    fee_due: Literal["before_decision", "after_decision", "none"]
    cost_object: str | None
    valid_from: date
    valid_until: date | None
    decided_by: Literal["rule", "clerk"]
    rule_version: str
    instalments: list[Instalment] = []


class ApplicationRejected(BaseModel):
    """The application is refused, for a public reason of its service."""

    case_id: UUID
    case_number: str
    account_id: UUID
    service: str
    stream_version: int
    reason: str
    decided_by: Literal["rule", "clerk"]


class ApplicationWithdrawn(BaseModel):
    """The citizen took the application back."""

    case_id: UUID
    account_id: UUID


class ApplicationExpired(BaseModel):
    """The fee was not paid in time; the case is over."""

    case_id: UUID
    account_id: UUID
    reason: Literal["unpaid"]


class FeeReminded(BaseModel):
    """A fee that is due before the decision is not paid, and the case expires after `pay_by`."""

    case_id: UUID
    account_id: UUID
    pay_by: date


class RestAwaited(BaseModel):
    """A part of the fee of an undecided case came; it expires unless the rest is paid by `pay_by`."""

    case_id: UUID
    account_id: UUID
    payment_id: UUID
    pay_by: date


class PayByMoved(BaseModel):
    """The fee of an undecided case may be paid until a later day: awaited money failed, was taken back, or
    came in part."""

    case_id: UUID
    account_id: UUID
    pay_by: date


class ApplicationCompleted(BaseModel):
    """The document is issued; nothing is left to do."""

    case_id: UUID
    account_id: UUID
    case_number: str


class ApprovalCorrected(BaseModel):
    """What was granted is corrected; the case as of `stream_version` holds what the new document needs.

    `replaces` is the document that the new one supersedes.
    """

    case_id: UUID
    account_id: UUID
    stream_version: int
    document: GrantedDocument
    replaces: UUID


class GivenUp(BaseModel):
    """What was paid for is given up early: its first and last day, and the day from which on it ends."""

    valid_from: date
    valid_until: date
    given_up_on: date


class ApprovalRevoked(BaseModel):
    """What was granted holds no longer; `refund` says whether what was paid for it is owed back.

    With `pro_rata` the share of the whole months left is.
    """

    case_id: UUID
    account_id: UUID
    reason: str
    refund: Literal["full", "none"] = "none"
    pro_rata: GivenUp | None = None


def given_up(event: happened.ApprovalRevoked) -> GivenUp | None:
    days = {name: getattr(event, name) for name in GivenUp.model_fields}
    return GivenUp(**days) if event.refund == "pro_rata" and all(days.values()) else None


class ApprovalSuspended(BaseModel):
    """What was granted does not count for now: its fee is overdue, and the payer was dunned."""

    case_id: UUID
    account_id: UUID
    document_id: UUID
    reason: Literal["unpaid"]


class ApprovalReinstated(BaseModel):
    """The fee is paid: what was suspended counts again."""

    case_id: UUID
    account_id: UUID
    document_id: UUID


def public_reasons(event: happened.Referred) -> list[str]:
    shown = [IN_REVIEW if reason.startswith("register_") else reason for reason in event.reasons]
    return list(dict.fromkeys(shown))


def instalments(event: happened.Approved) -> list[Instalment]:
    return [Instalment(due_on=part.due_on, cents=part.cents) for part in event.instalments]


def document(event: happened.Approved | happened.ApprovalCorrected) -> GrantedDocument:
    return GrantedDocument(kind=event.document_kind)


PUBLISHED.add(
    happened.Submitted,
    ApplicationSubmitted(
        case_id=_CASE,
        case_number="BPA-2026-000123",
        service="bewohnerparkausweis",
        service_version=1,
        account_id=_ACCOUNT,
        fee_cents=3060,
        currency="EUR",
        fee_due="before_decision",
        cost_object="12.02.01.431100",
        pay_by=date(2026, 11, 29),
        language="de",
    ),
)
PUBLISHED.add(
    happened.Referred,
    ApplicationReferred(case_id=_CASE, reasons=["season_plate"]),
    {"reasons": public_reasons},
)
PUBLISHED.add(
    happened.CorrectionRequested,
    CorrectionRequested(case_id=_CASE, account_id=_ACCOUNT, answer_by=date(2026, 12, 6)),
)
PUBLISHED.add(
    happened.CorrectionReminded,
    CorrectionReminded(case_id=_CASE, account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.CorrectionLapsed,
    CorrectionLapsed(case_id=_CASE, account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.CorrectionTakenBack,
    CorrectionTakenBack(case_id=_CASE, account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.Corrected,
    ApplicationCorrected(case_id=_CASE),
)
PUBLISHED.add(
    happened.Approved,
    ApplicationApproved(
        case_id=_CASE,
        case_number="BPA-2026-000123",
        account_id=_ACCOUNT,
        service="bewohnerparkausweis",
        service_version=1,
        stream_version=4,
        document=GrantedDocument(kind="resident_parking_permit"),
        fee_cents=3060,
        currency="EUR",
        fee_due="before_decision",
        cost_object="12.02.01.431100",
        valid_from=date(2026, 12, 1),
        valid_until=date(2027, 11, 30),
        decided_by="rule",
        rule_version="bewohnerparkausweis/1",
    ),
    {"document": document, "instalments": instalments},
)
PUBLISHED.add(
    happened.Rejected,
    ApplicationRejected(
        case_id=_CASE,
        case_number="BPA-2026-000123",
        account_id=_ACCOUNT,
        service="bewohnerparkausweis",
        stream_version=5,
        reason="no_main_residence",
        decided_by="clerk",
    ),
)
PUBLISHED.add(
    happened.Withdrawn,
    ApplicationWithdrawn(case_id=_CASE, account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.Expired,
    ApplicationExpired(case_id=_CASE, account_id=_ACCOUNT, reason="unpaid"),
    {"reason": lambda _: "unpaid"},
)
PUBLISHED.add(
    fee_events.FeeReminded,
    FeeReminded(case_id=_CASE, account_id=_ACCOUNT, pay_by=date(2026, 11, 29)),
)
PUBLISHED.add(
    fee_events.RestAwaited,
    RestAwaited(case_id=_CASE, account_id=_ACCOUNT, payment_id=_PAYMENT, pay_by=date(2026, 12, 20)),
)
PUBLISHED.add(
    fee_events.PayByMoved,
    PayByMoved(case_id=_CASE, account_id=_ACCOUNT, pay_by=date(2026, 12, 20)),
)
PUBLISHED.add(
    happened.Completed,
    ApplicationCompleted(case_id=_CASE, account_id=_ACCOUNT, case_number="BPA-2026-000123"),
)
PUBLISHED.add(
    happened.ApprovalCorrected,
    ApprovalCorrected(
        case_id=_CASE,
        account_id=_ACCOUNT,
        stream_version=7,
        document=GrantedDocument(kind="resident_parking_permit"),
        replaces=_DOCUMENT,
    ),
    {"document": document},
)
PUBLISHED.add(
    happened.ApprovalRevoked,
    ApprovalRevoked(case_id=_CASE, account_id=_ACCOUNT, reason="wrongly_granted", refund="full"),
    {"refund": lambda e: "full" if e.refund == "full" else "none", "pro_rata": given_up},
)
PUBLISHED.add(
    happened.ApprovalSuspended,
    ApprovalSuspended(case_id=_CASE, account_id=_ACCOUNT, document_id=_DOCUMENT, reason="unpaid"),
)
PUBLISHED.add(
    happened.ApprovalReinstated,
    ApprovalReinstated(case_id=_CASE, account_id=_ACCOUNT, document_id=_DOCUMENT),
)
