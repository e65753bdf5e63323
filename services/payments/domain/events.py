"""What happens to a claim. The first line of each docstring is its business meaning."""

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.payments.domain.money import Payment, Word
from services.payments.domain.money_tasks import REFUND, MoneyTask, Settled
from shared.domain import Created, Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.payment_requested", version=2)
class PaymentRequested(Created):
    """The city claims an amount for a case, which may be one of several instalments of a charge."""

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
    instalment: int
    instalment_count: int

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["instalment"] = state["instalment_count"] = 1

    def apply(self, aggregate: "Claim") -> None:
        aggregate.begin_with(self)


@stored("payments.attempt_opened", version=2)
class AttemptOpened(Event):
    """The citizen chose a way to pay what is owed now; the provider does not know of it yet."""

    attempt_id: UUID
    method: str
    return_url: str
    amount_cents: int | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["amount_cents"] = None  # it was always the whole claim

    def apply(self, aggregate: "Claim") -> None:
        cents = aggregate.amount_cents if self.amount_cents is None else self.amount_cents
        aggregate.open_for(self.attempt_id, self.method, cents)


@stored("payments.payment_started", version=2)
class PaymentStarted(Event):
    """The provider opened a transaction and waits for the payer; or the city debits it on `debited_on`."""

    case_id: UUID
    attempt_id: UUID
    method: str
    provider: str
    reference: str
    debited_on: date | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["debited_on"] = None  # nobody asked for it yet

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_attempt(self.attempt_id, "started", provider=self.provider, reference=self.reference)


@stored("payments.payment_approved", version=2)
class PaymentApproved(Event):
    """The payer agreed at the provider; the money comes when it is captured, which is now done.

    `case_id` is missing in old events.
    """

    case_id: UUID | None
    attempt_id: UUID
    provider: str
    reference: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["case_id"] = None

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_attempt(self.attempt_id, "approved", provider=self.provider, reference=self.reference)


@stored("payments.attempt_abandoned")
class AttemptAbandoned(Event):
    """The provider could not open a transaction; no money can have moved."""

    attempt_id: UUID
    reason: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_attempt(self.attempt_id, "abandoned")


@stored("payments.pay_by_moved")
class PayByMoved(Event):
    """The case waits longer for its fee: the claim is to be paid by a later day, and dunned from then on."""

    case_id: UUID
    pay_by: date

    def apply(self, aggregate: "Claim") -> None:
        aggregate.pay_by = aggregate.due_on = self.pay_by


@stored("payments.payer_reminded")
class PayerReminded(Event):
    """It should have been paid by now: the payer gets a word, once for each `step`."""

    case_id: UUID
    account_id: UUID
    step: str
    owed_cents: int

    def apply(self, aggregate: "Claim") -> None:
        aggregate.reminded = (*aggregate.reminded, self.step)


@stored("payments.payment_unclear")
class PaymentUnclear(Event):
    """The provider does not know yet whether the payer has paid."""

    case_id: UUID
    attempt_id: UUID
    code: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move_attempt(self.attempt_id, "unknown")


@stored("payments.payment_failed")
class PaymentFailed(Event):
    """An attempt ended without money; the claim stays open."""

    case_id: UUID
    attempt_id: UUID
    outcome: str
    code: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.fail(self.attempt_id, self.outcome, self.timestamp)


@stored("payments.early_word_kept")
class EarlyWordKept(Event):
    """A provider told what became of a payment before it told that it came: booked once that is told.

    `state` is `reversed`, `restored` or `refunded`; `reference` the provider's own of what it did.
    """

    attempt_id: UUID
    state: str
    code: str
    provider: str
    reference: str
    amount_cents: int
    currency: str

    def apply(self, aggregate: "Claim") -> None:
        word = Word(self.state, self.code, self.provider, self.reference, self.amount_cents, self.currency)
        known = aggregate.attempts[self.attempt_id]
        aggregate.attempts[self.attempt_id] = replace(known, early=(*known.early, word))


@stored("payments.part_received")
class PartReceived(Event):
    """Less came than is owed: it counts, and the claim stays open with the rest."""

    case_id: UUID
    payment_id: UUID
    amount_cents: int
    currency: str
    method: str
    provider: str
    reference: str
    code: str
    backend_id: str | None
    provisional_until: datetime | None

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move("part_received")
        aggregate.take(_payment(self, self.payment_id), self.amount_cents)


