"""What a provider tells of money that it gave back: by our order, by a person's hand there, or by itself.

Each is known by the provider's reference and booked once. A word under a reference that nobody knows here is,
where the amounts are equal, first what a person has recorded as given back there, then what we ordered and
heard nothing certain of; only else it is a refund that nobody here knew of. A guess does not cost money: the
other word, if there were two refunds, comes under another reference, and is then the second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.payments.domain import refunds, wishes
from services.payments.domain.claim_state import ClaimState
from services.payments.domain.money import Recorded, Refund, Reversal, is_receipt
from services.payments.domain.money_tasks import (
    PART_REFUND,
    REFUND,
    Given,
    MoneyTask,
    Proposal,
    Settled,
)
from services.payments.domain.offsets import TOLD, free_tasks
from services.payments.domain.refund_events import RefundRecognised
from services.payments.domain.refusals import NotRefundable
from services.payments.domain.return_events import RefundedElsewhere
from services.payments.domain.reversals import no_move
from services.payments.domain.transitions import CLAIM, follow

_BY_PROVIDER = Settled.RETURNED_BY_PROVIDER.value


def record(claim: ClaimState, payment_id: UUID, told: Reversal, *, now: datetime) -> Recorded:
    """Takes the word. Of a payment unknown here KeyError. Raises NotRefundable."""
    payment = claim.payments[payment_id]
    if is_receipt(payment.provider):
        raise NotRefundable("what came by bank or at the counter goes back by an order of the city")
    if _is_known(claim, payment_id, told.reference):
        return Recorded.DUPLICATE
    by_hand, ours = _by_hand(claim, payment_id, told), _ours(claim, payment_id, told)
    named = ours is not None and ours.reference == told.reference
    if by_hand is not None and not named:
        claim.emit(RefundRecognised, now=now, case_id=claim.case_id, payment_id=payment_id,
                   task_version=by_hand.version, settled_version=by_hand.settled_version,
                   reference=told.reference, code=told.code)  # fmt: skip
        return Recorded.DUPLICATE
    if ours is not None:
        refunds.record_outcome(claim, ours.refund_id, "succeeded", told.code, told.reference, now=now)
        return Recorded.GIVEN_BACK
    if (refusal := no_move(payment, told)) is not None:
        return refusal
    _book(claim, payment_id, told, now)
    return Recorded.GIVEN_BACK


def record_outcome(
    claim: ClaimState, refund_id: UUID, state: str, code: str, reference: str, *, now: datetime
) -> None:
    """The provider's word on a refund of ours; under another reference than the one that settled it, it is a
    second refund. Raises UnknownRefund."""
    refund = refunds.find(claim, refund_id)
    if refund.state == "settled" and state == "succeeded" and reference:
        record(claim, refund.payment_id, Reversal(code, reference, refund.amount_cents), now=now)
        return
    refunds.record_outcome(claim, refund_id, state, code, reference, now=now)


def _is_known(claim: ClaimState, payment_id: UUID, reference: str) -> bool:
    """Whether a refund of this payment is in the books under this reference."""
    tasks = (one.reference for one in claim.money_tasks.values() if one.payment_id == payment_id)
    return reference in dict(claim.payments[payment_id].taken_back) or reference in tasks


def _by_hand(claim: ClaimState, payment_id: UUID, told: Reversal) -> MoneyTask | None:
    """What a person recorded as given back at the provider, whose word had not come."""
    for task in claim.money_tasks.values():
        same = task.payment_id == payment_id and task.amount_cents == told.amount_cents
        if same and task.how == _BY_PROVIDER and not task.reference:
            return task
    return None


def _ours(claim: ClaimState, payment_id: UUID, told: Reversal) -> Refund | None:
    """The refund of ours that this is or may be: the one of its reference, then what nobody asks about any
    more, then what is on its way. Of several that are alike any one is right: same payer, same money."""
    found = [
        one
        for one in claim.refunds.values()
        if one.payment_id == payment_id
        and one.amount_cents == told.amount_cents
        and one.state in TOLD
        and one.reference in ("", told.reference)
    ]
    return min(found, key=lambda one: (not one.reference, one.state != "unclear"), default=None)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the money is that was given back, in cents."""

    returned: list[Given]
    given_up: int
    owed: int
    twice: int


def _book(claim: ClaimState, payment_id: UUID, told: Reversal, now: datetime) -> None:
    """First what waited to go back, then what counted; the rest went back twice."""
    payment, parts = claim.payments[payment_id], _parts(claim, payment_id, told.amount_cents)
    whole = parts.given_up > 0 and parts.given_up == claim.kept_cents
    done = [one.task_version for one in parts.returned if not one.left_cents]
    claim.emit(
        RefundedElsewhere, now=now, case_id=claim.case_id, account_id=claim.account_id,
        payment_id=payment_id, given_up_cents=parts.given_up, owed_cents=parts.owed,
        reclaimable_cents=parts.twice, currency=payment.currency, provider=payment.provider,
        cost_object=claim.cost_object, code=told.code, reference=told.reference,
        backend_id=payment.backend_id, kind=(REFUND if whole else PART_REFUND) if parts.given_up else "",
        condition=follow(CLAIM, claim.condition, "refunded_elsewhere")
        if whole
        else claim.after_tasks(done, "money_returned"),
        returned=parts.returned,
    )  # fmt: skip
    if parts.given_up:
        wishes.follow_what_was_given(claim, payment_id, parts.given_up, now=now)
    if parts.owed:
        wishes.follow_what_is_owed_again(claim, payment_id, now=now)


def _parts(claim: ClaimState, payment_id: UUID, cents: int) -> _Parts:
    returned, left = [], cents
    waiting = sorted(
        _waiting(claim, payment_id, cents), key=lambda one: (one.proposal is None, one.amount_cents != cents)
    )
    for task in waiting:
        given = min(task.amount_cents, left)
        if given:
            left -= given
            returned.append(Given(task.version, task.kind, given, task.amount_cents - given, task.refund_id))
    counts = claim.condition in ("open", "settled")
    counted = min(claim.payments[payment_id].kept_cents, left) if counts else 0
    given_up = counted if claim.condition == "settled" else 0
    return _Parts(returned, given_up, counted - given_up, left - counted)


def _waiting(claim: ClaimState, payment_id: UUID, cents: int) -> Iterator[MoneyTask]:
    """What waits to go back; that somebody says so much was given back there is no reason against it."""
    yield from free_tasks(claim, payment_id)
    for task in claim.money_tasks.values():
        same = task.payment_id == payment_id and task.amount_cents == cents and not task.done
        if same and _is_said(task.proposal):
            yield task


def _is_said(proposal: Proposal | None) -> bool:
    return proposal is not None and proposal.how == _BY_PROVIDER
