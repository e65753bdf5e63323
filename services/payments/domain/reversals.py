"""Money that bank or card network took back, and brought again: a returned debit, a chargeback, a dispute.

Each is known by a reference of its own and counts once; of a payment never more goes back than came with it.
"""

from datetime import datetime
from uuid import UUID

from services.payments.domain import wishes
from services.payments.domain.claim_state import ClaimState
from services.payments.domain.money import Payment, Recorded, Reversal
from services.payments.domain.offsets import free_tasks, offset_tasks
from services.payments.domain.return_events import PaymentReversed, ReversalUndone


def reverse(claim: ClaimState, payment_id: UUID, reversal: Reversal, *, now: datetime) -> Recorded:
    """Books it: first what waits to go back is done by it, then what of the payment counted is owed again.
    Of a payment unknown here KeyError."""
    payment = claim.payments[payment_id]
    if (refusal := no_move(payment, reversal)) is not None:
        return refusal
    owed = 0
    if claim.condition in ("open", "settled"):
        waiting = sum(task.amount_cents for task in free_tasks(claim, payment_id))
        owed = min(payment.kept_cents, max(0, reversal.amount_cents - waiting))
    claim.emit(
        PaymentReversed, now=now, case_id=claim.case_id, account_id=claim.account_id, payment_id=payment_id,
        owed_cents=owed, reclaimable_cents=reversal.amount_cents - owed, charges_cents=reversal.charges_cents,
        currency=payment.currency, provider=payment.provider, code=reversal.code,
        reference=reversal.reference, backend_id=payment.backend_id,
    )  # fmt: skip
    offset_tasks(claim, payment_id, now=now)
    if owed:
        wishes.follow_what_is_owed_again(claim, payment_id, now=now)
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


def no_move(payment: Payment, reversal: Reversal) -> Recorded | None:
    """Why this moves nothing: it was told before, or so much did not come."""
    known = reversal.reference in dict(payment.taken_back)
    if known or (payment.taken_back and not payment.there_cents):
        return Recorded.DUPLICATE
    return None if 0 < reversal.amount_cents <= payment.there_cents else Recorded.CONTRADICTED
