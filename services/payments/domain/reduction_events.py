"""What happens to a claim of which less is owed. The docstring's first line is its business meaning."""

from typing import TYPE_CHECKING
from uuid import UUID

from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.claim_reduced")
class ClaimReduced(Event):
    """What the claim is for ended early: the city claims so much less of what is not paid (Teilabgang).

    `reduction_id` names the end, which reduces once. Of the fee `fee_cents` are claimed from now on, and with
    the charges `owed_cents` are still to pay; with nothing to pay the claim is settled by what came.
    """

    case_id: UUID
    account_id: UUID
    reduction_id: UUID
    amount_cents: int
    fee_cents: int
    owed_cents: int
    currency: str
    cost_object: str
    reason: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.reduce(self.reduction_id, self.amount_cents)
        aggregate.move("claim_reduced" if self.owed_cents else "reduced_to_paid")
        if not self.owed_cents:
            aggregate.settled_at, aggregate.settled_by = self.timestamp, aggregate.last_kept
