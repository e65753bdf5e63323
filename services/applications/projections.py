"""Read models: the overview of cases, for the citizen's list and the clerk's. Rows ride with the append."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from services.applications.domain import case_events as happened
from services.applications.domain import fee_events
from services.applications.domain.conditions import CITIZENS_TURN, Condition
from shared.domain import Event
from shared.log import Meta, Projections, Retention, Sealer, Table

PROJECTIONS: Final = Projections()
OVERVIEW: Final = PROJECTIONS.table(
    "case_overview",
    ("case_id",),
    (
        "case_number",
        "account_id",
        "service",
        "service_version",
        "condition",
        "version",
        "fee_cents",
        "currency",
        "fee_due",
        "settled",
        "provisional_until",
        "pay_by",
        "reasons",
        "valid_from",
        "valid_until",
        "decided_by",
        "document_id",
        "submitted_at",
        "changed_at",
        "referred_at",
        "ended_at",
    ),
)
TURNS: Final = PROJECTIONS.table("case_turn", ("case_id", "version"), ("begun_at", "citizens"))
DRAFTS: Final = Table(
    "draft",
    ("draft_id",),
    ("account_id", "service", "service_version", "sealed", "created_at", "changed_at"),
)
DRAFTS_KEPT: Final = Retention("draft", "changed_at < $1", timedelta(days=30))
ACCESSES: Final = Table(
    "case_access", ("access_id",), ("case_id", "account_id", "reader", "purpose", "read_at"), write_once=True
)
ACCESSES_KEPT: Final = Retention("case_access", "read_at < $1", timedelta(days=731))
"""Two years, as its trigger demands: to the end of the year after at least, as § 76 (4) BDSG has it."""

Patches = Iterable[tuple[Table, tuple[Any, ...], Mapping[str, Any] | None]]


def _patch(event: Any, condition: str, **values: Any) -> Patches:
    yield OVERVIEW, (str(event.originator_id),), {"condition": condition, **_touched(event), **values}


def _touched(event: Any) -> dict[str, Any]:
    return {"version": event.originator_version, "changed_at": event.timestamp}


@PROJECTIONS.on(happened.Submitted)
def on_submitted(event: happened.Submitted, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(
        event,
        event.condition,
        case_number=event.case_number,
        account_id=event.account_id,
        service=event.service,
        service_version=event.service_version,
        fee_cents=event.fee_cents,
        currency=event.currency,
        fee_due=event.fee_due,
        pay_by=event.pay_by,
        submitted_at=event.timestamp,
    )


@PROJECTIONS.on(happened.RegisterAnswered)
def on_register_answered(event: happened.RegisterAnswered, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, event.condition)


@PROJECTIONS.on(happened.FeeSettled)
def on_fee_settled(event: happened.FeeSettled, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, event.condition, settled=True, provisional_until=None)


@PROJECTIONS.on(happened.ProvisionalFeeReceived)
def on_provisional_fee_received(
    event: happened.ProvisionalFeeReceived, _meta: Meta, _seal: Sealer
) -> Patches:
    return _patch(event, event.condition, provisional_until=event.provisional_until)


@PROJECTIONS.on(happened.FeeReversed)
def on_fee_reversed(event: happened.FeeReversed, _meta: Meta, _seal: Sealer) -> Patches:
    new_day = {"pay_by": event.pay_by} if event.pay_by else {}
    return _patch(event, event.condition, settled=False, provisional_until=None, **new_day)


@PROJECTIONS.on(
    fee_events.FeeAwaited, fee_events.FeeWaitEnded, fee_events.RestAwaited, fee_events.FeeReminded
)
def on_fee_waited_for(event: Any, _meta: Meta, _seal: Sealer) -> Patches:
    yield OVERVIEW, (str(event.originator_id),), _touched(event)


@PROJECTIONS.on(fee_events.PayByMoved)
def on_pay_by_moved(event: fee_events.PayByMoved, _meta: Meta, _seal: Sealer) -> Patches:
    yield OVERVIEW, (str(event.originator_id),), {**_touched(event), "pay_by": event.pay_by}


@PROJECTIONS.on(happened.InstalmentSettled)
def on_instalment_settled(event: happened.InstalmentSettled, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, event.condition)


@PROJECTIONS.on(happened.Referred)
def on_referred(event: happened.Referred, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.IN_REVIEW, reasons=event.reasons, referred_at=event.timestamp)


@PROJECTIONS.on(happened.CorrectionRequested)
def on_correction_requested(event: happened.CorrectionRequested, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.CORRECTION_REQUESTED)


@PROJECTIONS.on(happened.CorrectionReminded)
def on_correction_reminded(event: happened.CorrectionReminded, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.CORRECTION_REQUESTED)


@PROJECTIONS.on(happened.CorrectionLapsed)
def on_correction_lapsed(event: happened.CorrectionLapsed, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.IN_REVIEW, reasons=event.reasons)


@PROJECTIONS.on(happened.CorrectionTakenBack)
def on_correction_taken_back(event: happened.CorrectionTakenBack, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.IN_REVIEW)


@PROJECTIONS.on(happened.Corrected)
def on_corrected(event: happened.Corrected, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, event.condition, fee_cents=event.fee_cents)


@PROJECTIONS.on(happened.Approved)
def on_approved(event: happened.Approved, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(
        event,
        Condition.APPROVED,
        fee_cents=event.fee_cents,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        decided_by=event.decided_by,
    )


@PROJECTIONS.on(happened.Rejected)
def on_rejected(event: happened.Rejected, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.REJECTED, decided_by=event.decided_by, ended_at=event.timestamp)


@PROJECTIONS.on(happened.Withdrawn)
def on_withdrawn(event: happened.Withdrawn, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.WITHDRAWN)


@PROJECTIONS.on(happened.Expired)
def on_expired(event: happened.Expired, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.EXPIRED)


@PROJECTIONS.on(happened.Completed)
def on_completed(event: happened.Completed, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.COMPLETED, document_id=event.document_id, ended_at=event.timestamp)


@PROJECTIONS.on(happened.ApprovalCorrected)
def on_approval_corrected(event: happened.ApprovalCorrected, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.APPROVED)


@PROJECTIONS.on(happened.ApprovalRevoked)
def on_approval_revoked(event: happened.ApprovalRevoked, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.REVOKED)


@PROJECTIONS.on(happened.ApprovalSuspended)
def on_approval_suspended(event: happened.ApprovalSuspended, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.SUSPENDED)


@PROJECTIONS.on(happened.ApprovalReinstated)
def on_approval_reinstated(event: happened.ApprovalReinstated, _meta: Meta, _seal: Sealer) -> Patches:
    return _patch(event, Condition.COMPLETED)


@PROJECTIONS.on(happened.Submitted, happened.FeeSettled, happened.FeeReversed, happened.Corrected)
def on_turn_taken(event: Any, _meta: Meta, _seal: Sealer) -> Patches:
    return _turn(event, citizens=event.condition in CITIZENS_TURN)


@PROJECTIONS.on(happened.CorrectionRequested, happened.Completed)
def on_town_hall_done(event: Event, _meta: Meta, _seal: Sealer) -> Patches:
    """A document that is issued anew later does not make the case a longer one."""
    return _turn(event, citizens=True)


@PROJECTIONS.on(happened.CorrectionLapsed, happened.CorrectionTakenBack)
def on_turn_returned(event: Event, _meta: Meta, _seal: Sealer) -> Patches:
    return _turn(event, citizens=False)


def _turn(event: Event, *, citizens: bool) -> Patches:
    values = {"begun_at": event.timestamp, "citizens": citizens}
    yield TURNS, (str(event.originator_id), event.originator_version), values
