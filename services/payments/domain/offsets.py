"""Money that was to go back is nobody's to give back any more where a reversal took it back, or where as much
had gone back twice before it came."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from services.payments.domain.claim_state import ClaimState
from services.payments.domain.events import MoneyTaskOffset
from services.payments.domain.money_tasks import MoneyTask

TOLD: Final = ("ordered", "pending", "unclear")
"""States of a refund that its provider has been told of, and may have carried out."""


def offset_tasks(claim: ClaimState, payment_id: UUID, *, now: datetime) -> None:
    """Takes what went back off what waits to, save what may be on its way; the refund of it with it."""
    for task in list(free_tasks(claim, payment_id)):
        _offset(claim, task, payment_id, now)


def make_up(claim: ClaimState, task: MoneyTask, *, now: datetime) -> None:
    """Money that came and is not owed makes up for what went back twice, of whichever payment: only what is
    above it waits to go back."""
    for payment in list(claim.payments.values()):
        if payment.currency == task.currency:
            _offset(claim, claim.money_tasks[task.version], payment.payment_id, now)


def _offset(claim: ClaimState, task: MoneyTask, payment_id: UUID, now: datetime) -> None:
    """Takes what went back twice of this payment off the task."""
    cents = min(task.amount_cents, claim.payments[payment_id].reclaimable_cents)
    if not cents:
        return
    claim.emit(
        MoneyTaskOffset, now=now, task_version=task.version, kind=task.kind, amount_cents=cents,
        left_cents=task.amount_cents - cents, currency=task.currency, payment_id=payment_id,
        refund_id=task.refund_id,
        condition=claim.after_task(task.version, "refund_offset") if cents == task.amount_cents else "",
    )  # fmt: skip


def free_tasks(claim: ClaimState, payment_id: UUID) -> Iterator[MoneyTask]:
    """Money of the payment that waits to go back, that nobody has told its provider of, and of which nobody
    says that it was sent."""
    for task in claim.money_tasks.values():
        refund = claim.refunds.get(task.refund_id) if task.refund_id else None
        told = refund is not None and refund.state in TOLD
        if task.payment_id == payment_id and not task.done and not told and task.proposal is None:
            yield task
