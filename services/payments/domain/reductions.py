"""Less is owed: what a fee is for ended early, and the whole months left are not paid for.

What is open goes first, by a reduction of the claim; what is paid goes back, by a refund. Both together are
the share and never more. What dunning has cost stays claimed. An end reduces a claim once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.payments.domain.claim_state import ClaimState
from services.payments.domain.events import ClaimCancelled
from services.payments.domain.pro_rata import Period, pro_rata_cents
from services.payments.domain.reduction_events import ClaimReduced
from services.payments.domain.refunds import free_of, waiting_for
from services.payments.domain.refusals import NotReducible, ReductionTooHigh

GIVEN_UP_EARLY: Final = "given_up_early"
"""Why a share is claimed no more, or goes back."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """`reduction_id` names the end that it follows from; `reason` is a slug."""

    reduction_id: UUID
    amount_cents: int
    reason: str


@dataclass(frozen=True, slots=True)
class Share:
    """What of a fee is for the months left: cents that are not claimed any more, and cents that go back."""

    reduced_cents: int
    refunded_cents: int


def reduce(claim: ClaimState, reduction: Reduction, *, now: datetime) -> None:
    """Claims so much less; the same reduction again is nothing new. A claim of which nothing is left and
    nothing came is cancelled. Raises NotReducible, ReductionTooHigh."""
    if reduction.reduction_id in claim.reductions:
        return
    if claim.condition != "open":
        raise NotReducible(f"the claim is {claim.condition}")
    cents, most = reduction.amount_cents, most_reducible(claim)
    if not 0 < cents <= most:
        raise ReductionTooHigh(f"{most} cents of the fee are open")
    said = {
        "case_id": claim.case_id, "amount_cents": cents, "currency": claim.currency,
        "cost_object": claim.cost_object, "reason": reduction.reason,
    }  # fmt: skip
    if cents == claim.claimed_cents:
        claim.emit(ClaimCancelled, now=now, **said)
        return
    claim.emit(
        ClaimReduced, now=now, account_id=claim.account_id, reduction_id=reduction.reduction_id,
        fee_cents=claim.claimed_cents - claim.charged_cents - cents, owed_cents=claim.owed_cents - cents,
        **said,
    )  # fmt: skip


def most_reducible(claim: ClaimState) -> int:
    """What of the fee is open, in cents: what dunning has cost is not reduced."""
    return max(0, min(claim.owed_cents, claim.claimed_cents - claim.charged_cents))


def share_of(claim: ClaimState, period: Period) -> Share:
    """Of what was claimed first the part for the whole months left, less what is not claimed any more, was
    given back or waits to be: as far as it is open, and then as far as it is paid.

    What is given up before it begins is all left. Raises ValueError for what is no period of whole months.
    """
    if claim.condition not in ("open", "settled"):
        return Share(0, 0)
    given = claim.amount_cents + claim.charged_cents - claim.claimed_cents
    waiting = sum(waiting_for(claim, payment_id) for payment_id in claim.payments)
    due = max(0, _computed(claim.amount_cents, period) - given - waiting)
    reduced = min(due, claim.owed_cents)
    paid = sum(free_of(claim).values()) if reduced == claim.owed_cents else 0
    return Share(reduced, min(due - reduced, paid))


def _computed(fee_cents: int, period: Period) -> int:
    if period.given_up_on < period.valid_from <= period.valid_until:
        return fee_cents
    return pro_rata_cents(fee_cents, period.valid_from, period.valid_until, period.given_up_on)
