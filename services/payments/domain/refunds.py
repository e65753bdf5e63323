"""Refunds: who may ask, who has to agree, and what became of the order at the provider.

Never more than was received and not given back; above a limit two people. What a provider gives back is
ordered once: where nobody knows whether it went, a person looks.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.payments.domain.claim_state import ClaimState
from services.payments.domain.money import Refund
from services.payments.domain.money_tasks import PAID_TWICE, PART_REFUND, REFUND, MoneyTask, Settled
from services.payments.domain.offsets import offset_tasks
from services.payments.domain.refund_events import (
    RefundApproved,
    RefundDeclined,
    RefundFailed,
    RefundOrdered,
    RefundPending,
    RefundRequested,
    RefundSettled,
    RefundUnclear,
)
from services.payments.domain.refusals import (
    AmountDiffers,
    MoneyTaskDone,
    NotRefundable,
    RefundDecided,
    RefundTooHigh,
    RefundUnderWay,
    SecondPersonNeeded,
    SettlementWaits,
    UnknownMoneyTask,
    UnknownPayment,
    UnknownRefund,
)
from services.payments.domain.transitions import REFUND as MOVES

RULE = "rule"
"""Who asks where the portal does by itself."""
_BY_HAND = tuple(Settled)
NOT_COUNTED = ("declined", "failed", "offset")
"""Refunds in these states let nothing out of the claim."""
_FINAL = {"succeeded": "succeeded", "failed": "failed", "cancelled": "failed", "expired": "failed"}


@dataclass(frozen=True, slots=True)
class Wish:
    """A refund as asked for: of a money task in full (`task_version`), or part of a payment that counts.

    `via` is `provider` or `transfer`. Above `limit_cents` of the whole claim a second person has to agree.
    """

    refund_id: UUID
    amount_cents: int
    reason: str
    by: str
    via: str
    limit_cents: int
    payment_id: UUID | None = None
    task_version: int | None = None


def payment_of(claim: ClaimState, payment_id: UUID | None, task_version: int | None) -> UUID:
    """Whose money a wish is about: the task's, the one named, or the one that settled.

    Raises UnknownMoneyTask, UnknownPayment, NotRefundable.
    """
    if task_version is not None:
        task = claim.money_tasks.get(task_version)
        if task is None:
            raise UnknownMoneyTask(str(task_version))
        return task.payment_id
    found = payment_id or claim.settled_by
    if found is None:
        raise NotRefundable(f"the claim is {claim.condition}")
    if found not in claim.payments:
        raise UnknownPayment(str(found))
    return found


def request(claim: ClaimState, wish: Wish, *, now: datetime) -> None:
    """Asks for a refund; told again with its id it is the same. Raises ClaimRefused."""
    if wish.refund_id in claim.refunds:
        return
    payment_id = payment_of(claim, wish.payment_id, wish.task_version)
    if wish.task_version is not None:
        _check_task(claim, claim.money_tasks[wish.task_version], wish.amount_cents)
    else:
        _check_part(claim, payment_id, wish.amount_cents, waiting_for(claim, payment_id))
    claim.emit(
        RefundRequested, now=now, case_id=claim.case_id, refund_id=wish.refund_id, payment_id=payment_id,
        task_version=wish.task_version, amount_cents=wish.amount_cents,
        currency=claim.payments[payment_id].currency, cost_object=claim.cost_object, reason=wish.reason,
        kind=_kind(claim, wish.task_version, wish.amount_cents), via=wish.via, requested_by=wish.by,
        needs_approval=needs_approval(claim, wish.amount_cents, wish.limit_cents),
    )  # fmt: skip


def needs_approval(claim: ClaimState, cents: int, limit_cents: int) -> bool:
    """Whether a second person has to agree: with this, what went out of the claim would exceed the limit."""
    refunded = [one for one in claim.refunds.values() if one.state not in NOT_COUNTED]
    counted = {one.refund_id for one in refunded}
    by_hand = [
        task.amount_cents
        for task in claim.money_tasks.values()
        if task.how in _BY_HAND and task.refund_id not in counted
    ]
    return sum(one.amount_cents for one in refunded) + sum(by_hand) + cents > limit_cents


def _check_task(claim: ClaimState, task: MoneyTask, cents: int) -> None:
    if task.done:
        raise MoneyTaskDone(f"task {task.version} is done")
    before = claim.refunds.get(task.refund_id) if task.refund_id else None
    if before is not None and before.state not in NOT_COUNTED:
        raise RefundUnderWay(f"task {task.version} has a refund that is {before.state}")
    if task.proposal is not None:
        raise SettlementWaits(f"what was said of task {task.version} waits for a second person")
    if cents != task.amount_cents:
        raise AmountDiffers(f"the task is about {task.amount_cents} cents")


def _check_part(claim: ClaimState, payment_id: UUID, cents: int, waiting: int) -> None:
    if claim.condition != "settled":
        raise NotRefundable(f"the claim is {claim.condition}")
    left = claim.payments[payment_id].kept_cents - waiting
    if not 0 < cents <= left:
        raise RefundTooHigh(f"{left} cents are left to give back")


def _kind(claim: ClaimState, task_version: int | None, cents: int) -> str:
    """That of the task it carries out; giving back all that counts is a whole refund."""
    if task_version is not None:
        return claim.money_tasks[task_version].kind
    return REFUND if cents == claim.kept_cents else PART_REFUND


def waiting_for(claim: ClaimState, payment_id: UUID) -> int:
    """What others want given back of this payment and nobody has decided yet; no more than is there."""
    wanted = sum(one.amount_cents for one in wishes(claim, payment_id))
    return min(wanted, claim.payments[payment_id].kept_cents)


def wishes(claim: ClaimState, payment_id: UUID | None = None) -> list[Refund]:
    """What is wanted back of payments that count, or of this one, and waits for a second person."""
    return [
        refund
        for refund in claim.refunds.values()
        if refund.state == "requested"
        and refund.task_version is None
        and payment_id in (None, refund.payment_id)
    ]


def left_of(claim: ClaimState) -> dict[UUID, int]:
    """What may still be asked for, by payment; nothing of a claim that is not settled."""
    return free_of(claim) if claim.condition == "settled" else {}


def free_of(claim: ClaimState) -> dict[UUID, int]:
    """What counts and nobody wants given back, by payment."""
    return {
        payment.payment_id: payment.kept_cents - waiting_for(claim, payment.payment_id)
        for payment in claim.payments.values()
        if payment.kept_cents
    }


def approve(claim: ClaimState, refund_id: UUID, by: str, *, now: datetime) -> None:
    """A second person agrees. Raises UnknownRefund, RefundDecided, SecondPersonNeeded, NotRefundable,
    RefundTooHigh."""
    refund = _undecided(claim, refund_id, by)
    if refund.task_version is None:
        _check_part(claim, refund.payment_id, refund.amount_cents, 0)
    claim.emit(
        RefundApproved, now=now, case_id=claim.case_id, refund_id=refund_id, task_version=refund.task_version,
        amount_cents=refund.amount_cents, currency=refund.currency, cost_object=claim.cost_object,
        kind=_kind(claim, refund.task_version, refund.amount_cents), via=refund.via, approved_by=by,
    )  # fmt: skip


def decline(claim: ClaimState, refund_id: UUID, by: str, *, now: datetime) -> None:
    """A second person does not agree. Raises UnknownRefund, RefundDecided, SecondPersonNeeded."""
    refund = _undecided(claim, refund_id, by)
    claim.emit(RefundDeclined, now=now, refund_id=refund_id, task_version=refund.task_version,
               declined_by=by)  # fmt: skip
    offset_tasks(claim, refund.payment_id, now=now)


def _undecided(claim: ClaimState, refund_id: UUID, by: str) -> Refund:
    refund = find(claim, refund_id)
    if refund.state != "requested":
        raise RefundDecided(f"the refund is {refund.state}")
    if by == refund.requested_by:
        raise SecondPersonNeeded("who asked for it cannot approve it")
    return refund


def find(claim: ClaimState, refund_id: UUID) -> Refund:
    """Raises UnknownRefund."""
    try:
        return claim.refunds[refund_id]
    except KeyError:
        raise UnknownRefund(str(refund_id)) from None


def due(claim: ClaimState) -> list[MoneyTask]:
    """What is to be refunded and nobody has taken in hand: what fell due, and what was paid twice."""
    return [
        task
        for task in claim.money_tasks.values()
        if task.kind in (REFUND, PAID_TWICE)
        and not task.done
        and task.refund_id is None
        and task.proposal is None
    ]


def order(claim: ClaimState, refund_id: UUID, *, now: datetime) -> None:
    """The provider is about to be told: from here on the money may move. Nothing where that money has gone
    back otherwise meanwhile."""
    if find(claim, refund_id).state == "approved":
        claim.emit(RefundOrdered, now=now, refund_id=refund_id)


def record_outcome(
    claim: ClaimState, refund_id: UUID, state: str, code: str, reference: str, *, now: datetime
) -> None:
    """The provider's word on a refund, `state` as in its port; what is no move is not news."""
    refund = find(claim, refund_id)
    what = _FINAL.get(state, "pending")
    if (refund.state, what) not in MOVES:
        return
    if what == "pending":
        claim.emit(RefundPending, now=now, refund_id=refund_id, reference=reference, code=code)
    elif what == "failed":
        claim.emit(RefundFailed, now=now, case_id=claim.case_id, refund_id=refund_id,
                   task_version=refund.task_version, code=code)  # fmt: skip
        offset_tasks(claim, refund.payment_id, now=now)
    else:
        assert refund.task_version is not None
        task = claim.money_tasks[refund.task_version]
        claim.emit(
            RefundSettled, now=now, case_id=claim.case_id, refund_id=refund_id, task_version=task.version,
            kind=task.kind, amount_cents=refund.amount_cents, currency=refund.currency,
            provider=claim.payments[refund.payment_id].provider, reference=reference or refund.reference,
            code=code, condition=claim.after_task(task.version, "money_returned"),
        )  # fmt: skip


def record_doubt(claim: ClaimState, refund_id: UUID, reason: str, *, now: datetime) -> None:
    """Nobody can say whether the money went back. May be repeated."""
    refund = find(claim, refund_id)
    if (refund.state, "unclear") in MOVES:
        claim.emit(RefundUnclear, now=now, case_id=claim.case_id, refund_id=refund_id,
                   task_version=refund.task_version, reason=reason)  # fmt: skip
