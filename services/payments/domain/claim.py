"""A claim of the city: at most one payment settles it, and no money that comes is ever dropped.

An attempt is not a payment, a payment is not a claim. Only a provider's verified word settles. Late, double
and contradictory words are ordinary: each has a named result.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.payments.domain.events import (
    AttemptAbandoned,
    AttemptOpened,
    ClaimCancelled,
    MoneyTaskSettled,
    PaymentFailed,
    PaymentRequested,
    PaymentSettled,
    PaymentStarted,
    PaymentUnclear,
    RefundFellDue,
    SurplusReceived,
)
from services.payments.domain.money_tasks import MoneyTask, Settled, voucher_number
from shared.domain import Aggregate

OPEN_ATTEMPTS: Final = ("opened", "started", "unclear")
"""States of an attempt from which a final word is still to come."""


class ClaimRefused(Exception):
    """A command that the claim does not allow now; `slug` says which rule."""

    slug = "refused"


class NotPayable(ClaimRefused):
    """The claim is settled or cancelled: there is nothing to pay."""

    slug = "nothing_to_pay"


class PaymentBeingChecked(ClaimRefused):
    """An earlier attempt may yet turn out to be paid; a second one could pay twice."""

    slug = "payment_being_checked"


class UnknownAttempt(ClaimRefused):
    """No attempt of this claim has this id."""

    slug = "unknown_attempt"


class UnknownMoneyTask(ClaimRefused):
    """Nothing of this claim is for a person to see to under this number."""

    slug = "money_task_unknown"


class MoneyTaskDone(ClaimRefused):
    """Somebody has seen to this money before; it must not be paid out twice."""

    slug = "money_task_done"


class AmountDiffers(ClaimRefused):
    """A task is done in full, or not at all."""

    slug = "amount_differs"


class VoucherImpossible(ClaimRefused):
    """What was given as the voucher's number cannot be one."""

    slug = "voucher_impossible"


class Recorded(StrEnum):
    """What became of a provider's word."""

    SETTLED = "settled"
    SURPLUS = "surplus"
    FAILED = "failed"
    UNCLEAR = "unclear"
    DUPLICATE = "duplicate"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to pay; its state is a word of `attempt_states`."""

    attempt_id: UUID
    method: str
    state: str
    provider: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A provider's verified word on an attempt: `state` as in the provider port, money in integer cents."""

    state: str
    code: str
    provider: str
    reference: str
    amount_cents: int
    currency: str
    backend_id: str | None = None


