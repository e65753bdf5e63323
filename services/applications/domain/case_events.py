"""What can happen to a case, each in the words of the town hall; `apply` only assigns."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.applications.domain.conditions import Condition
from services.applications.domain.instalments import Instalment
from shared.domain import Created, Event, Personal, stored


@stored("applications.application_submitted")
class Submitted(Created):
    """A citizen applied; the case keeps this version of the service to its end."""

    account_id: UUID
    case_number: str
    service: str
    service_version: int
    language: str
    answers: Personal[dict[str, Any]]
    facts: Personal[dict[str, Any]]
    reserved: Personal[list[tuple[str, str]]]
    reasons: list[str]
    fee_cents: int
    currency: str
    fee_due: str
    cost_object: str | None
    pay_by: date | None
    automation: str
    legal_basis: str
    register_check: bool
    document_kind: str
    condition: str

    def apply(self, aggregate: Any) -> None:
        aggregate.account_id, aggregate.case_number = self.account_id, self.case_number
        aggregate.service, aggregate.service_version = self.service, self.service_version
        aggregate.language, aggregate.answers, aggregate.facts = self.language, self.answers, self.facts
        aggregate.reserved, aggregate.reasons = self.reserved, self.reasons
        aggregate.fee_cents, aggregate.currency = self.fee_cents, self.currency
        aggregate.fee_due, aggregate.cost_object, aggregate.pay_by = (
            self.fee_due,
            self.cost_object,
            self.pay_by,
        )
        aggregate.automation, aggregate.legal_basis = self.automation, self.legal_basis
        aggregate.register_check, aggregate.document_kind = self.register_check, self.document_kind
        aggregate.condition = Condition(self.condition)
        aggregate.register_outcome = aggregate.decided_by = aggregate.document_id = None
        aggregate.valid_from = aggregate.valid_until = aggregate.correction = None
        aggregate.decision_reason = aggregate.decision_text = aggregate.rule_version = None
        aggregate.settled = aggregate.seen_by_clerk = False
        aggregate.assessment, aggregate.answer_by, aggregate.asked_at = {}, None, 0
        aggregate.provisional_until, aggregate.received_at = None, 0
        aggregate.instalments, aggregate.paid = (), {}
        aggregate.waits, aggregate.waited, aggregate.reminded_for = {}, frozenset(), None
        aggregate.parts, aggregate.rest_by = frozenset(), None


@stored("applications.register_answered")
class RegisterAnswered(Event):
    """The population register answered, or could not be reached; never told to the citizen."""

    outcome: str
    condition: str

    def apply(self, aggregate: Any) -> None:
        aggregate.register_outcome, aggregate.condition = self.outcome, Condition(self.condition)


@stored("applications.fee_settled")
class FeeSettled(Event):
    """Payments booked the fee of this case in full; where it falls due in instalments, the last one."""

    claim_id: UUID
    amount_cents: int
    condition: str

    def apply(self, aggregate: Any) -> None:
        aggregate.settled, aggregate.condition = True, Condition(self.condition)
        aggregate.provisional_until = None
        aggregate.keep_promises()
        if aggregate.instalments:
            last = self.amount_cents - sum(aggregate.paid.values())
            aggregate.paid = {**aggregate.paid, self.claim_id: last}


@stored("applications.provisional_fee_received")
class ProvisionalFeeReceived(Event):
    """The fee came and may be taken back until a day; the service waits for it to be final."""

    claim_id: UUID
    amount_cents: int
    provisional_until: datetime
    condition: str

    def apply(self, aggregate: Any) -> None:
        aggregate.provisional_until, aggregate.received_at = self.provisional_until, self.originator_version
        aggregate.condition = Condition(self.condition)
        aggregate.keep_promises()


@stored("applications.fee_reversed")
class FeeReversed(Event):
    """Bank or card network took the fee back: it is owed again, by `pay_by` where the case waits for it."""

    claim_id: UUID
    owed_cents: int
    condition: str
    pay_by: date | None

    def apply(self, aggregate: Any) -> None:
        aggregate.settled, aggregate.provisional_until = False, None
        aggregate.paid = {claim: cents for claim, cents in aggregate.paid.items() if claim != self.claim_id}
        aggregate.condition, aggregate.pay_by = Condition(self.condition), self.pay_by or aggregate.pay_by


@stored("applications.instalment_settled")
class InstalmentSettled(Event):
    """Payments booked an instalment of this case's charge; others are still to come."""

    claim_id: UUID
    amount_cents: int
    condition: str

    def apply(self, aggregate: Any) -> None:
        aggregate.paid = {**aggregate.paid, self.claim_id: self.amount_cents}
        aggregate.condition = Condition(self.condition)


