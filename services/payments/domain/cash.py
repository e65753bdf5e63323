"""Cash at the counter: what of the money on the table is booked, and an entry typed wrongly undone.

Never more is booked than is owed, unless it is meant. An entry is undone whole, on its own day, and only
while nothing was done with its money: what went on from there goes back as a refund.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.payments.domain.cash_events import CashEntryVoided
from services.payments.domain.claim import Claim
from services.payments.domain.money import CASH, Payment, Receipt, Recorded, is_waiting_for_a_debit
from services.payments.domain.money_tasks import MoneyTask
from services.payments.domain.refusals import (
    CashDayOver,
    CashNotVoidable,
    DebitUnderWay,
    NotPayable,
    PaymentBeingChecked,
    UnknownPayment,
)
from services.payments.domain.transitions import DECIDED_ELSEWHERE

METHOD: Final = "cash"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the money on the table, in cents."""

    recorded: Recorded
    payment_id: UUID
    booked_cents: int
    change_cents: int


def take(claim: Claim, reference: str, given_cents: int, *, keep_all: bool, now: datetime) -> Taken:
    """Books what is owed of the money given, or with `keep_all` the whole of it; the rest is change.

    `reference` is the entry's number in the till. Raises as `check`.
    """
    check(claim)
    booked = given_cents if keep_all else min(given_cents, claim.owed_cents)
    recorded = claim.record_receipt(Receipt(CASH, METHOD, reference, booked, claim.currency), now=now)
    return Taken(recorded, claim.receipt_id(CASH, reference), booked, given_cents - booked)


def check(claim: Claim) -> None:
    """Whether the counter may take money now. Raises NotPayable, PaymentBeingChecked, DebitUnderWay."""
    if claim.condition != "open":
        raise NotPayable(f"the claim is {claim.condition}")
    if any(attempt.state in DECIDED_ELSEWHERE for attempt in claim.attempts.values()):
        raise PaymentBeingChecked("an earlier attempt is not decided yet")
    if any(map(is_waiting_for_a_debit, claim.attempts.values())):
        raise DebitUnderWay("a debit is announced: it would be paid twice")


def void(claim: Claim, payment_id: UUID, reason: str, zone: ZoneInfo, *, now: datetime) -> int:
    """Undoes an entry; the cents that are undone. Raises UnknownPayment, CashNotVoidable, CashDayOver."""
    payment = claim.payments.get(payment_id)
    if payment is None:
        raise UnknownPayment(str(payment_id))
    tasks = _untouched(claim, payment)
    assert payment.taken_at is not None
    if payment.taken_at.astimezone(zone).date() != now.astimezone(zone).date():
        raise CashDayOver("the day of the entry is over: give the money back as a refund")
    said = {
        "case_id": claim.case_id, "account_id": claim.account_id, "payment_id": payment_id,
        "currency": payment.currency, "provider": CASH, "method": payment.method,
        "reference": payment.reference, "reason": reason, "booked_version": payment.version,
    }  # fmt: skip
    for task in tasks:
        claim.emit(
            CashEntryVoided, now=now, task_version=task.version, amount_cents=task.amount_cents, **said
        )
    if payment.kept_cents:
        claim.emit(CashEntryVoided, now=now, task_version=None, amount_cents=payment.kept_cents, **said)
    return payment.received_cents


def _untouched(claim: Claim, payment: Payment) -> list[MoneyTask]:
    """What lay above the claim, of an entry with whose money nothing was done."""
    if payment.provider != CASH or payment.reversed or not payment.received_cents:
        raise CashNotVoidable("this is no entry of the till, or it is undone")
    tasks = [
        task for task in claim.money_tasks.values()
        if task.payment_id == payment.payment_id and not (task.done or task.refund_id or task.proposal)
    ]  # fmt: skip
    there = payment.kept_cents + sum(task.amount_cents for task in tasks)
    asked_back = any(
        refund.payment_id == payment.payment_id and refund.state == "requested"
        for refund in claim.refunds.values()
    )
    if there != payment.received_cents or asked_back:
        raise CashNotVoidable("something was done with the money: give back what is left as a refund")
    if any(task.account == "refundable" for task in tasks):
        raise CashNotVoidable("the money is owed back already")
    if payment.kept_cents and claim.condition not in ("open", "settled"):
        raise CashNotVoidable(f"the claim is {claim.condition}")
    return tasks
