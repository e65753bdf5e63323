"""What happens to cash taken at the counter. The first line of each docstring is its business meaning."""

from typing import TYPE_CHECKING
from uuid import UUID

from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.cash_entry_voided")
class CashEntryVoided(Event):
    """An entry of the till was a mistake: it is undone on its own day, and the money was never there.

    What counted of it is owed again; with `task_version` it is what lay above the claim. `booked_version` is
    the event that booked the entry first, and so names its receipt.
    """

    case_id: UUID
    account_id: UUID
    payment_id: UUID
    task_version: int | None
    amount_cents: int
    currency: str
    provider: str
    method: str
    reference: str
    reason: str
    booked_version: int

    def apply(self, aggregate: "Claim") -> None:
        if self.task_version is None:
            aggregate.move("cash_voided")
            aggregate.settled_at, aggregate.settled_by = None, None
            aggregate.void(self.payment_id, self.amount_cents)
        else:
            aggregate.void(self.payment_id, 0, self.amount_cents)
            aggregate.complete(self.task_version, "")