@stored("applications.application_referred")
class Referred(Event):
    """The rules may not decide this case alone: it goes to a clerk, with reasons."""

    reasons: list[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.reasons, aggregate.seen_by_clerk = self.reasons, True
        aggregate.condition = Condition.IN_REVIEW


@stored("applications.correction_requested", version=2)
class CorrectionRequested(Event):
    """A clerk asks the citizen to correct the application until a day; the clock stops."""

    account_id: UUID
    text: Personal[str]
    clerk: str
    answer_by: date | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["answer_by"] = None  # asked before there were deadlines

    def apply(self, aggregate: Any) -> None:
        aggregate.correction, aggregate.condition = self.text, Condition.CORRECTION_REQUESTED
        aggregate.answer_by, aggregate.asked_at = self.answer_by, self.originator_version


@stored("applications.correction_reminded")
class CorrectionReminded(Event):
    """The citizen has not answered yet, and the deadline comes near."""

    account_id: UUID

    def apply(self, aggregate: Any) -> None:
        """Nothing changes but the history."""


@stored("applications.correction_lapsed")
class CorrectionLapsed(Event):
    """The citizen did not answer in time: a clerk decides on what is there."""

    account_id: UUID
    reasons: list[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.reasons, aggregate.correction, aggregate.answer_by = self.reasons, None, None
        aggregate.condition = Condition.IN_REVIEW


@stored("applications.correction_taken_back")
class CorrectionTakenBack(Event):
    """A clerk needs no answer any more and goes on with what is there."""

    account_id: UUID
    clerk: str

    def apply(self, aggregate: Any) -> None:
        aggregate.correction, aggregate.answer_by = None, None
        aggregate.condition = Condition.IN_REVIEW


@stored("applications.application_corrected")
class Corrected(Event):
    """The citizen corrected the application; what the register said of the old answers is void."""

    answers: Personal[dict[str, Any]]
    facts: Personal[dict[str, Any]]
    reserved: Personal[list[tuple[str, str]]]
    reasons: list[str]
    fee_cents: int
    condition: str

    def apply(self, aggregate: Any) -> None:
        aggregate.answers, aggregate.facts, aggregate.reserved = self.answers, self.facts, self.reserved
        aggregate.reasons, aggregate.fee_cents = self.reasons, self.fee_cents
        aggregate.register_outcome = aggregate.correction = aggregate.answer_by = None
        aggregate.condition = Condition(self.condition)


@stored("applications.application_approved", version=2)
class Approved(Event):
    """The application is granted, by rule or by a clerk, with everything the decision rests on.

    `instalments` say what of the fee falls due when; none where it is paid at once.
    """

    account_id: UUID
    case_number: str
    service: str
    service_version: int
    document_kind: str
    fee_cents: int
    currency: str
    fee_due: str
    cost_object: str | None
    valid_from: date
    valid_until: date | None
    decided_by: str
    rule_version: str
    legal_basis: str
    inputs: Personal[dict[str, Any]]
    assessment: Personal[dict[str, Any]]
    text: Personal[str]
    clerk: str
    instalments: list[Instalment]

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["instalments"] = []

    def apply(self, aggregate: Any) -> None:
        aggregate.instalments = tuple(self.instalments)
        aggregate.valid_from, aggregate.valid_until = self.valid_from, self.valid_until
        aggregate.fee_cents, aggregate.assessment = self.fee_cents, self.assessment
        aggregate.decided_by, aggregate.rule_version = self.decided_by, self.rule_version
        aggregate.decision_text, aggregate.condition = self.text, Condition.APPROVED


@stored("applications.application_rejected")
class Rejected(Event):
    """The application is refused; `reason` is public, the clerk's words are the citizen's alone."""

    account_id: UUID
    case_number: str
    service: str
    reason: str
    rule_version: str
    inputs: Personal[dict[str, Any]]
    text: Personal[str]
    decided_by: str
    clerk: str

    def apply(self, aggregate: Any) -> None:
        aggregate.decided_by, aggregate.rule_version = self.decided_by, self.rule_version
        aggregate.decision_reason, aggregate.decision_text = self.reason, self.text
        aggregate.condition = Condition.REJECTED


@stored("applications.application_withdrawn")
class Withdrawn(Event):
    """The citizen took the application back before it was decided."""

    account_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.condition = Condition.WITHDRAWN


@stored("applications.application_expired")
class Expired(Event):
    """The fee was not paid in time."""

    account_id: UUID
    reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.condition = Condition.EXPIRED


@stored("applications.application_completed")
class Completed(Event):
    """The document is issued: nothing is left to do."""

    account_id: UUID
    case_number: str
    document_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.document_id, aggregate.condition = self.document_id, Condition.COMPLETED


@stored("applications.approval_corrected")
class ApprovalCorrected(Event):
    """A clerk corrected what was granted: a new document takes the old one's place, `replaces`."""

    account_id: UUID
    document_kind: str
    replaces: UUID
    answers: Personal[dict[str, Any]]
    facts: Personal[dict[str, Any]]
    reserved: Personal[list[tuple[str, str]]]
    text: Personal[str]
    clerk: str

    def apply(self, aggregate: Any) -> None:
        aggregate.answers, aggregate.facts, aggregate.reserved = self.answers, self.facts, self.reserved
        aggregate.condition = Condition.APPROVED


@stored("applications.approval_revoked", version=3)
class ApprovalRevoked(Event):
    """What was granted holds no longer; its document was revoked. `refund` is of a fee that was paid.

    `given_up_on` is the day from which on it does not hold, None in old events.
    """

    account_id: UUID
    reason: str
    refund: str
    valid_from: date | None
    valid_until: date | None
    given_up_on: date | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["refund"] = "none"

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["valid_from"] = state["valid_until"] = state["given_up_on"] = None

    def apply(self, aggregate: Any) -> None:
        aggregate.decision_reason, aggregate.condition = self.reason, Condition.REVOKED


@stored("applications.approval_suspended")
class ApprovalSuspended(Event):
    """What was granted does not count until its fee is paid; `step` of dunning was the last word before."""

    account_id: UUID
    document_id: UUID
    reason: str
    step: str

    def apply(self, aggregate: Any) -> None:
        aggregate.condition = Condition.SUSPENDED


@stored("applications.approval_reinstated")
class ApprovalReinstated(Event):
    """The fee is paid: what was suspended counts again."""

    account_id: UUID
    document_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.condition = Condition.COMPLETED
