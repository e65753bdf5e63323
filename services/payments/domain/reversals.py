"""A payment taken back by bank or card network: returned direct debit, chargeback, dispute."""

from datetime import datetime
from uuid import UUID

from services.payments.domain.claim_state import ClaimState
from services.payments.domain.events import MoneyTaskOffset, PaymentReversed
from services.payments.domain.money import Recorded, Reversal
from services.payments.domain.money_tasks import MoneyTask


def reverse(claim: ClaimState, payment_id: UUID, reversal: Reversal, *, now: datetime) -> Recorded:
    """Books it; what of the payment counted is owed again, once. Of a payment unknown here KeyError."""
    payment = claim.payments[payment_id]
    if payment.reversed:
        return Recorded.DUPLICATE
    if not 0 < reversal.amount_cents <= payment.received_cents:
        return Recorded.CONTRADICTED
    owed = 0
    if claim.condition in ("open", "settled"):
        owed = min(payment.kept_cents, reversal.amount_cents)
    claim.emit(
        PaymentReversed, now=now, case_id=claim.case_id, account_id=claim.account_id, payment_id=payment_id,
        owed_cents=owed, reclaimable_cents=reversal.amount_cents - owed, charges_cents=reversal.charges_cents,
        currency=payment.currency, provider=payment.provider, code=reversal.code,
        reference=reversal.reference,
    )  # fmt: skip
    offset_tasks(claim, payment_id, now=now)
    return Recorded.REVERSED


def offset_tasks(claim: ClaimState, payment_id: UUID, *, now: datetime) -> None:
    """What the reversal has given back is nobody's to give back, save what may be on its way."""
    for task in list(claim.money_tasks.values()):
        cents = min(task.amount_cents, claim.payments[payment_id].reclaimable_cents)
        if task.payment_id != payment_id or task.done or not cents or _on_its_way(claim, task):
            continue
        claim.emit(
            MoneyTaskOffset, now=now, task_version=task.version, kind=task.kind, amount_cents=cents,
            left_cents=task.amount_cents - cents, currency=task.currency, payment_id=payment_id,
            refund_id=task.refund_id,
            condition=claim.after_task(task.version, "refund_offset") if cents == task.amount_cents else "",
        )  # fmt: skip


def _on_its_way(claim: ClaimState, task: MoneyTask) -> bool:
    refund = claim.refunds.get(task.refund_id) if task.refund_id else None
    return claim.under_way(task) or (refund is not None and refund.state == "unclear")
