"""What happens to a claim that is not paid in time. The docstring's first line is its business meaning."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.dunning_step_taken")
class DunningStepTaken(Event):
    """The claim is overdue: the payer is reminded, or more; what the step costs is claimed as well.

    `owed_cents` is what is owed with the charge; `due_on` the day by which it should have been paid.
    """

    case_id: UUID
    account_id: UUID
    step: str
    charge_cents: int
    owed_cents: int
    currency: str
    cost_object: str
    due_on: date

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move("dunned")
        aggregate.reminded = (*aggregate.reminded, self.step)
        aggregate.claimed_cents += self.charge_cents
        aggregate.charged_cents += self.charge_cents
