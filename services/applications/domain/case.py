"""A case: one citizen's application for one service, from submission to its document.

Invariant: nothing is decided before everything the decision rests on is there. By rule alone a case is
approved only when the service allows full automation and names its legal basis, the register said `match`,
a fee due before the decision is settled, every condition of the plain case held, and no clerk has had the
case in hand. Everything else is a clerk's. What a case waits for, or how it ended, is one named condition.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final, Literal, Self
from uuid import UUID

from services.applications.domain.case_events import (
    ApprovalCorrected,
    ApprovalRevoked,
    Approved,
    Completed,
    Corrected,
    CorrectionLapsed,
    CorrectionReminded,
    CorrectionRequested,
    CorrectionTakenBack,
    Referred,
    RegisterAnswered,
    Rejected,
    Submitted,
    Withdrawn,
)
from services.applications.domain.case_fee import UNPAID, FeeOfCase
from services.applications.domain.case_refusals import (
    FeeNotSettled,
    FeeWouldChange,
    NeedsAClerk,
    ReasonMissing,
)
from services.applications.domain.conditions import OPEN, Step, first_condition
from services.applications.domain.instalments import Instalment, checked
from shared.domain import Created

RegisterOutcome = Literal["match", "mismatch", "unavailable"]
Refund = Literal["full", "pro_rata", "none"]
Reserved = Sequence[tuple[str, str]]
LONGEST_TEXT: Final = 4000


class Case(FeeOfCase):
    """See the module's invariant."""

    BEGINS: ClassVar[tuple[type[Created], ...]] = (Submitted,)

    @classmethod
    def submit(
        cls,
        *,
        id: UUID,
        now: datetime,
        account_id: UUID,
        case_number: str,
        service: str,
        service_version: int,
        language: str,
        answers: Mapping[str, Any],
        facts: Mapping[str, Any],
        reserved: Reserved,
        reasons: Sequence[str],
        fee_cents: int,
        fee_due: str,
        cost_object: str | None,
        pay_by: date | None,
        automation: str,
        legal_basis: str,
        register_check: bool,
        document_kind: str,
    ) -> Self:
        """A new case from answers already examined; `reasons` are why it is not the plain case."""
        fee_first = fee_due == "before_decision" and fee_cents > 0
        return cls.begin(
            Submitted, id=id, now=now, account_id=account_id, case_number=case_number, service=service,
            service_version=service_version, language=language, answers=dict(answers), facts=dict(facts),
            reserved=list(reserved), reasons=list(reasons), fee_cents=fee_cents, currency="EUR",
            fee_due=fee_due if fee_cents > 0 else "none", cost_object=cost_object,
            pay_by=pay_by if fee_first else None, automation=automation, legal_basis=legal_basis,
            register_check=register_check, document_kind=document_kind,
            condition=str(first_condition(register_check=register_check, fee_first=fee_first)),
        )  # fmt: skip

    def record_register_answer(self, outcome: RegisterOutcome, *, now: datetime) -> None:
        """The register answered. Raises NotPossibleNow when nobody waits for it."""
        after = self._after(Step.REGISTER_ANSWERED)
        self.emit(RegisterAnswered, now=now, outcome=outcome, condition=str(after))

    def reasons_against_rule(self) -> list[str]:
        """Why the rules may not decide; empty only for the plain case."""
        found = list(self.reasons)
        if self.automation != "full" or not self.legal_basis:
            found.append("not_automated")
        if self.register_check and self.register_outcome != "match":
            found.append(f"register_{self.register_outcome or 'silent'}")
        if self.fee_is_missing:
            found.append("fee_open")
        if self.seen_by_clerk:
            found.append("corrected")
        return list(dict.fromkeys(found))

    def decide_by_rule(
        self, *, now: datetime, rule_version: str, valid_from: date, valid_until: date | None
    ) -> None:
        """Approves the plain case. Raises NotPossibleNow, NeedsAClerk."""
        self._after(Step.APPROVED_BY_RULE)
        reasons = self.reasons_against_rule()
        if reasons:
            raise NeedsAClerk(reasons)
        self._approve(now, "rule", rule_version, valid_from, valid_until)

    def refer_to_clerk(self, reasons: Sequence[str], *, now: datetime) -> None:
        """Hands the case over. Raises NotPossibleNow; ReasonMissing without a reason."""
        self._after(Step.REFERRED)
        if not reasons:
            raise ReasonMissing("a case is referred for a reason")
        self.emit(Referred, now=now, reasons=list(reasons))

    def request_correction(self, text: str, *, now: datetime, clerk: str, answer_by: date) -> None:
        """Asks the citizen; `answer_by` is the last day. Raises NotPossibleNow, ReasonMissing."""
        self._after(Step.CORRECTION_REQUESTED)
        self.emit(
            CorrectionRequested,
            now=now,
            account_id=self.account_id,
            text=_worded(text),
            clerk=clerk,
            answer_by=answer_by,
        )

    def remind_of_correction(self, *, now: datetime) -> None:
        """The deadline comes near. Raises NotPossibleNow."""
        self._after(Step.CORRECTION_REMINDED)
        self.emit(CorrectionReminded, now=now, account_id=self.account_id)

    def let_correction_lapse(self, *, now: datetime) -> None:
        """The deadline has passed: back to a clerk, all that is reserved stays so. Raises NotPossibleNow."""
        self._after(Step.CORRECTION_LAPSED)
        reasons = list(dict.fromkeys([*self.reasons, "correction_lapsed"]))
        self.emit(CorrectionLapsed, now=now, account_id=self.account_id, reasons=reasons)

    def take_correction_back(self, *, now: datetime, clerk: str) -> None:
        """A clerk needs no answer any more. Raises NotPossibleNow."""
        self._after(Step.CORRECTION_TAKEN_BACK)
        self.emit(CorrectionTakenBack, now=now, account_id=self.account_id, clerk=clerk)

    def correct(
        self,
        *,
        now: datetime,
        answers: Mapping[str, Any],
        facts: Mapping[str, Any],
        reserved: Reserved,
        reasons: Sequence[str],
        fee_cents: int,
    ) -> None:
        """New answers, already examined. Raises NotPossibleNow, FeeWouldChange."""
        after = self._after(Step.CORRECTED_WITH_CHECK if self.register_check else Step.CORRECTED)
        if self.fee_due == "before_decision" and fee_cents != self.fee_cents:
            raise FeeWouldChange(f"{self.fee_cents} were asked for, {fee_cents} would be due")
        self.emit(
            Corrected,
            now=now,
            answers=dict(answers),
            facts=dict(facts),
            reserved=list(reserved),
            reasons=list(reasons),
            fee_cents=fee_cents,
            condition=str(after),
        )

    def approve_by_clerk(
        self,
        *,
        now: datetime,
        clerk: str,
        rule_version: str,
        valid_from: date,
        valid_until: date | None,
        text: str = "",
        fee_cents: int | None = None,
        assessment: Mapping[str, Any] | None = None,
        instalments: Sequence[Instalment] = (),
    ) -> None:
        """Grants the application; a fee due only now is the one assessed today, at once or in instalments.

        Raises NotPossibleNow, FeeNotSettled, FeeWouldChange, InstalmentsDiffer.
        """
        self._after(Step.APPROVED_BY_CLERK)
        if self.fee_is_missing:
            raise FeeNotSettled(self.case_number)
        fee = self.fee_cents if fee_cents is None else fee_cents
        if self.fee_due == "before_decision" and fee != self.fee_cents:
            raise FeeWouldChange(f"{self.fee_cents} were asked for, {fee} would be due")
        self._approve(
            now, "clerk", rule_version, valid_from, valid_until, text.strip(), clerk, fee, assessment,
            checked(instalments, fee),
        )  # fmt: skip

    def reject_by_clerk(
        self, *, now: datetime, clerk: str, rule_version: str, reason: str, text: str
    ) -> None:
        """Refuses the application. Raises NotPossibleNow, ReasonMissing."""
        self._after(Step.REJECTED_BY_CLERK)
        self.emit(
            Rejected,
            now=now,
            account_id=self.account_id,
            case_number=self.case_number,
            service=self.service,
            reason=reason,
            rule_version=rule_version,
            inputs=self._inputs(),
            text=_worded(text),
            decided_by="clerk",
            clerk=clerk,
        )

    def withdraw(self, *, now: datetime) -> None:
        """Takes the application back. Raises NotPossibleNow once it is decided."""
        self._after(Step.WITHDRAWN)
        self.emit(Withdrawn, now=now, account_id=self.account_id)

    def complete(self, *, now: datetime, document_id: UUID) -> None:
        """The document is issued. Raises NotPossibleNow."""
        self._after(Step.COMPLETED)
        self.emit(
            Completed,
            now=now,
            account_id=self.account_id,
            case_number=self.case_number,
            document_id=document_id,
        )

    def correct_approval(
        self,
        *,
        now: datetime,
        clerk: str,
        text: str,
        answers: Mapping[str, Any],
        facts: Mapping[str, Any],
        reserved: Reserved,
        fee_cents: int,
    ) -> None:
        """Answers already examined, for the same period and fee; the issued document is to be replaced.

        Raises NotPossibleNow, FeeWouldChange, ReasonMissing.
        """
        self._after(Step.APPROVAL_CORRECTED)
        if fee_cents != self.fee_cents:
            raise FeeWouldChange(f"{self.fee_cents} were asked for, {fee_cents} would be due")
        assert self.document_id is not None, "a completed case has a document"
        self.emit(
            ApprovalCorrected,
            now=now,
            account_id=self.account_id,
            document_kind=self.document_kind,
            replaces=self.document_id,
            answers=dict(answers),
            facts=dict(facts),
            reserved=list(reserved),
            text=_worded(text),
            clerk=clerk,
        )

    def revoke_approval(self, reason: str, *, refund: Refund, on: date, now: datetime) -> None:
        """What was granted ends on a day; `refund` of what was paid for it. Raises NotPossibleNow,
        ReasonMissing."""
        self._after(Step.APPROVAL_REVOKED)
        self.emit(
            ApprovalRevoked,
            now=now,
            account_id=self.account_id,
            reason=_worded(reason),
            refund=refund,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            given_up_on=on,
        )

    def revoke_unpaid(self, *, on: date, now: datetime) -> None:
        """What was granted ends because its fee is not paid. Raises AlreadySettled, NotPossibleNow."""
        self.require_unpaid()
        self.revoke_approval(UNPAID, refund="none", on=on, now=now)

    @property
    def is_open(self) -> bool:
        """Whether a decision is still to come."""
        return self.condition in OPEN

    def _approve(
        self,
        now: datetime,
        decided_by: str,
        rule_version: str,
        valid_from: date,
        valid_until: date | None,
        text: str = "",
        clerk: str = "",
        fee_cents: int | None = None,
        assessment: Mapping[str, Any] | None = None,
        instalments: Sequence[Instalment] = (),
    ) -> None:
        self.emit(
            Approved, now=now, account_id=self.account_id, case_number=self.case_number, service=self.service,
            service_version=self.service_version, document_kind=self.document_kind,
            fee_cents=self.fee_cents if fee_cents is None else fee_cents, currency=self.currency,
            fee_due=self.fee_due, cost_object=self.cost_object, valid_from=valid_from,
            valid_until=valid_until, decided_by=decided_by, rule_version=rule_version,
            legal_basis=self.legal_basis, inputs=self._inputs(), assessment=dict(assessment or {}), text=text,
            clerk=clerk, instalments=list(instalments),
        )  # fmt: skip

    def _inputs(self) -> dict[str, Any]:
        return {
            "answers": self.answers,
            "facts": self.facts,
            "register_outcome": self.register_outcome,
            "settled": self.settled,
            "reasons": self.reasons,
        }


def _worded(text: str) -> str:
    words = text.strip()
    if not words:
        raise ReasonMissing("a reason in words is needed")
    return words[:LONGEST_TEXT]
