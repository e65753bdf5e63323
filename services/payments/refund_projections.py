"""Read models of refunds, and of what an operator has switched off."""

from collections.abc import Iterable
from typing import get_args
from uuid import UUID

from services.payments import projections
from services.payments.domain.claim_state import is_under_way
from services.payments.domain.events import MoneyTaskOffset, MoneyTaskSettled
from services.payments.domain.money_tasks import REFUND
from services.payments.domain.refund_events import (
    RefundApproved,
    RefundDeclined,
    RefundFailed,
    RefundOrdered,
    RefundOvertaken,
    RefundPending,
    RefundRequested,
    RefundSettled,
    RefundUnclear,
)
from services.payments.domain.return_events import RefundedElsewhere
from services.payments.domain.switchboard import SwitchTurned
from services.payments.projections import CLAIMS, MONEY_TASKS
from shared.domain import Event
from shared.log import Meta, Sealer
from shared.log.projection import Patch

PROJECTIONS = projections.PROJECTIONS
REFUNDS = PROJECTIONS.table(
    "refund", ("refund_id",),
    ("claim_id", "payment_id", "amount_cents", "currency", "reason", "via", "state", "requested_by",
     "requested_at", "decided_by", "changed_at"),
)  # fmt: skip
SWITCHES = PROJECTIONS.table("payment_switch", ("kind", "name"), ("is_on", "reason", "changed_at"))

Decided = RefundApproved | RefundDeclined
Carried = RefundOrdered | RefundPending | RefundSettled | RefundFailed | RefundUnclear
_STATES = {
    RefundOrdered: "ordered", RefundPending: "pending", RefundSettled: "settled", RefundFailed: "failed",
    RefundUnclear: "unclear",
}  # fmt: skip


@PROJECTIONS.on(RefundRequested)
def refund_is_asked_for(event: RefundRequested, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    state = "requested" if event.needs_approval else "approved"
    yield REFUNDS, (str(event.refund_id),), {
        "claim_id": event.originator_id, "payment_id": event.payment_id, "amount_cents": event.amount_cents,
        "currency": event.currency, "reason": event.reason, "via": event.via, "state": state,
        "requested_by": event.requested_by, "requested_at": event.timestamp, "changed_at": event.timestamp,
    }  # fmt: skip
    if event.task_version is not None:
        place = (str(event.originator_id), event.task_version)
        yield MONEY_TASKS, place, {"under_way": is_under_way(state, event.via)}
    elif not event.needs_approval:
        yield from _new_task(event)


@PROJECTIONS.on(*get_args(Decided))
def refund_is_decided(event: Decided, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    approved = isinstance(event, RefundApproved)
    yield REFUNDS, (str(event.refund_id),), {
        "state": "approved" if approved else "declined", "changed_at": event.timestamp,
        "decided_by": event.approved_by if isinstance(event, RefundApproved) else event.declined_by,
    }  # fmt: skip
    if event.task_version is not None:
        under_way = isinstance(event, RefundApproved) and is_under_way("approved", event.via)
        yield MONEY_TASKS, (str(event.originator_id), event.task_version), {"under_way": under_way}
    elif isinstance(event, RefundApproved):
        yield from _new_task(event)


def _new_task(event: RefundRequested | RefundApproved) -> Iterable[Patch]:
    if event.kind == REFUND:
        yield CLAIMS, (str(event.originator_id),), {"state": "refund_due"}
    yield MONEY_TASKS, (str(event.originator_id), event.originator_version), {
        "kind": event.kind, "amount_cents": event.amount_cents, "currency": event.currency,
        "since": event.timestamp, "under_way": is_under_way("approved", event.via),
    }  # fmt: skip


@PROJECTIONS.on(*get_args(Carried))
def refund_is_carried_out(event: Carried, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield REFUNDS, (str(event.refund_id),), {"state": _STATES[type(event)], "changed_at": event.timestamp}
    if isinstance(event, RefundFailed | RefundUnclear):
        yield MONEY_TASKS, (str(event.originator_id), event.task_version), {"under_way": False}


@PROJECTIONS.on(MoneyTaskSettled)
def refund_is_settled_by_hand(event: MoneyTaskSettled, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    if event.refund_id is not None:
        yield REFUNDS, (str(event.refund_id),), {"state": "settled", "changed_at": event.timestamp}


@PROJECTIONS.on(MoneyTaskOffset, RefundOvertaken)
def refund_is_overtaken(
    event: MoneyTaskOffset | RefundOvertaken, meta: Meta, seal: Sealer
) -> Iterable[Patch]:
    if event.refund_id is not None:
        yield _overtaken(event.refund_id, event.left_cents, event)


@PROJECTIONS.on(RefundedElsewhere)
def refund_was_given_elsewhere(event: RefundedElsewhere, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    for one in event.returned:
        if one.refund_id is not None:
            yield _overtaken(one.refund_id, one.left_cents, event)


def _overtaken(refund_id: UUID, left_cents: int, event: Event) -> Patch:
    """Its money has gone back otherwise, save what is left."""
    left: dict[str, object] = {"amount_cents": left_cents} if left_cents else {"state": "offset"}
    return REFUNDS, (str(refund_id),), {**left, "changed_at": event.timestamp}


@PROJECTIONS.on(SwitchTurned)
def switch_is_turned(event: SwitchTurned, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield SWITCHES, (event.kind, event.name), {
        "is_on": event.is_on, "reason": event.reason, "changed_at": event.timestamp,
    }  # fmt: skip
