"""PayPal's disputes as far as they bring money back: read from its API, since a webhook's body is not signed.

Source: PayPal's Customer Disputes API v1. What a dispute took is told by `PAYMENT.CAPTURE.REVERSED`; that a
capture is COMPLETED again says nothing, since a repeated webhook says the same.
"""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.payments.providers.paypal.replies import Money

RESOLVED: Final = "CUSTOMER.DISPUTE.RESOLVED"
_OURS: Final = frozenset({"RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT", "CANCELED_BY_BUYER", "DENIED"})
"""Outcomes that leave the money with the merchant."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Transaction(_Part):
    """`seller_transaction_id` is the capture."""

    seller_transaction_id: str = ""


class _Outcome(_Part):
    outcome_code: str = ""
    amount_refunded: Money | None = None


class Movement(_Part):
    """Money that the dispute moved: `type` is CREDIT or DEBIT of the `affected_party`."""

    affected_party: str = ""
    type: str = ""
    amount: Money


class Dispute(_Part):
    dispute_id: str
    status: str = ""
    disputed_transactions: Sequence[Transaction] = ()
    dispute_amount: Money | None = None
    dispute_outcome: _Outcome = _Outcome()
    money_movements: Sequence[Movement] = ()

    @property
    def capture_id(self) -> str:
        """The one capture it is about; empty where it is about none, or several."""
        ids = [one.seller_transaction_id for one in self.disputed_transactions]
        return ids[0] if len(ids) == 1 else ""

    @property
    def code(self) -> str:
        return self.dispute_outcome.outcome_code

    def came_again(self) -> int:
        """Cents that the merchant has again: what was credited, else what was in dispute and not refunded."""
        if self.status != "RESOLVED" or self.code not in _OURS:
            return 0
        own = [one for one in self.money_movements if one.affected_party == "SELLER"]
        if own:
            return sum(one.amount.cents() for one in own if one.type == "CREDIT")
        refunded = self.dispute_outcome.amount_refunded
        wanted = self.dispute_amount.cents() if self.dispute_amount else 0
        return wanted - (refunded.cents() if refunded else 0)


class Named(_Part):
    """What a webhook says of a dispute that is believed: its id."""

    dispute_id: str
