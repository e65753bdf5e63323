"""The public events of cases: ids, states, amounts, reasons, days. No personal data.

What the register answered stays inside, and so does a referral's reason that would tell it.
"""

from datetime import date
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel

from services.applications.domain import case_events as happened
from shared.bus.published import Published

PUBLISHED: Final = Published("applications")
IN_REVIEW: Final = "in_review"
_CASE: Final = UUID("0192b1c4-0000-7000-8000-00000000000c")
_DOCUMENT: Final = UUID("0192b1c4-0000-5000-8000-00000000000d")
_ACCOUNT: Final = UUID("0192b1c4-0000-7000-8000-00000000000a")


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


def revoked(event: happened.ApprovalRevoked) -> ApprovalRevoked:
    days = {name: getattr(event, name) for name in GivenUp.model_fields}
    shared = event.refund == "pro_rata" and all(days.values())
    return ApprovalRevoked(
        case_id=event.originator_id,
        account_id=event.account_id,
        reason=event.reason,
        refund="full" if event.refund == "full" else "none",
        pro_rata=GivenUp(**days) if shared else None,
    )


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


def submitted(event: happened.Submitted) -> ApplicationSubmitted:
    return ApplicationSubmitted.model_validate(_fields(event, ApplicationSubmitted))


def referred(event: happened.Referred) -> ApplicationReferred:
    shown = [IN_REVIEW if reason.startswith("register_") else reason for reason in event.reasons]
    return ApplicationReferred(case_id=event.originator_id, reasons=list(dict.fromkeys(shown)))


def approved(event: happened.Approved) -> ApplicationApproved:
    more = {
        "document": GrantedDocument(kind=event.document_kind),
        "instalments": [Instalment(due_on=part.due_on, cents=part.cents) for part in event.instalments],
    }
    return ApplicationApproved.model_validate(_fields(event, ApplicationApproved) | more)


def rejected(event: happened.Rejected) -> ApplicationRejected:
    return ApplicationRejected.model_validate(_fields(event, ApplicationRejected))


def _fields(event: object, model: type[BaseModel]) -> dict[str, object]:
    own = {name: getattr(event, name) for name in model.model_fields if hasattr(event, name)}
    places = {"case_id": "originator_id", "stream_version": "originator_version"}
    return own | {to: getattr(event, at) for to, at in places.items() if to in model.model_fields}


PUBLISHED.add(
    happened.Submitted,
    name="ApplicationSubmitted",
    model=ApplicationSubmitted,
    to=submitted,
    example=ApplicationSubmitted(
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
    name="ApplicationReferred",
    model=ApplicationReferred,
    to=referred,
    example=ApplicationReferred(case_id=_CASE, reasons=["season_plate"]),
)
PUBLISHED.add(
    happened.CorrectionRequested,
    name="CorrectionRequested",
    model=CorrectionRequested,
    to=lambda e: CorrectionRequested.model_validate(_fields(e, CorrectionRequested)),
    example=CorrectionRequested(case_id=_CASE, account_id=_ACCOUNT, answer_by=date(2026, 12, 6)),
)
PUBLISHED.add(
    happened.CorrectionReminded,
    name="CorrectionReminded",
    model=CorrectionReminded,
    to=lambda e: CorrectionReminded(case_id=e.originator_id, account_id=e.account_id),
    example=CorrectionReminded(case_id=_CASE, account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.CorrectionLapsed,
    name="CorrectionLapsed",
    model=CorrectionLapsed,
    to=lambda e: CorrectionLapsed(case_id=e.originator_id, account_id=e.account_id),
    example=CorrectionLapsed(case_id=_CASE, account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.CorrectionTakenBack,
    name="CorrectionTakenBack",
    model=CorrectionTakenBack,
    to=lambda e: CorrectionTakenBack(case_id=e.originator_id, account_id=e.account_id),
    example=CorrectionTakenBack(case_id=_CASE, account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.Corrected,
    name="ApplicationCorrected",
    model=ApplicationCorrected,
    to=lambda e: ApplicationCorrected(case_id=e.originator_id),
    example=ApplicationCorrected(case_id=_CASE),
)
PUBLISHED.add(
    happened.Approved,
    name="ApplicationApproved",
    model=ApplicationApproved,
    to=approved,
    example=ApplicationApproved(
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
)
PUBLISHED.add(
    happened.Rejected,
    name="ApplicationRejected",
    model=ApplicationRejected,
    to=rejected,
    example=ApplicationRejected(
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
    name="ApplicationWithdrawn",
    model=ApplicationWithdrawn,
    to=lambda e: ApplicationWithdrawn(case_id=e.originator_id, account_id=e.account_id),
    example=ApplicationWithdrawn(case_id=_CASE, account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.Expired,
    name="ApplicationExpired",
    model=ApplicationExpired,
    to=lambda e: ApplicationExpired(case_id=e.originator_id, account_id=e.account_id, reason="unpaid"),
    example=ApplicationExpired(case_id=_CASE, account_id=_ACCOUNT, reason="unpaid"),
)
PUBLISHED.add(
    happened.Completed,
    name="ApplicationCompleted",
    model=ApplicationCompleted,
    to=lambda e: ApplicationCompleted(
        case_id=e.originator_id, account_id=e.account_id, case_number=e.case_number
    ),
    example=ApplicationCompleted(case_id=_CASE, account_id=_ACCOUNT, case_number="BPA-2026-000123"),
)
PUBLISHED.add(
    happened.ApprovalCorrected,
    name="ApprovalCorrected",
    model=ApprovalCorrected,
    to=lambda e: ApprovalCorrected.model_validate(
        _fields(e, ApprovalCorrected) | {"document": GrantedDocument(kind=e.document_kind)}
    ),
    example=ApprovalCorrected(
        case_id=_CASE,
        account_id=_ACCOUNT,
        stream_version=7,
        document=GrantedDocument(kind="resident_parking_permit"),
        replaces=_DOCUMENT,
    ),
)
PUBLISHED.add(
    happened.ApprovalRevoked,
    name="ApprovalRevoked",
    model=ApprovalRevoked,
    to=revoked,
    example=ApprovalRevoked(case_id=_CASE, account_id=_ACCOUNT, reason="wrongly_granted", refund="full"),
)
PUBLISHED.add(
    happened.ApprovalSuspended,
    name="ApprovalSuspended",
    model=ApprovalSuspended,
    to=lambda e: ApprovalSuspended.model_validate(_fields(e, ApprovalSuspended)),
    example=ApprovalSuspended(case_id=_CASE, account_id=_ACCOUNT, document_id=_DOCUMENT, reason="unpaid"),
)
PUBLISHED.add(
    happened.ApprovalReinstated,
    name="ApprovalReinstated",
    model=ApprovalReinstated,
    to=lambda e: ApprovalReinstated.model_validate(_fields(e, ApprovalReinstated)),
    example=ApprovalReinstated(case_id=_CASE, account_id=_ACCOUNT, document_id=_DOCUMENT),
)