@stored("payments.payment_settled", version=3)
class PaymentSettled(Event):
    """A provider's or the bank's verified word: with this the claim is paid in full.

    `attempt_id` is the receipt's own id where the money came without an attempt, `amount_cents` what of it
    counts, `claim_cents` the whole claim. Until `provisional_until` the payer may have the money back from
    their bank.
    """

    case_id: UUID
    account_id: UUID
    attempt_id: UUID
    amount_cents: int
    claim_cents: int
    currency: str
    method: str
    provider: str
    reference: str
    code: str
    backend_id: str | None
    provisional_until: datetime | None
    instalment: int

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["provisional_until"] = None
        state["claim_cents"] = state["amount_cents"]

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["instalment"] = 1

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move("payment_settled")
        aggregate.take(_payment(self, self.attempt_id), self.amount_cents)
        aggregate.settled_at = self.timestamp
        aggregate.settled_by = self.attempt_id


def _payment(event: PartReceived | PaymentSettled, payment_id: UUID) -> Payment:
    return Payment(
        payment_id, event.provider, event.method, event.reference, event.backend_id, event.currency,
        provisional_until=event.provisional_until, taken_at=event.timestamp,
        version=event.originator_version,
    )  # fmt: skip


@stored("payments.surplus_received", version=2)
class SurplusReceived(Event):
    """Money came that the claim did not want: accounted for, and a person has to see to it.

    `attempt_id` is the receipt's own id where the money came without an attempt.
    """

    case_id: UUID
    attempt_id: UUID
    amount_cents: int
    currency: str
    reason: str
    provider: str
    reference: str
    method: str
    backend_id: str | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["method"], state["backend_id"] = "", None

    def apply(self, aggregate: "Claim") -> None:
        method = self.method or aggregate.attempts[self.attempt_id].method
        payment = Payment(
            self.attempt_id, self.provider, method, self.reference, self.backend_id, self.currency,
            taken_at=self.timestamp, version=self.originator_version,
        )  # fmt: skip
        aggregate.take(payment, 0, self.amount_cents)
        task = MoneyTask(
            self.originator_version, self.reason, self.amount_cents, self.currency, self.provider,
            self.attempt_id,
        )  # fmt: skip
        aggregate.money_tasks[task.version] = task


@stored("payments.provider_fee_charged")
class ProviderFeeCharged(Event):
    """A provider keeps a fee of what it took in; the payer's payment counts in full."""

    payment_id: UUID
    provider: str
    amount_cents: int
    currency: str

    def apply(self, aggregate: "Claim") -> None:
        """Moves money of the city alone."""


@stored("payments.claim_cancelled", version=2)
class ClaimCancelled(Event):
    """The city no longer claims what is not paid yet; what had come in part falls due for refund apart."""

    case_id: UUID
    amount_cents: int
    cost_object: str
    reason: str
    currency: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["currency"] = "EUR"

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move("claim_cancelled")
        aggregate.claimed_cents -= self.amount_cents


@stored("payments.refund_fell_due", version=2)
class RefundFellDue(Event):
    """A paid claim lost its reason: the city owes the money back, by the provider or by a person.

    `payment_id` is the payment to give back; None in old events: the one that settled.
    """

    case_id: UUID
    amount_cents: int
    cost_object: str
    reason: str
    currency: str
    payment_id: UUID | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["currency"], state["payment_id"] = "EUR", None

    def apply(self, aggregate: "Claim") -> None:
        aggregate.move("refund_fell_due")
        payment_id = self.payment_id or aggregate.settled_by
        assert payment_id is not None
        aggregate.owe_back(payment_id, REFUND, self.amount_cents, self.originator_version)


@stored("payments.money_task_settled", version=2)
class MoneyTaskSettled(Event):
    """A person has seen to money that the city held without a claim: returned, or kept by agreement.

    `condition` is the claim's where this changes it, else empty.
    """

    case_id: UUID
    task_version: int
    kind: str
    amount_cents: int
    currency: str
    how: str
    provider: str
    cost_object: str
    voucher: str
    refund_id: UUID | None
    condition: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        kept = state["how"] == Settled.KEPT_BY_AGREEMENT
        state["refund_id"] = None
        state["condition"] = ("refund_waived" if kept else "refunded") if state["kind"] == REFUND else ""

    def apply(self, aggregate: "Claim") -> None:
        if self.refund_id is not None:
            aggregate.move_refund(self.refund_id, "settled_by_hand")
        aggregate.complete(self.task_version, self.condition, self.how, self.timestamp)


@stored("payments.money_task_offset")
class MoneyTaskOffset(Event):
    """Money that was to go back went back by a reversal, or makes up for what had gone back twice: nothing of
    it is left to do, or less.

    `payment_id` is the payment of which it had gone back, the task's own or another; `refund_id` the refund
    that was to carry the task out, and of which as much is left.
    """

    task_version: int
    kind: str
    amount_cents: int
    left_cents: int
    currency: str
    payment_id: UUID
    refund_id: UUID | None
    condition: str

    def apply(self, aggregate: "Claim") -> None:
        aggregate.offset(self.payment_id, self.task_version, self.amount_cents, self.condition)
        if self.refund_id is not None:
            aggregate.overtake(self.refund_id, self.left_cents)
