"""Money at a bank or provider that goes back without our order, and comes again.

A returned direct debit, a chargeback, a dispute, a refund made in the provider's own pages. Each is known by
a reference of its own and counts once; of a payment never more goes back than came with it.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from services.payments.domain.claim_state import ClaimState
from services.payments.domain.events import MoneyTaskOffset
from services.payments.domain.money import Payment, Recorded, Reversal, is_receipt
from services.payments.domain.money_tasks import PART_REFUND, REFUND, MoneyTask
from services.payments.domain.refusals import NotRefundable
from services.payments.domain.return_events import PaymentReversed, RefundedElsewhere, ReversalUndone
from services.payments.domain.transitions import CLAIM, follow

_MAYBE_OURS = ("ordered", "pending", "unclear")
"""States of a refund of ours which a provider may have carried out without our knowing its reference."""


def reverse(claim: ClaimState, payment_id: UUID, reversal: Reversal, *, now: datetime) -> Recorded:
    """Books it; what of the payment counted is owed again. Of a payment unknown here KeyError."""
    payment = claim.payments[payment_id]
    if (refusal := _no_move(payment, reversal)) is not None:
        return refusal
    owed = 0
    if claim.condition in ("open", "settled"):
        owed = min(payment.kept_cents, reversal.amount_cents)
    claim.emit(
        PaymentReversed, now=now, case_id=claim.case_id, account_id=claim.account_id, payment_id=payment_id,
        owed_cents=owed, reclaimable_cents=reversal.amount_cents - owed, charges_cents=reversal.charges_cents,
        currency=payment.currency, provider=payment.provider, code=reversal.code,
        reference=reversal.reference, backend_id=payment.backend_id,
    )  # fmt: skip
    offset_tasks(claim, payment_id, now=now)
    return Recorded.REVERSED


def undo(claim: ClaimState, payment_id: UUID, undone: Reversal, *, now: datetime) -> Recorded | int:
    """What had been taken back came again; the cents of it that are still to be taken as money that came."""
    payment = claim.payments[payment_id]
    gone = payment.taken_back_cents - payment.brought_back_cents
    if undone.reference in dict(payment.brought_back):
        return Recorded.DUPLICATE
    if not 0 < undone.amount_cents <= gone:
        return Recorded.CONTRADICTED
    reclaimed = min(undone.amount_cents, payment.reclaimable_cents)
    claim.emit(
        ReversalUndone, now=now, case_id=claim.case_id, account_id=claim.account_id, payment_id=payment_id,
        amount_cents=undone.amount_cents, reclaimable_cents=reclaimed, currency=payment.currency,
        provider=payment.provider, code=undone.code, reference=undone.reference,
        backend_id=payment.backend_id,
    )  # fmt: skip
    return undone.amount_cents - reclaimed


def refund_elsewhere(claim: ClaimState, payment_id: UUID, refund: Reversal, *, now: datetime) -> Recorded:
    """The provider gave money back without our order: first what waited to go back, then what counted.
    Raises NotRefundable."""
    payment = claim.payments[payment_id]
    if is_receipt(payment.provider):
        raise NotRefundable("what came by bank or at the counter goes back by an order of the city")
    if _is_ours(claim, payment_id, refund):
        return Recorded.DUPLICATE
    if (refusal := _no_move(payment, refund)) is not None:
        return refusal
    waiting = sum(task.amount_cents for task in _free_tasks(claim, payment_id))
    counted = min(payment.kept_cents, max(0, refund.amount_cents - waiting))
    settled, counts = claim.condition == "settled", claim.condition in ("open", "settled")
    given_up, owed = counted if settled else 0, counted if counts and not settled else 0
    whole = given_up > 0 and given_up == claim.kept_cents
    claim.emit(
        RefundedElsewhere, now=now, case_id=claim.case_id, account_id=claim.account_id,
        payment_id=payment_id, given_up_cents=given_up, owed_cents=owed,
        reclaimable_cents=refund.amount_cents - given_up - owed, currency=payment.currency,
        provider=payment.provider, cost_object=claim.cost_object, code=refund.code,
        reference=refund.reference, backend_id=payment.backend_id,
        kind=(REFUND if whole else PART_REFUND) if given_up else "",
        condition=follow(CLAIM, claim.condition, "refunded_elsewhere") if whole else "",
    )  # fmt: skip
    offset_tasks(claim, payment_id, now=now)
    return Recorded.GIVEN_BACK


def _no_move(payment: Payment, reversal: Reversal) -> Recorded | None:
    """Why this moves nothing: it was told before, or so much did not come."""
    known = reversal.reference in dict(payment.taken_back)
    if known or (payment.taken_back and not payment.there_cents):
        return Recorded.DUPLICATE
    return None if 0 < reversal.amount_cents <= payment.there_cents else Recorded.CONTRADICTED


def _is_ours(claim: ClaimState, payment_id: UUID, refund: Reversal) -> bool:
    """Whether it is, or may be, a refund that we ordered; its own word says what became of it."""
    return any(
        one.reference == refund.reference
        or (one.state in _MAYBE_OURS and one.amount_cents == refund.amount_cents)
        for one in claim.refunds.values()
        if one.payment_id == payment_id
    )


def offset_tasks(claim: ClaimState, payment_id: UUID, *, now: datetime) -> None:
    """What the reversal has given back is nobody's to give back, save what may be on its way."""
    for task in list(_free_tasks(claim, payment_id)):
        cents = min(task.amount_cents, claim.payments[payment_id].reclaimable_cents)
        if not cents:
            continue
        claim.emit(
            MoneyTaskOffset, now=now, task_version=task.version, kind=task.kind, amount_cents=cents,
            left_cents=task.amount_cents - cents, currency=task.currency, payment_id=payment_id,
            refund_id=task.refund_id,
            condition=claim.after_task(task.version, "refund_offset") if cents == task.amount_cents else "",
        )  # fmt: skip


def _free_tasks(claim: ClaimState, payment_id: UUID) -> Iterator[MoneyTask]:
    """Money of the payment that waits to go back and is not on its way."""
    for task in claim.money_tasks.values():
        if task.payment_id == payment_id and not task.done and not _on_its_way(claim, task):
            yield task


def _on_its_way(claim: ClaimState, task: MoneyTask) -> bool:
    refund = claim.refunds.get(task.refund_id) if task.refund_id else None
    unclear = refund is not None and refund.state == "unclear"
    return claim.under_way(task) or unclear or task.proposal is not None
