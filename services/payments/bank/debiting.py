"""What becomes of a debit, its claim and its mandate together: announced, booked, refused, returned.

A claim sees a debit as an attempt through the bank: `started` when announced, `approved` once filed (so that
nobody pays twice), then `succeeded` provisionally, `failed` or reversed.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.debit import REFUNDABLE, Debit, NotPresentable
from services.payments.domain.mandate import Mandate, MandateRefused, NotAllowedNow
from services.payments.domain.money import BANK, Recorded, Reversal, Word, is_waiting_for_a_debit
from services.payments.domain.refusals import DebitUnderWay, NotPayable, PaymentBeingChecked
from services.payments.domain.returns import Concern, OnMandate, reaction_to
from services.payments.sepa.bank_days import due_date
from shared.ids import derived_id
from shared.observe.metrics import counter

log = structlog.get_logger()

METHOD: Final = "direct_debit"
END_TO_END: Final = "end_to_end_id"
"""What a debit reserves: the bank tells debits apart by this reference alone."""
_alarms = counter("portal_bank_alarms", "What the bank said that an operator has to look into", ("kind",))


def alarm(kind: str, **said: object) -> None:
    """Something that only a person can put right; ids and codes alone."""
    _alarms.labels(kind).inc()
    log.error("bank_alarm", kind=kind, **said)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the municipality decides: days of notice, whether a debit without funds is presented once more."""

    zone: ZoneInfo
    notice_days: int = 14
    present_again: bool = False

    def today(self, now: datetime) -> date:
        """The day in the city."""
        return now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Debiting:
    """The reactions; each works within a batch that its caller commits."""

    rules: Rules

    def announce(self, work: Work, claim: Claim, mandate: Mandate, wanted: date | None = None) -> Debit:
        """Tells when what is owed is debited; the notice itself is whatever shows the answer.

        Raises NotAllowedNow (mandate), NotPayable, PaymentBeingChecked, DebitUnderWay.
        """
        if mandate.condition != "active":
            raise NotAllowedNow(f"the mandate is {mandate.condition}")
        if any(map(is_waiting_for_a_debit, claim.attempts.values())):
            raise DebitUnderWay("a debit of this claim is announced")
        return self._announce(work, claim, mandate.id, wanted, 1)

    async def follow(self, work: Work, claim: Claim) -> None:
        """What was announced is not what is owed now: it is not debited, and what is left is announced
        anew, not before the day that was told first. What is at the bank stays."""
        for attempt in list(filter(is_waiting_for_a_debit, claim.attempts.values())):
            if attempt.amount_cents == claim.owed_cents:
                continue
            debit = await work.load(Debit, attempt.attempt_id)
            mandate = await work.load(Mandate, debit.mandate_id)
            self.give_up(work, claim, debit, "claim_reduced")
            if mandate.condition != "active":
                continue
            try:
                self._announce(work, claim, mandate.id, debit.due, debit.presentation)
            except (NotPayable, PaymentBeingChecked) as refused:
                log.info("debit_not_announced_anew", debit=str(debit.id), reason=refused.slug)

    def _announce(
        self, work: Work, claim: Claim, mandate_id: UUID, wanted: date | None, presentation: int
    ) -> Debit:
        today = self.rules.today(work.unit.now)
        return self._announced(
            work, claim,
            Debit.announce(
                id=derived_id("debit", claim.id, next_number(claim)), now=work.unit.now, claim_id=claim.id,
                case_id=claim.case_id, account_id=claim.account_id, mandate_id=mandate_id,
                reference=_reference(claim), amount_cents=_owed(claim),
                currency=claim.currency, notified_on=today,
                due=due_date(today, wanted, notice=self.rules.notice_days), presentation=presentation,
            ),
        )  # fmt: skip

    def file(self, work: Work, claim: Claim, debit: Debit) -> bool:
        """Whether the claim still wants the debit's money; from here on nothing else may be begun for it."""
        word = _word("approved", debit, debit.reference)
        if claim.record_word(debit.id, word, now=work.unit.now) is Recorded.APPROVED:
            return True
        debit.cancel("not_wanted", now=work.unit.now)
        return False

    def give_up(self, work: Work, claim: Claim, debit: Debit, reason: str) -> None:
        """The mandate does not allow it: nothing goes to the bank, the claim is open again."""
        debit.cancel(reason, now=work.unit.now)
        claim.record_word(debit.id, _word("cancelled", debit, debit.reference, reason), now=work.unit.now)

    async def book(self, work: Work, debit_id: UUID, entry: str, booked_on: date) -> bool:
        """The money is there, provisionally, or was and has gone back. False where its credit was told."""
        if await self._book(work, debit_id, entry, booked_on):
            return True
        return (await work.load(Debit, debit_id)).tell_credit(entry, now=work.unit.now)

    async def _book(self, work: Work, debit_id: UUID, entry: str, booked_on: date) -> bool:
        debit = await work.load(Debit, debit_id)
        if not debit.book(entry, booked_on, now=work.unit.now):
            return False
        claim = await work.load(Claim, debit.claim_id)
        until = datetime.combine(booked_on + REFUNDABLE, time(), self.rules.zone)
        word = _word("succeeded", debit, entry, provisional_until=until)
        claim.record_word(debit.id, word, now=work.unit.now)
        return True

    async def reject(self, work: Work, debit_id: UUID, code: str) -> bool:
        """The bank refused it. False where that was known, or overtaken."""
        debit = await work.load(Debit, debit_id)
        if not debit.reject(code, now=work.unit.now):
            return False
        claim = await work.load(Claim, debit.claim_id)
        claim.record_word(debit.id, _word("failed", debit, debit.reference, code), now=work.unit.now)
        await self._react(work, claim, debit)
        return True

    async def take_back(
        self, work: Work, debit_id: UUID, code: str, entry: str, booked_on: date, charges_cents: int
    ) -> bool:
        """The money went back. A return that is told before the credit stands for both. False where known."""
        debit = await work.load(Debit, debit_id)
        await self._book(work, debit_id, entry, booked_on)
        if not debit.take_back(code, entry, booked_on, charges_cents, now=work.unit.now):
            return False
        claim = await work.load(Claim, debit.claim_id)
        reversal = Reversal(code, entry, debit.amount_cents, charges_cents)
        claim.record_reversal(debit.id, reversal, now=work.unit.now)
        await self._react(work, claim, debit)
        return True

    async def _react(self, work: Work, claim: Claim, debit: Debit) -> None:
        """The mandate's part and, where the rules allow it, the second try."""
        now, reaction = work.unit.now, reaction_to(debit.code)
        mandate = await work.load(Mandate, debit.mandate_id)
        match reaction.mandate:
            case OnMandate.SUSPENDED if _is_of_former_account(mandate, debit, reaction.concern):
                mandate.release(debit.id, now=now)
            case OnMandate.SUSPENDED:
                mandate.suspend(debit.code, now=now)
            case OnMandate.REVOKED:
                self._revoke(mandate, debit.code, now)
            case OnMandate.KEPT:
                mandate.release(debit.id, now=now)
        if reaction.concern is Concern.ALARM:
            alarm("debit_code", code=debit.code, debit=str(debit.id))
        if self.rules.present_again and reaction.again and mandate.condition == "active":
            self._present_again(work, claim, debit)

    @staticmethod
    def _revoke(mandate: Mandate, code: str, now: datetime) -> None:
        try:
            mandate.revoke(code, now=now)
        except MandateRefused:
            log.info("mandate_over_already", mandate=str(mandate.id))

    def _present_again(self, work: Work, claim: Claim, debit: Debit) -> None:
        today = self.rules.today(work.unit.now)
        due = due_date(today, notice=self.rules.notice_days)
        try:
            again = debit.present_again(
                id=derived_id("debit", debit.id, "again"), now=work.unit.now, reference=_reference(claim),
                amount_cents=_owed(claim), notified_on=today, due=due,
            )  # fmt: skip
            self._announced(work, claim, again)
        except (NotPresentable, NotPayable, PaymentBeingChecked) as refused:
            log.info("debit_not_presented_again", debit=str(debit.id), reason=refused.slug)

    @staticmethod
    def _announced(work: Work, claim: Claim, debit: Debit) -> Debit:
        claim.open_attempt(debit.id, METHOD, "", now=work.unit.now)
        claim.record_start(debit.id, BANK, debit.reference, now=work.unit.now, debited_on=debit.due)
        work.unit.reserve(END_TO_END, debit.reference, debit.id)
        work.add(debit)
        return debit


def next_number(claim: Claim) -> int:
    """Which debit of the claim the next is, counted from 1, by whomever and whatever became of it."""
    return sum(1 for attempt in claim.attempts.values() if attempt.method == METHOD) + 1


def _reference(claim: Claim) -> str:
    """The EndToEndId of the claim's next debit, a second try or not: never given before."""
    return f"{claim.kassenzeichen}-{next_number(claim)}"


def _is_of_former_account(mandate: Mandate, debit: Debit, concern: Concern) -> bool:
    """Whether the bank objects to an account that the mandate was not for any more."""
    amended, filed = mandate.amended_at, debit.filed_at
    of_account = concern is Concern.CITIZEN_GIVES_ACCOUNT
    return of_account and amended is not None and filed is not None and filed < amended


def _owed(claim: Claim) -> int:
    if claim.condition != "open":
        raise NotPayable(f"the claim is {claim.condition}")
    return claim.owed_cents


def _word(
    state: str, debit: Debit, reference: str, code: str = "", provisional_until: datetime | None = None
) -> Word:
    return Word(
        state, code, BANK, reference, debit.amount_cents, debit.currency,
        provisional_until=provisional_until,
    )  # fmt: skip
