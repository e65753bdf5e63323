"""What happens to a refund. The first line of each docstring is its business meaning."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from services.payments.domain.money import Refund
from services.payments.domain.money_tasks import Settled
from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.refund_requested")
class RefundRequested(Event):
    """Somebody, or the portal by rule, wants money given back.

    Of a money task where `task_version` names one; else part of a settled payment, which is owed back from
    now on, or from the approval on where a second person has to agree. `kind` is that of the money task.
    """

    case_id: UUID
    refund_id: UUID
    payment_id: UUID
    task_version: int | None
    amount_cents: int
    currency: str
    cost_object: str
    reason: str
    kind: str
    via: str
    requested_by: str
    needs_approval: bool

    def apply(self, aggregate: "Claim") -> None:
        refund = Refund(
            self.refund_id, self.payment_id, self.amount_cents, self.currency, "requested", self.via,
            self.requested_by, self.task_version,
        )  # fmt: skip
        aggregate.refunds[refund.refund_id] = refund
        aggregate.bind(refund.refund_id)
        if not self.needs_approval:
            aggregate.approve(refund.refund_id, self.kind, self.originator_version)


@stored("payments.refund_approved")
class RefundApproved(Event):
    """A second person agrees to a refund; `task_version` as in its request."""

    case_id: UUID
    refund_id: UUID
    task_version: int | None
    amount_cents: int
    currency: str
    cost_object: str
    kind: str
    via: str
    approved_by: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.approve(self.refund_id, self.kind, self.originator_version)


@stored("payments.refund_declined")
class RefundDeclined(Event):
    """A second person does not agree: the money stays as it was."""

    refund_id: UUID
    task_version: int | None
    declined_by: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.decline(self.refund_id)


@stored("payments.refund_overtaken")
class RefundOvertaken(Event):
    """Money that a second person had to agree to give back went another way, or is owed again.

    `left_cents` are still asked for; with none nobody decides on it any more.
    """

    case_id: UUID
    refund_id: UUID
    left_cents: int

    def apply(self, aggregate: "Claim") -> None:
        aggregate.overtake(self.refund_id, self.left_cents)


@stored("payments.refund_ordered")
class RefundOrdered(Event):
    """The provider is told to give back, from here on: the money may move."""

    refund_id: UUID

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_refund(self.refund_id, "ordered")


@stored("payments.refund_pending")
class RefundPending(Event):
    """The provider has taken the order and works on it; it is asked until it knows."""

    refund_id: UUID
    reference: str
    code: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_refund(self.refund_id, "pending", self.reference)


@stored("payments.refund_settled")
class RefundSettled(Event):
    """The provider has given the money back; `condition` is the claim's where this changes it, else empty."""

    case_id: UUID
    refund_id: UUID
    task_version: int
    kind: str
    amount_cents: int
    currency: str
    provider: str
    reference: str
    code: str
    condition: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_refund(self.refund_id, "succeeded", self.reference)
        how = Settled.RETURNED_BY_PROVIDER.value
        aggregate.complete(self.task_version, self.condition, how, self.timestamp, self.reference)


@stored("payments.refund_recognised")
class RefundRecognised(Event):
    """The provider tells of money that a person had given back there, by the event of `settled_version`: now
    its reference is known."""

    case_id: UUID
    payment_id: UUID
    task_version: int
    settled_version: int
    reference: str
    code: str

    def apply(self, aggregate: "Claim") -> None:
        task = aggregate.money_tasks[self.task_version]
        aggregate.money_tasks[self.task_version] = replace(task, reference=self.reference)


@stored("payments.refund_failed")
class RefundFailed(Event):
    """The provider did not give the money back: a person sees to it."""

    case_id: UUID
    refund_id: UUID
    task_version: int
    code: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_refund(self.refund_id, "failed")


@stored("payments.refund_unclear")
class RefundUnclear(Event):
    """Nobody knows whether the money went back: never ordered again, a person looks at the provider's."""

    case_id: UUID
    refund_id: UUID
    task_version: int
    reason: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_refund(self.refund_id, "unclear")
