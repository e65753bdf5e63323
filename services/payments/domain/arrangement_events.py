"""What is agreed about a claim that is not due yet. The docstring's first line is its business meaning."""

from typing import TYPE_CHECKING
from uuid import UUID

from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.debit_arranged")
class DebitArranged(Event):
    """The claim will be debited under a mandate when it falls due; its payer need not do anything."""

    case_id: UUID
    mandate_id: UUID

    def apply(self, aggregate: "Claim") -> None:
        aggregate.arranged = self.mandate_id


@stored("payments.debit_arrangement_ended")
class DebitArrangementEnded(Event):
    """The claim is not debited by itself any more: its payer pays it, in whatever way."""

    case_id: UUID
    account_id: UUID
    mandate_id: UUID
    reason: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.arranged = None
