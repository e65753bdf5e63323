"""What happens to money at a bank or provider after it came: taken back, brought back, given back there.

The first line of each docstring is its business meaning.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.payments.domain.money_tasks import MoneyTask, Settled
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


@stored("payments.refunded_elsewhere")
class RefundedElsewhere(Event):
    """The provider gave money back without our order: somebody did it in the provider's own pages.

    Of a claim that is paid `given_up_cents` is claimed no more, of one that is not `owed_cents` is owed
    again. `reclaimable_cents` did not count: it waited to go back, or went back twice. `kind` is that of the
    money task that this stands for, `condition` the claim's where this changes it; both empty otherwise.
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

    def apply(self, aggregate: "Claim") -> None:
        aggregate.give_back_elsewhere(
            self.payment_id, self.reference, self.given_up_cents, self.owed_cents, self.reclaimable_cents
        )
        if self.given_up_cents:
            task = MoneyTask(
                self.originator_version, self.kind, self.given_up_cents, self.currency, self.provider,
                self.payment_id,
            )  # fmt: skip
            how = Settled.RETURNED_BY_PROVIDER.value
            aggregate.money_tasks[task.version] = task.completed(how, self.timestamp)
        aggregate.condition = self.condition or aggregate.condition
