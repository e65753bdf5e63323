"""What was done with money that waited for a person; above the limit two people decide it, as on a refund.

All that goes back of a claim counts together, by refund or by hand. What two people have decided as a refund
needs no second decision when it is carried out by hand.
"""

from dataclasses import dataclass
from datetime import datetime

from services.payments.domain import refunds
from services.payments.domain.claim import Claim
from services.payments.domain.money_tasks import RETURNED, MoneyTask, Proposal, Settled, voucher_number
from services.payments.domain.offsets import offset_tasks
from services.payments.domain.refusals import (
    AmountDiffers,
    NoSuchSettlement,
    RefundUnderWay,
    SecondPersonNeeded,
    SettlementWaits,
    VoucherImpossible,
)
from services.payments.domain.settlement_events import SettlementDeclined, SettlementProposed


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one person says was done with all of a task's money, or a second one has read of it."""

    version: int
    how: Settled
    amount_cents: int
    voucher: str
    by: str


def settle(claim: Claim, said: Settlement, limit_cents: int, *, now: datetime) -> bool:
    """Books it, or above the limit has it wait for a second person, and says which (True: booked).

    Raises UnknownMoneyTask, MoneyTaskDone, SettlementWaits, RefundUnderWay, AmountDiffers, VoucherImpossible.
    """
    task = claim.open_task(said.version)
    if task.proposal is not None:
        raise SettlementWaits("what somebody said of it waits for a second person")
    if not _needs_approval(claim, task, said.how, limit_cents):
        claim.settle_money_task(said.version, said.how, said.amount_cents, said.voucher, now=now)
        return True
    if claim.under_way(task):
        raise RefundUnderWay(f"task {said.version} is being carried out")
    if said.amount_cents != task.amount_cents:
        raise AmountDiffers(f"the task is about {task.amount_cents} cents")
    number = voucher_number(said.voucher)
    if number is None:
        raise VoucherImpossible("1 to 35 letters, digits and ./-, a digit among them; no bank account")
    claim.emit(SettlementProposed, now=now, task_version=said.version, how=said.how.value,
               amount_cents=said.amount_cents, voucher=number, proposed_by=said.by)  # fmt: skip
    return False


def confirm(claim: Claim, read: Settlement, *, now: datetime) -> None:
    """A second person agrees to what they have read, and it is booked. Raises UnknownMoneyTask,
    MoneyTaskDone, NoSuchSettlement, SecondPersonNeeded, AmountDiffers."""
    proposal = _waiting(claim, read)
    claim.settle_money_task(read.version, read.how, proposal.amount_cents, proposal.voucher, now=now)


def decline(claim: Claim, read: Settlement, *, now: datetime) -> None:
    """A second person does not agree. Raises UnknownMoneyTask, MoneyTaskDone, NoSuchSettlement,
    SecondPersonNeeded."""
    _waiting(claim, read)
    claim.emit(SettlementDeclined, now=now, task_version=read.version, declined_by=read.by)
    offset_tasks(claim, claim.money_tasks[read.version].payment_id, now=now)


def _needs_approval(claim: Claim, task: MoneyTask, how: Settled, limit_cents: int) -> bool:
    refund = claim.refunds.get(task.refund_id) if task.refund_id is not None else None
    counted = refund is not None and refund.state not in refunds.NOT_COUNTED
    decided = counted and how in RETURNED
    return not decided and refunds.needs_approval(claim, task.amount_cents, limit_cents)


def _waiting(claim: Claim, read: Settlement) -> Proposal:
    proposal = claim.open_task(read.version).proposal
    said = (read.how, read.amount_cents, voucher_number(read.voucher))
    if proposal is None or (proposal.how, proposal.amount_cents, proposal.voucher) != said:
        raise NoSuchSettlement("nothing of the kind waits for a second person")
    if proposal.by == read.by:
        raise SecondPersonNeeded("who said it cannot agree to it")
    return proposal
