"""What happens to money at a bank or provider after it came: taken back, brought back, given back there.

The first line of each docstring is its business meaning.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.payments.domain.money_tasks import Given, MoneyTask, Settled
from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.payment_reversed", version=2)
class PaymentReversed(Event):
    """Bank or card network took a payment back, or part of it: what of it counted is owed again.

    `owed_cents` is owed again; `reclaimable_cents` had gone back to the payer in other ways, or waits to.
    `charges_cents` is what the bank or provider charges the city for it. `reference` is the reversal's own,
    `backend_id` that of the payment's booking at the provider.
    """

    case_id: UUID
    account_id: UUID
    payment_id: UUID
    owed_cents: int
    reclaimable_cents: int
    charges_cents: int
    currency: str
    provider: str
    code: str
    reference: str
    backend_id: str | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["backend_id"] = None

    def apply(self, aggregate: "Claim") -> None:
        aggregate.give_up(
            self.payment_id, self.reference, self.owed_cents, self.reclaimable_cents, self.timestamp.date()
        )
        if self.payment_id in aggregate.attempts:
            aggregate.move_attempt(self.payment_id, "reversed")


@stored("payments.reversal_undone")
class ReversalUndone(Event):
    """What had been taken back came again: a dispute was won, a chargeback withdrawn.

    Of `amount_cents` so much as is `reclaimable_cents` makes up for what had gone back twice; the rest is
    money that came, and is booked as such by the events behind this one.
    """

    case_id: UUID
    account_id: UUID
    payment_id: UUID
    amount_cents: int
    reclaimable_cents: int
    currency: str
    provider: str
    code: str
    reference: str
    backend_id: str | None

    def apply(self, aggregate: "Claim") -> None:
        aggregate.bring_back(self.payment_id, self.reference, self.amount_cents, self.reclaimable_cents)


@stored("payments.refunded_elsewhere", version=2)
class RefundedElsewhere(Event):
    """The provider gave money back without our order: somebody did it in the provider's own pages.

    `returned` is what of it waited to go back, by money task; what was still waiting before version 2 is
    `reclaimable_cents` there, and offset by the events behind it. Of a claim that is paid `given_up_cents`
    are claimed no more, of one that is not `owed_cents` are owed again; `reclaimable_cents` went back twice.
    `kind` is that of the money task that what is given up stands for, `condition` the claim's where this
    changes it; both empty otherwise.
    """

    case_id: UUID
    account_id: UUID
    payment_id: UUID
    given_up_cents: int
    owed_cents: int
    reclaimable_cents: int
    currency: str
    provider: str
    cost_object: str
    code: str
    reference: str
    backend_id: str | None
    kind: str
    condition: str
    returned: list[Given]

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["returned"] = []

    @property
    def returned_cents(self) -> int:
        return sum(one.amount_cents for one in self.returned)

    def apply(self, aggregate: "Claim") -> None:
        aggregate.give_back_elsewhere(self)
        for one in self.returned:
            self._return(aggregate, one)
        if self.given_up_cents:
            self._done(aggregate, self.kind, self.given_up_cents)
        aggregate.condition = self.condition or aggregate.condition

    def _return(self, aggregate: "Claim", one: Given) -> None:
        """All of a money task, or a part that becomes one of its own."""
        if one.left_cents:
            task = aggregate.money_tasks[one.task_version]
            aggregate.money_tasks[task.version] = replace(task, amount_cents=one.left_cents)
            self._done(aggregate, one.kind, one.amount_cents)
        else:
            how = Settled.RETURNED_BY_PROVIDER.value
            aggregate.complete(one.task_version, "", how, self.timestamp, self.reference)
        if one.refund_id is not None:
            aggregate.overtake(one.refund_id, one.left_cents)

    def _done(self, aggregate: "Claim", kind: str, cents: int) -> None:
        task = MoneyTask(self.originator_version, kind, cents, self.currency, self.provider, self.payment_id)
        how = Settled.RETURNED_BY_PROVIDER.value
        aggregate.money_tasks[task.version] = task.completed(how, self.timestamp, self.reference)
