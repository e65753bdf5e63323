"""What happens to a money task's settlement that two people decide. The first line of each docstring is its
business meaning."""

from dataclasses import replace
from typing import TYPE_CHECKING

from services.payments.domain.money_tasks import Proposal
from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.settlement_proposed")
class SettlementProposed(Event):
    """A person says what becomes of money above the limit: it counts once a second person agrees."""

    task_version: int
    how: str
    amount_cents: int
    voucher: str
    proposed_by: str

    def apply(self, aggregate: "Claim") -> None:
        task = aggregate.money_tasks[self.task_version]
        proposal = Proposal(self.how, self.amount_cents, self.voucher, self.proposed_by)
        aggregate.money_tasks[self.task_version] = replace(task, proposal=proposal)


@stored("payments.settlement_declined")
class SettlementDeclined(Event):
    """A second person does not agree: the money waits as it did."""

    task_version: int
    declined_by: str

    def apply(self, aggregate: "Claim") -> None:
        task = aggregate.money_tasks[self.task_version]
        aggregate.money_tasks[self.task_version] = replace(task, proposal=None)
