"""What a case decides about its fee: paid, provisionally or for good, taken back, still not paid.

Invariant: what was granted is suspended for a fee that is not paid only while it is not paid; no case expires
while money for its fee is on its way.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.applications.domain.case_events import (
    ApprovalReinstated,
    ApprovalSuspended,
    Expired,
    FeeReversed,
    FeeSettled,
    InstalmentSettled,
    ProvisionalFeeReceived,
)
from services.applications.domain.case_refusals import (
    AlreadyAwaited,
    AlreadyReminded,
    AlreadySettled,
    AmountDiffers,
    MoneyAwaited,
    NothingAwaited,
    NothingSettled,
    NotPossibleNow,
    TimeIsUp,
)
from services.applications.domain.case_state import CaseState
from services.applications.domain.conditions import UNPAID as AWAITING_FEE
from services.applications.domain.conditions import Condition, Step
from services.applications.domain.fee_events import (
    FeeAwaited,
    FeeReminded,
    FeeWaitEnded,
    PayByMoved,
    RestAwaited,
)

UNPAID: Final = "unpaid"


class FeeOfCase(CaseState):
    """The part of a case that its fee decides."""

    @property
    def fee_is_missing(self) -> bool:
        """Whether a fee that is due before the decision is not paid."""
        return self.fee_due == "before_decision" and not self.settled

    def record_payment_settled(self, *, now: datetime, claim_id: UUID, amount_cents: int) -> None:
        """Payments booked the fee, or an instalment of it: what was suspended for it holds again.

        Raises AlreadySettled, NotPossibleNow, AmountDiffers.
        """
        if self.instalments:
            self._record_instalment(claim_id, amount_cents, now)
            return
        after = self._fee_comes(Step.FEE_SETTLED, amount_cents)
        self._settle(after, claim_id, amount_cents, now)

    def record_provisional_payment(
        self, *, now: datetime, claim_id: UUID, amount_cents: int, until: datetime
    ) -> None:
        """The fee came, and the payer may have it back until then: the case waits for it to be final.

        Raises as `record_payment_settled`.
        """
        after = self._fee_comes(Step.PROVISIONAL_FEE_RECEIVED, amount_cents)
        self.emit(
            ProvisionalFeeReceived, now=now, claim_id=claim_id, amount_cents=amount_cents,
            provisional_until=until, condition=str(after),
        )  # fmt: skip

    def record_payment_final(self, *, now: datetime, claim_id: UUID) -> None:
        """Nobody took the payment back in time. Raises NothingSettled, NotPossibleNow."""
        if self.provisional_until is None or now < self.provisional_until:
            raise NothingSettled(self.case_number)
        self._settle(self._after(Step.FEE_SETTLED), claim_id, self.fee_cents, now)

    def record_payment_reversed(
        self, *, now: datetime, claim_id: UUID, owed_cents: int, pay_by: date
    ) -> None:
        """The fee was taken back: it is owed again, until a new day where the case waits for it.

        Raises NothingSettled, NotPossibleNow.
        """
        came = (
            claim_id in self.paid if self.instalments else self.settled or self.provisional_until is not None
        )
        if not came:
            raise NothingSettled(self.case_number)
        after = self._after(Step.FEE_REVERSED)
        pay_by = max(pay_by, self.pay_by or pay_by)
        self.emit(
            FeeReversed, now=now, claim_id=claim_id, owed_cents=owed_cents, condition=str(after),
            pay_by=pay_by if after in AWAITING_FEE else None,
        )  # fmt: skip
        if after in AWAITING_FEE:
            self.emit(PayByMoved, now=now, account_id=self.account_id, pay_by=pay_by)

    def await_fee(self, *, now: datetime, claim_id: UUID, attempt_id: UUID, until: datetime | None) -> None:
        """Money is on its way by an attempt to pay: the case waits for it, and for a promise `until` then.

        Raises AlreadyAwaited, NotPossibleNow.
        """
        self._after(Step.FEE_AWAITED)
        if attempt_id in self.waits or attempt_id in self.waited:
            raise AlreadyAwaited(self.case_number)
        self.emit(FeeAwaited, now=now, claim_id=claim_id, attempt_id=attempt_id, until=until)

    def end_wait(self, *, now: datetime, attempt_id: UUID, pay_by: date | None) -> None:
        """The attempt is decided; where the fee is still open it may be paid until `pay_by` at least.

        Raises NothingAwaited, NotPossibleNow.
        """
        after = self._after(Step.FEE_WAIT_ENDED)
        if attempt_id not in self.waits:
            raise NothingAwaited(self.case_number)
        self.emit(FeeWaitEnded, now=now, attempt_id=attempt_id)
        if pay_by is None or after not in AWAITING_FEE or (self.pay_by is not None and pay_by <= self.pay_by):
            return
        self.emit(PayByMoved, now=now, account_id=self.account_id, pay_by=pay_by)

    def await_rest(
        self, *, now: datetime, claim_id: UUID, payment_id: UUID, today: date, pay_by: date, latest: date
    ) -> None:
        """Less than the fee came: the rest may be paid until `pay_by` at least, once for each payment, and
        never by parts alone beyond the `latest` day that the first of them set.

        Raises AlreadyAwaited, AlreadySettled, TimeIsUp, NotPossibleNow.
        """
        self._after(Step.REST_AWAITED)
        self.require_unpaid()
        if payment_id in self.parts:
            raise AlreadyAwaited(self.case_number)
        latest = self.rest_by or latest
        before = self.pay_by or today
        pay_by = max(min(pay_by, latest), before)
        if pay_by < today:
            raise TimeIsUp(self.case_number)
        self.emit(
            RestAwaited, now=now, account_id=self.account_id, claim_id=claim_id, payment_id=payment_id,
            pay_by=pay_by, latest=latest,
        )  # fmt: skip
        if pay_by > before:
            self.emit(PayByMoved, now=now, account_id=self.account_id, pay_by=pay_by)

    def remind_of_fee(self, *, now: datetime) -> None:
        """Once for each day to pay by; a promise to transfer is no reason against it.

        Raises AlreadyReminded, MoneyAwaited, NotPossibleNow.
        """
        self._require_nothing_comes(Step.FEE_REMINDED)
        if self.reminded_for == self.pay_by:
            raise AlreadyReminded(self.case_number)
        self.emit(FeeReminded, now=now, account_id=self.account_id, pay_by=self.pay_by)

    def suspend_approval(self, step: str, *, now: datetime) -> None:
        """The payer was dunned and has not paid: what was granted does not count until they do.

        Raises AlreadySettled, NotPossibleNow.
        """
        self.require_unpaid()
        self._after(Step.APPROVAL_SUSPENDED)
        assert self.document_id is not None, "a completed case has a document"
        self.emit(
            ApprovalSuspended, now=now, account_id=self.account_id, document_id=self.document_id,
            reason=UNPAID, step=step,
        )  # fmt: skip

    def expire_unpaid(self, *, now: datetime) -> None:
        """Ends an unpaid case. Raises NotPossibleNow when nothing is unpaid, MoneyAwaited."""
        self._require_nothing_comes(Step.EXPIRED_UNPAID)
        promised = max((until for until in self.waits.values() if until is not None), default=now)
        if promised > now:
            raise MoneyAwaited(self.case_number, promised)
        self.emit(Expired, now=now, account_id=self.account_id, reason=UNPAID)

    def require_unpaid(self) -> None:
        """Raises AlreadySettled, also while a payment is there and not final."""
        if self.settled or self.provisional_until is not None:
            raise AlreadySettled(self.case_number)

    def _require_nothing_comes(self, step: Step) -> None:
        """No money is there or on its way. Raises NotPossibleNow, MoneyAwaited."""
        self._after(step)
        if self.provisional_until is not None:
            raise NotPossibleNow(step, self.condition)
        if None in self.waits.values():
            raise MoneyAwaited(self.case_number, None)

    def _fee_comes(self, step: Step, amount_cents: int) -> Condition:
        self.require_unpaid()
        after = self._after(step)
        if amount_cents != self.fee_cents:
            raise AmountDiffers(f"{amount_cents} settled, {self.fee_cents} due")
        return after

    def _record_instalment(self, claim_id: UUID, amount_cents: int, now: datetime) -> None:
        """With the last of them the fee is settled."""
        self.require_unpaid()
        if claim_id in self.paid:
            raise AlreadySettled(self.case_number)
        after = self._after(Step.FEE_SETTLED)
        paid = sum(self.paid.values()) + amount_cents
        if amount_cents not in {part.cents for part in self.instalments} or paid > self.fee_cents:
            raise AmountDiffers(f"{amount_cents} settled, which is no instalment that is open")
        if paid == self.fee_cents:
            self._settle(after, claim_id, paid, now)
            return
        self.emit(
            InstalmentSettled, now=now, claim_id=claim_id, amount_cents=amount_cents, condition=str(after)
        )

    def _settle(self, after: Condition, claim_id: UUID, amount_cents: int, now: datetime) -> None:
        self.emit(FeeSettled, now=now, claim_id=claim_id, amount_cents=amount_cents, condition=str(after))
        if self.condition is not Condition.SUSPENDED:
            return
        self._after(Step.APPROVAL_REINSTATED)
        assert self.document_id is not None, "only what is completed is suspended"
        self.emit(ApprovalReinstated, now=now, account_id=self.account_id, document_id=self.document_id)
