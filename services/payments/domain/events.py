"""What happens to a claim. The first line of each docstring is its business meaning."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from services.payments.domain.money_tasks import REFUND, MoneyTask, Settled
from shared.domain import Created, Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.payment_requested")
class PaymentRequested(Created):
    """The city claims an amount for a case."""

    case_id: UUID
    case_number: str
    account_id: UUID
    service: str
    cost_object: str
    kassenzeichen: str
    amount_cents: int
    currency: str
    pay_by: date | None
    language: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.begin_with(self)


@stored("payments.attempt_opened")
class AttemptOpened(Event):
    """The citizen chose a way to pay; the provider does not know of it yet."""

    attempt_id: UUID
    method: str
    return_url: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.put_attempt(self.attempt_id, "opened", method=self.method)


@stored("payments.payment_started")
class PaymentStarted(Event):
    """The provider opened a transaction and waits for the payer."""

    case_id: UUID
    attempt_id: UUID
    method: str
    provider: str
    reference: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.put_attempt(self.attempt_id, "started", provider=self.provider, reference=self.reference)


@stored("payments.attempt_abandoned")
class AttemptAbandoned(Event):
    """The provider could not open a transaction; no money can have moved."""

    attempt_id: UUID
    reason: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.put_attempt(self.attempt_id, "abandoned")


@stored("payments.payment_unclear")
class PaymentUnclear(Event):
    """The provider does not know yet whether the payer has paid."""

    case_id: UUID
    attempt_id: UUID
    code: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.put_attempt(self.attempt_id, "unclear")


@stored("payments.payment_failed")
class PaymentFailed(Event):
    """An attempt ended without money; the claim stays open."""

    case_id: UUID
    attempt_id: UUID
    outcome: str
    code: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.put_attempt(self.attempt_id, self.outcome)


@stored("payments.payment_settled")
class PaymentSettled(Event):
    """The provider's verified word: the claim is paid in full."""

    case_id: UUID
    account_id: UUID
    attempt_id: UUID
    amount_cents: int
    currency: str
    method: str
    provider: str
    reference: str
    code: str
    backend_id: str | None

    def apply(self, aggregate: "Claim") -> None:
        aggregate.put_attempt(self.attempt_id, "succeeded")
        aggregate.condition = "settled"
        aggregate.settled_at = self.timestamp
        aggregate.settled_by = self.attempt_id
        aggregate.paid_through = self.provider


@stored("payments.surplus_received")
class SurplusReceived(Event):
    """Money came that the claim did not want: accounted for, and a person has to see to it."""

    case_id: UUID
    attempt_id: UUID
    amount_cents: int
    currency: str
    reason: str
    provider: str
    reference: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.put_attempt(self.attempt_id, "succeeded")
        task = MoneyTask(
            self.originator_version, self.reason, self.amount_cents, self.currency, self.provider
        )
        aggregate.money_tasks[task.version] = task


@stored("payments.claim_cancelled")
class ClaimCancelled(Event):
    """The city no longer claims the amount; nothing had been paid."""

    case_id: UUID
    amount_cents: int
    cost_object: str
    reason: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.condition = "cancelled"


@stored("payments.refund_fell_due")
class RefundFellDue(Event):
    """A paid claim lost its reason: the city owes the money back, and a person has to see to it."""

    case_id: UUID
    amount_cents: int
    cost_object: str
    reason: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.condition = "refund_due"
        task = MoneyTask(
            self.originator_version, REFUND, self.amount_cents, aggregate.currency, aggregate.paid_through
        )
        aggregate.money_tasks[task.version] = task


@stored("payments.money_task_settled")
class MoneyTaskSettled(Event):
    """A person has seen to money that the city held without a claim: returned, or kept by agreement."""

    case_id: UUID
    task_version: int
    kind: str
    amount_cents: int
    currency: str
    how: str
    provider: str
    cost_object: str
    voucher: str

    def apply(self, aggregate: "Claim") -> None:
        task = aggregate.money_tasks[self.task_version]
        aggregate.money_tasks[self.task_version] = task.completed()
        if self.kind == REFUND:
            kept = self.how == Settled.KEPT_BY_AGREEMENT
            aggregate.condition = "refund_waived" if kept else "refunded"
