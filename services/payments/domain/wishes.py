"""Refunds of part of a payment that wait for a second person, while the money goes another way.

Nobody agrees to what is not there: what bank or provider took or gave meanwhile is not asked for any more. A
share by rule is then taken off what is owed again, since an end of what was paid for reduces before it gives
back; whoever else asked may ask again.
"""

from datetime import datetime
from uuid import UUID

from services.payments.domain.claim_state import ClaimState
from services.payments.domain.money import Refund
from services.payments.domain.reductions import GIVEN_UP_EARLY, Reduction, most_reducible, reduce
from services.payments.domain.refund_events import RefundOvertaken
from services.payments.domain.refunds import RULE, wishes


def follow_what_is_owed_again(claim: ClaimState, payment_id: UUID, *, now: datetime) -> None:
    """Of this payment something is owed again: shares reduce that, other wishes for the payment end."""
    for wish in sorted(wishes(claim), key=lambda one: one.payment_id != payment_id):
        if wish.requested_by != RULE:
            if wish.payment_id == payment_id:
                overtake(claim, wish, 0, now=now)
        elif cents := min(wish.amount_cents, most_reducible(claim)):
            overtake(claim, wish, wish.amount_cents - cents, now=now)
            reduce(claim, Reduction(wish.refund_id, cents, GIVEN_UP_EARLY), now=now)


def follow_what_was_given(claim: ClaimState, payment_id: UUID, cents: int, *, now: datetime) -> None:
    """So much of this payment was given back and is claimed no more: it was what the wishes were for."""
    for wish in wishes(claim, payment_id):
        given = min(cents, wish.amount_cents)
        cents -= given
        left = wish.amount_cents - given if claim.condition == "settled" else 0
        if left != wish.amount_cents:
            overtake(claim, wish, left, now=now)


def end(claim: ClaimState, payment_id: UUID | None = None, *, now: datetime) -> None:
    """All of this payment falls due for refund; or the claim has ended, with all its payments."""
    for wish in wishes(claim, payment_id):
        overtake(claim, wish, 0, now=now)


def overtake(claim: ClaimState, wish: Refund, left_cents: int, *, now: datetime) -> None:
    claim.emit(
        RefundOvertaken, now=now, case_id=claim.case_id, refund_id=wish.refund_id, left_cents=left_cents
    )
