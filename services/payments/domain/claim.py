"""A claim of the city: at most one payment settles it, and no money that comes is ever dropped.

An attempt is not a payment, a payment is not a claim. Only a provider's or the bank's verified word settles.
Late, double, contradictory, partial and excess words are ordinary: each has a named result.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from services.payments.domain import refunds_elsewhere, reversals, wishes
from services.payments.domain.arrangement_events import DebitArranged, DebitArrangementEnded
from services.payments.domain.claim_state import ClaimState
from services.payments.domain.dunning import REMINDER, Step, next_step
from services.payments.domain.dunning_events import DunningStepTaken
from services.payments.domain.events import (
    AttemptAbandoned,
    AttemptOpened,
    ClaimCancelled,
    EarlyWordKept,
    MoneyTaskSettled,
    PartReceived,
    PayByMoved,
    PayerReminded,
    PaymentApproved,
    PaymentFailed,
    PaymentRequested,
    PaymentSettled,
    PaymentStarted,
    PaymentUnclear,
    ProviderFeeCharged,
    RefundFellDue,
    SurplusReceived,
)
from services.payments.domain.money import (
    AFTERWARDS,
    BANK,
    Attempt,
    Payment,
    Receipt,
    Recorded,
    Reversal,
    Word,
    is_being_paid,
)
from services.payments.domain.money_tasks import PAID_TWICE, MoneyTask, Settled, voucher_number
from services.payments.domain.offsets import make_up, offset_tasks
from services.payments.domain.refusals import (
    AmountDiffers,
    MoneyTaskDone,
    NotLater,
    NotPayable,
    PaymentBeingChecked,
    RefundUnderWay,
    UnknownAttempt,
    UnknownMoneyTask,
    UnknownPayment,
    VoucherImpossible,
)
from services.payments.domain.transitions import ATTEMPT, DECIDED_ELSEWHERE
from shared.ids import derived_id

_WHY_SURPLUS = {"cancelled": "after_cancellation", "settled": PAID_TWICE}
QUIET = timedelta(days=1)
"""Nobody is dunned so soon after money that was on its way failed."""
NOT_WANTED = "not_wanted"
"""The code of an attempt that the payer agreed to when nothing was owed any more: it is not captured."""


class Claim(ClaimState):
    """What a citizen owes for a case."""

    BEGINS = (PaymentRequested,)

    @classmethod
    def request(
        cls, *, id: UUID, now: datetime, case_id: UUID, case_number: str, account_id: UUID, service: str,
        cost_object: str, kassenzeichen: str, amount_cents: int, currency: str, pay_by: date | None,
        language: str, instalment: int = 1, instalment_count: int = 1,
    ) -> "Claim":  # fmt: skip
        """A new claim, of a whole charge or of one of its instalments, counted from 1. Raises ValueError for
        an amount that is not positive, and for an instalment that the charge does not have."""
        if amount_cents <= 0:
            raise ValueError("a claim is for a positive amount")
        if not 1 <= instalment <= instalment_count:
            raise ValueError(f"there is no instalment {instalment} of {instalment_count}")
        return cls.begin(
            PaymentRequested, id=id, now=now, case_id=case_id, case_number=case_number, account_id=account_id,
            service=service, cost_object=cost_object, kassenzeichen=kassenzeichen, amount_cents=amount_cents,
            currency=currency, pay_by=pay_by, language=language, instalment=instalment,
            instalment_count=instalment_count,
        )  # fmt: skip

    def open_attempt(self, attempt_id: UUID, method: str, return_url: str, *, now: datetime) -> None:
        """A new try to pay what is owed now. Raises NotPayable, PaymentBeingChecked."""
        if self.condition != "open":
            raise NotPayable(f"the claim is {self.condition}")
        if any(attempt.state in DECIDED_ELSEWHERE for attempt in self.attempts.values()):
            raise PaymentBeingChecked("an earlier attempt is not decided yet")
        self.emit(AttemptOpened, now=now, attempt_id=attempt_id, method=method, return_url=return_url,
                  amount_cents=self.owed_cents)  # fmt: skip

    def record_start(
        self,
        attempt_id: UUID,
        provider: str,
        reference: str,
        *,
        now: datetime,
        debited_on: date | None = None,
    ) -> None:
        """The provider's reference is known; `debited_on` is the day that a debit of the city's own was
        announced for. Raises UnknownAttempt."""
        attempt = self.attempt(attempt_id)
        if attempt.state == "opened":
            self.emit(PaymentStarted, now=now, case_id=self.case_id, attempt_id=attempt_id,
                      method=attempt.method, provider=provider, reference=reference,
                      debited_on=debited_on)  # fmt: skip

    def move_pay_by(self, pay_by: date, *, now: datetime) -> None:
        """The case waits for it until a later day; may be repeated. Raises NotPayable, NotLater."""
        if self.condition != "open":
            raise NotPayable(f"the claim is {self.condition}")
        if self.pay_by is None or pay_by < self.pay_by:
            raise NotLater(f"it is to be paid by {self.pay_by}")
        if (self.pay_by, self.due_on) != (pay_by, pay_by):
            self.emit(PayByMoved, now=now, case_id=self.case_id, pay_by=pay_by)

    def abandon_attempt(self, attempt_id: UUID, reason: str, *, now: datetime) -> None:
        """The provider could not be reached to open a transaction. Raises UnknownAttempt."""
        if self.attempt(attempt_id).state == "opened":
            self.emit(AttemptAbandoned, now=now, attempt_id=attempt_id, reason=reason)

    def record_word(self, attempt_id: UUID, word: Word, *, now: datetime) -> Recorded:
        """Takes a provider's verified word. Raises UnknownAttempt."""
        attempt = self.attempt(attempt_id)
        paid = attempt_id in self.payments
        if word.state in AFTERWARDS:
            return self._record_return(attempt_id, word, now) if paid else self._keep(attempt, word, now)
        if word.state == "succeeded":
            return Recorded.DUPLICATE if paid else self._take_attempt(attempt, word, now)
        if word.state == "approved":
            return self._record_approval(attempt, word, now)
        if (attempt.state, word.state) not in ATTEMPT:
            return Recorded.CONTRADICTED if attempt.state == "succeeded" else Recorded.DUPLICATE
        if word.state == "unknown":
            self.emit(PaymentUnclear, now=now, case_id=self.case_id, attempt_id=attempt_id, code=word.code)
            return Recorded.UNCLEAR
        return self._fail(attempt_id, word.state, word.code, now)

    def _keep(self, attempt: Attempt, word: Word, now: datetime) -> Recorded:
        """What became of money of which nobody has told yet that it came."""
        if (word.state, word.reference) in [(one.state, one.reference) for one in attempt.early]:
            return Recorded.DUPLICATE
        self.emit(
            EarlyWordKept, now=now, attempt_id=attempt.attempt_id, state=word.state, code=word.code,
            provider=word.provider, reference=word.reference, amount_cents=word.amount_cents,
            currency=word.currency,
        )  # fmt: skip
        return Recorded.EARLY

    def _take_attempt(self, attempt: Attempt, word: Word, now: datetime) -> Recorded:
        """The attempt's money, and behind it what was told of it before; what came again last of all."""
        result = self._take_money(attempt.attempt_id, attempt.method, word, now)
        if attempt.attempt_id in self.payments:
            for early in sorted(attempt.early, key=lambda one: one.state == "restored"):
                self._record_return(attempt.attempt_id, early, now)
        return result

    def _record_return(self, payment_id: UUID, word: Word, now: datetime) -> Recorded:
        """What became of money that had come, at the provider."""
        told = Reversal(word.code, word.reference, word.amount_cents)
        if word.state == "reversed":
            return reversals.reverse(self, payment_id, told, now=now)
        if word.state == "restored":
            return self.record_undoing(payment_id, told, now=now)
        return refunds_elsewhere.record(self, payment_id, told, now=now)

    def _fail(self, attempt_id: UUID, outcome: str, code: str, now: datetime) -> Recorded:
        self.emit(PaymentFailed, now=now, case_id=self.case_id, attempt_id=attempt_id, outcome=outcome,
                  code=code)  # fmt: skip
        return Recorded.FAILED

    def _record_approval(self, attempt: Attempt, word: Word, now: datetime) -> Recorded:
        """The payer agreed: the money is wanted, or the attempt ends here and is never captured."""
        if (attempt.state, "approved") not in ATTEMPT:
            return Recorded.APPROVED if attempt.state == "approved" else Recorded.DUPLICATE
        rival = any(
            other.state in DECIDED_ELSEWHERE and other.attempt_id != attempt.attempt_id
            for other in self.attempts.values()
        )
        owed = (self.owed_cents, self.currency)
        if rival or self.condition != "open" or (word.amount_cents, word.currency) != owed:
            return self._fail(attempt.attempt_id, "cancelled", NOT_WANTED, now)
        self.emit(PaymentApproved, now=now, case_id=self.case_id, attempt_id=attempt.attempt_id,
                  provider=word.provider, reference=word.reference)  # fmt: skip
        return Recorded.APPROVED

    def record_receipt(self, receipt: Receipt, *, now: datetime) -> Recorded:
        """Money that came without an attempt; the same entry told again is a duplicate."""
        payment_id = self.receipt_id(receipt.source, receipt.reference)
        if payment_id in self.payments:
            return Recorded.DUPLICATE
        word = Word(
            "succeeded", "", receipt.source, receipt.reference, receipt.amount_cents, receipt.currency,
            provisional_until=receipt.provisional_until,
        )  # fmt: skip
        return self._take_money(payment_id, receipt.method, word, now)

    def receipt_id(self, source: str, reference: str) -> UUID:
        """The id of the payment that an entry of the bank's statement or the till is."""
        return derived_id("receipt", self.id, f"{source}|{reference}")

    def record_reversal(self, payment_id: UUID, reversal: Reversal, *, now: datetime) -> Recorded:
        """A payment was taken back by bank or card network, or part of it. Raises UnknownPayment."""
        self._payment(payment_id)
        return reversals.reverse(self, payment_id, reversal, now=now)

    def record_undoing(self, payment_id: UUID, undone: Reversal, *, now: datetime) -> Recorded:
        """What had been taken back came again: it counts, where it is still owed. Raises UnknownPayment."""
        payment = self._payment(payment_id)
        left = reversals.undo(self, payment_id, undone, now=now)
        if isinstance(left, Recorded):
            return left
        if left:
            word = Word(
                "succeeded", undone.code, payment.provider, undone.reference, left, payment.currency,
                backend_id=payment.backend_id,
            )  # fmt: skip
            self._take_money(payment_id, payment.method, word, now)
        return Recorded.RESTORED

    def record_refund_elsewhere(self, payment_id: UUID, refund: Reversal, *, now: datetime) -> Recorded:
        """The provider gave money back. Raises UnknownPayment, NotRefundable."""
        self._payment(payment_id)
        return refunds_elsewhere.record(self, payment_id, refund, now=now)

    def _payment(self, payment_id: UUID) -> Payment:
        try:
            return self.payments[payment_id]
        except KeyError:
            raise UnknownPayment(str(payment_id)) from None

    def _take_money(self, payment_id: UUID, method: str, word: Word, now: datetime) -> Recorded:
        if word.amount_cents <= 0:
            return Recorded.CONTRADICTED  # money that is none
        reason = self._why_surplus(word.currency)
        if reason is not None:
            self._surplus(payment_id, method, word, word.amount_cents, reason, now)
            result = Recorded.SURPLUS
        else:
            result = self._count(payment_id, method, word, now)
        if word.fee_cents:
            self.emit(ProviderFeeCharged, now=now, payment_id=payment_id, provider=word.provider,
                      amount_cents=word.fee_cents, currency=word.currency)  # fmt: skip
        return result

    def _count(self, payment_id: UUID, method: str, word: Word, now: datetime) -> Recorded:
        owed = self.owed_cents
        counts = min(owed, word.amount_cents)
        common = {
            "case_id": self.case_id, "amount_cents": counts, "currency": word.currency, "method": method,
            "provider": word.provider, "reference": word.reference, "code": word.code,
            "backend_id": word.backend_id, "provisional_until": word.provisional_until,
        }  # fmt: skip
        if counts < owed:
            self.emit(PartReceived, now=now, payment_id=payment_id, **common)
            return Recorded.PART
        self.emit(
            PaymentSettled, now=now, account_id=self.account_id, attempt_id=payment_id,
            claim_cents=self.amount_cents, instalment=self.instalment, **common,
        )  # fmt: skip
        if word.amount_cents > counts:
            self._surplus(payment_id, method, word, word.amount_cents - counts, "overpaid", now)
        return Recorded.SETTLED

    def _surplus(
        self, payment_id: UUID, method: str, word: Word, cents: int, reason: str, now: datetime
    ) -> None:
        self.emit(
            SurplusReceived, now=now, case_id=self.case_id, attempt_id=payment_id, amount_cents=cents,
            currency=word.currency, reason=reason, provider=word.provider, reference=word.reference,
            method=method, backend_id=word.backend_id,
        )  # fmt: skip
        make_up(self, self.money_tasks[self.version], now=now)

    def _why_surplus(self, currency: str) -> str | None:
        if self.condition != "open":
            return _WHY_SURPLUS.get(self.condition, "after_refund")
        return None if currency == self.currency else "currency_differs"

    def withdraw_claim(self, reason: str, *, now: datetime, refund: bool = True) -> None:
        """The case has ended otherwise: cancels what is open; owes back what is paid, unless it is kept.

        May be repeated.
        """
        if self.condition == "open":
            self.emit(ClaimCancelled, now=now, case_id=self.case_id, amount_cents=self.owed_cents,
                      cost_object=self.cost_object, reason=reason, currency=self.currency)  # fmt: skip
            wishes.end(self, now=now)
        if not refund or self.condition not in ("settled", "cancelled"):
            return
        for payment in [one for one in self.payments.values() if one.kept_cents]:
            self.emit(
                RefundFellDue, now=now, case_id=self.case_id, amount_cents=payment.kept_cents,
                cost_object=self.cost_object, reason=reason, currency=self.currency,
                payment_id=payment.payment_id,
            )  # fmt: skip
            wishes.end(self, payment.payment_id, now=now)
            offset_tasks(self, payment.payment_id, now=now)

    def dun(self, today: date, steps: Sequence[Step], *, now: datetime) -> Step | None:
        """Takes the step whose day has come, if any; none while a payment is checked, or a debit announced or
        to be announced by itself, nor on the day after one failed: its case may wait longer."""
        if self.condition != "open" or self.due_on is None or self.waits_for_its_day:
            return None
        if any(map(is_being_paid, self.attempts.values())):
            return None
        if self.failed_at is not None and now - self.failed_at < QUIET:
            return None
        step = next_step(self.due_on, today, self.reminded, steps)
        if step is not None and step.name == REMINDER:
            self.emit(PayerReminded, now=now, case_id=self.case_id, account_id=self.account_id,
                      step=step.name, owed_cents=self.owed_cents)  # fmt: skip
        elif step is not None:
            self.emit(
                DunningStepTaken, now=now, case_id=self.case_id, account_id=self.account_id, step=step.name,
                charge_cents=step.charge_cents, owed_cents=self.owed_cents + step.charge_cents,
                currency=self.currency, cost_object=self.cost_object, due_on=self.due_on,
            )  # fmt: skip
        return step

    def arrange_debit(self, mandate_id: UUID, *, now: datetime) -> None:
        """It is debited under this mandate when it falls due; may be repeated. Raises NotPayable."""
        if self.condition != "open" or self.pay_by is None:
            raise NotPayable(f"the claim is {self.condition}, due on {self.pay_by}")
        if self.arranged != mandate_id:
            self.emit(DebitArranged, now=now, case_id=self.case_id, mandate_id=mandate_id)

    def end_arrangement(self, reason: str, *, now: datetime) -> None:
        """The payer pays it again, where it is still owed; may be repeated."""
        if self.arranged is not None and self.condition == "open":
            self.emit(DebitArrangementEnded, now=now, case_id=self.case_id, account_id=self.account_id,
                      mandate_id=self.arranged, reason=reason)  # fmt: skip

    @property
    def waits_for_its_day(self) -> bool:
        """Whether it is to be debited by itself and no debit was announced yet."""
        debited = any(one.provider == BANK and one.method == "direct_debit" for one in self.attempts.values())
        return self.condition == "open" and self.arranged is not None and not debited

    def settle_money_task(
        self, version: int, how: Settled, amount_cents: int, voucher: str, *, now: datetime
    ) -> None:
        """Records what a person did. Raises UnknownMoneyTask, MoneyTaskDone, RefundUnderWay, AmountDiffers,
        VoucherImpossible."""
        task = self.open_task(version)
        if self.under_way(task):
            raise RefundUnderWay(f"task {version} is being carried out")
        if amount_cents != task.amount_cents:
            raise AmountDiffers(f"the task is about {task.amount_cents} cents")
        number = voucher_number(voucher)
        if number is None:
            raise VoucherImpossible("1 to 35 letters, digits and ./-, a digit among them; no bank account")
        kept = how is Settled.KEPT_BY_AGREEMENT
        self.emit(
            MoneyTaskSettled, now=now, case_id=self.case_id, task_version=version, kind=task.kind,
            amount_cents=amount_cents, currency=task.currency, how=how.value, provider=task.provider,
            cost_object=self.cost_object, voucher=number, refund_id=task.refund_id,
            condition=self.after_task(version, "money_kept" if kept else "money_returned"),
        )  # fmt: skip

    def open_task(self, version: int) -> MoneyTask:
        """Raises UnknownMoneyTask, MoneyTaskDone."""
        task = self.money_tasks.get(version)
        if task is None:
            raise UnknownMoneyTask(str(version))
        if task.done:
            raise MoneyTaskDone(f"task {version} is done")
        return task

    def attempt(self, attempt_id: UUID) -> Attempt:
        """Raises UnknownAttempt."""
        try:
            return self.attempts[attempt_id]
        except KeyError:
            raise UnknownAttempt(str(attempt_id)) from None