class Claim(Aggregate):
    """What a citizen owes for a case. Conditions: open, settled, cancelled, refund_due, refunded,
    refund_waived."""

    BEGINS = (PaymentRequested,)

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
    condition: str
    attempts: dict[UUID, Attempt]
    settled_at: datetime | None
    settled_by: UUID | None
    paid_through: str
    money_tasks: dict[int, MoneyTask]

    def begin_with(self, event: PaymentRequested) -> None:
        """Assigns the state of a new claim."""
        for name in ("case_id", "case_number", "account_id", "service", "cost_object", "kassenzeichen"):
            setattr(self, name, getattr(event, name))
        self.amount_cents, self.currency = event.amount_cents, event.currency
        self.pay_by, self.language = event.pay_by, event.language
        self.condition, self.attempts, self.settled_at, self.settled_by = "open", {}, None, None
        self.paid_through, self.money_tasks = "", {}

    def put_attempt(
        self, attempt_id: UUID, state: str, method: str = "", provider: str = "", reference: str = ""
    ) -> None:
        """Assigns the state of an attempt."""
        known = self.attempts.get(attempt_id) or Attempt(attempt_id, method, state)
        self.attempts[attempt_id] = replace(
            known, state=state, provider=provider or known.provider, reference=reference or known.reference
        )

    @classmethod
    def request(
        cls, *, id: UUID, now: datetime, case_id: UUID, case_number: str, account_id: UUID, service: str,
        cost_object: str, kassenzeichen: str, amount_cents: int, currency: str, pay_by: date | None,
        language: str,
    ) -> "Claim":  # fmt: skip
        """A new claim. Raises ValueError for an amount that is not positive."""
        if amount_cents <= 0:
            raise ValueError("a claim is for a positive amount")
        return cls.begin(
            PaymentRequested, id=id, now=now, case_id=case_id, case_number=case_number, account_id=account_id,
            service=service, cost_object=cost_object, kassenzeichen=kassenzeichen, amount_cents=amount_cents,
            currency=currency, pay_by=pay_by, language=language,
        )  # fmt: skip

    def open_attempt(self, attempt_id: UUID, method: str, return_url: str, *, now: datetime) -> None:
        """A new try. Raises NotPayable, PaymentBeingChecked."""
        if self.condition != "open":
            raise NotPayable(f"the claim is {self.condition}")
        if any(attempt.state == "unclear" for attempt in self.attempts.values()):
            raise PaymentBeingChecked("an earlier attempt is not decided yet")
        self.emit(AttemptOpened, now=now, attempt_id=attempt_id, method=method, return_url=return_url)

    def record_start(self, attempt_id: UUID, provider: str, reference: str, *, now: datetime) -> None:
        """The provider's reference is known. Raises UnknownAttempt."""
        attempt = self._attempt(attempt_id)
        if attempt.state == "opened":
            self.emit(PaymentStarted, now=now, case_id=self.case_id, attempt_id=attempt_id,
                      method=attempt.method, provider=provider, reference=reference)  # fmt: skip

    def abandon_attempt(self, attempt_id: UUID, reason: str, *, now: datetime) -> None:
        """The provider could not be reached to open a transaction. Raises UnknownAttempt."""
        if self._attempt(attempt_id).state == "opened":
            self.emit(AttemptAbandoned, now=now, attempt_id=attempt_id, reason=reason)

    def record_word(self, attempt_id: UUID, word: Word, *, now: datetime) -> Recorded:
        """Takes a provider's verified word. Raises UnknownAttempt."""
        attempt = self._attempt(attempt_id)
        if word.state == attempt.state:
            return Recorded.DUPLICATE
        if word.state == "succeeded":
            return self._record_money(attempt, word, now)
        if attempt.state == "succeeded":
            return Recorded.CONTRADICTED
        if attempt.state not in OPEN_ATTEMPTS:
            return Recorded.DUPLICATE
        if word.state == "unknown":
            return self._record_unclear(attempt, word, now)
        self.emit(PaymentFailed, now=now, case_id=self.case_id, attempt_id=attempt_id, outcome=word.state,
                  code=word.code)  # fmt: skip
        return Recorded.FAILED

    def _record_money(self, attempt: Attempt, word: Word, now: datetime) -> Recorded:
        reason = self._why_surplus(word)
        if reason is None:
            self.emit(
                PaymentSettled, now=now, case_id=self.case_id, account_id=self.account_id,
                attempt_id=attempt.attempt_id, amount_cents=word.amount_cents, currency=word.currency,
                method=attempt.method, provider=word.provider, reference=word.reference, code=word.code,
                backend_id=word.backend_id,
            )  # fmt: skip
            return Recorded.SETTLED
        self.emit(
            SurplusReceived, now=now, case_id=self.case_id, attempt_id=attempt.attempt_id,
            amount_cents=word.amount_cents, currency=word.currency, reason=reason, provider=word.provider,
            reference=word.reference,
        )  # fmt: skip
        return Recorded.SURPLUS

    def _why_surplus(self, word: Word) -> str | None:
        if self.condition == "cancelled":
            return "after_cancellation"
        if self.condition != "open":
            return "second_payment"
        if (word.amount_cents, word.currency) != (self.amount_cents, self.currency):
            return "amount_differs"
        return None

    def _record_unclear(self, attempt: Attempt, word: Word, now: datetime) -> Recorded:
        if attempt.state == "unclear":
            return Recorded.DUPLICATE
        self.emit(
            PaymentUnclear, now=now, case_id=self.case_id, attempt_id=attempt.attempt_id, code=word.code
        )
        return Recorded.UNCLEAR

    def withdraw_claim(self, reason: str, *, now: datetime, refund: bool = True) -> None:
        """The case has ended otherwise: cancels an open claim; owes a paid one back, unless it is kept.

        May be repeated.
        """
        if self.condition == "open":
            self.emit(ClaimCancelled, now=now, case_id=self.case_id, amount_cents=self.amount_cents,
                      cost_object=self.cost_object, reason=reason)  # fmt: skip
        elif self.condition == "settled" and refund:
            self.emit(RefundFellDue, now=now, case_id=self.case_id, amount_cents=self.amount_cents,
                      cost_object=self.cost_object, reason=reason)  # fmt: skip

    def settle_money_task(
        self, version: int, how: Settled, amount_cents: int, voucher: str, *, now: datetime
    ) -> None:
        """Records what a person did. Raises UnknownMoneyTask, MoneyTaskDone, AmountDiffers,
        VoucherImpossible."""
        task = self.money_tasks.get(version)
        if task is None:
            raise UnknownMoneyTask(str(version))
        if task.done:
            raise MoneyTaskDone(f"task {version} is done")
        if amount_cents != task.amount_cents:
            raise AmountDiffers(f"the task is about {task.amount_cents} cents")
        number = voucher_number(voucher)
        if number is None:
            raise VoucherImpossible("1 to 35 letters, digits and ./-, a digit among them; no bank account")
        self.emit(
            MoneyTaskSettled, now=now, case_id=self.case_id, task_version=version, kind=task.kind,
            amount_cents=amount_cents, currency=task.currency, how=how.value, provider=task.provider,
            cost_object=self.cost_object, voucher=number,
        )  # fmt: skip

    def _attempt(self, attempt_id: UUID) -> Attempt:
        try:
            return self.attempts[attempt_id]
        except KeyError:
            raise UnknownAttempt(str(attempt_id)) from None
