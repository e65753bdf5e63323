"""What happens to money that a provider sends to the city's account (Auszahlung).

A provider's statement says that it left, the bank's that it came, in either order and days apart. What one of
them has told and the other has not is money on its way.
"""

from datetime import date
from typing import TYPE_CHECKING

from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.bank_item import BankItem
    from services.payments.domain.provider_account import ProviderAccount


@stored("payments.provider_paid_out")
class ProviderPaidOut(Event):
    """A provider's statement tells that it sent money to the city's account; negative where it came back."""

    provider: str
    reference: str
    day: date
    amount_cents: int
    currency: str

    def apply(self, aggregate: "ProviderAccount") -> None:
        """Moves money of the city alone."""


@stored("payments.payout_found")
class PayoutFound(Event):
    """A person says that money at the bank is a provider's payout."""

    provider: str
    amount_cents: int
    currency: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.outcome, aggregate.provider = "payout", self.provider
        aggregate.is_waiting, aggregate.payout_proposal = False, None


@stored("payments.payout_proposed")
class PayoutProposed(Event):
    """A person takes money above the limit for a provider's payout: a second person has to agree."""

    provider: str
    proposed_by: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.payout_proposal = (self.provider, self.proposed_by)


@stored("payments.payout_declined")
class PayoutDeclined(Event):
    """A second person does not agree: the money waits as it did."""

    declined_by: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.payout_proposal = None


@stored("payments.payout_undone")
class PayoutUndone(Event):
    """It was no payout of that provider: the money waits for a person again."""

    provider: str
    amount_cents: int
    currency: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.outcome, aggregate.provider = "unallocated", ""
        aggregate.is_waiting = True
