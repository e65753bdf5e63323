"""The state of a case, moved by its events; decisions are in `case` and `case_fee`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.applications.domain.case_refusals import NotPossibleNow
from services.applications.domain.conditions import TRANSITIONS, Condition, Step
from services.applications.domain.instalments import Instalment
from shared.domain import Aggregate


class CaseState(Aggregate):
    """Personal values may read `Redacted` after an erasure.

    `provisional_until` is set while the service waits for a payment to become final, `received_at` the
    version at which that payment came. `paid`: of a fee in instalments the cents by claim. `waits`: attempts
    to pay whose money is on its way, None or until when the payer's promise holds; `waited` those decided.
    `reminded_for` is the day to pay by that the citizen was reminded of. `parts`: payments of less than the
    fee that gave time for the rest, none beyond `rest_by`.
    """

    account_id: UUID
    case_number: str
    service: str
    service_version: int
    language: str
    answers: dict[str, Any]
    facts: dict[str, Any]
    reserved: list[tuple[str, str]]
    reasons: list[str]
    fee_cents: int
    currency: str
    fee_due: str
    cost_object: str | None
    pay_by: date | None
    automation: str
    legal_basis: str
    register_check: bool
    register_outcome: str | None
    document_kind: str
    document_id: UUID | None
    condition: Condition
    settled: bool
    provisional_until: datetime | None
    received_at: int
    seen_by_clerk: bool
    correction: str | None
    answer_by: date | None
    asked_at: int
    valid_from: date | None
    valid_until: date | None
    decided_by: str | None
    decision_reason: str | None
    decision_text: str | None
    rule_version: str | None
    assessment: dict[str, Any]
    instalments: tuple[Instalment, ...]
    paid: dict[UUID, int]
    waits: dict[UUID, datetime | None]
    waited: frozenset[UUID]
    reminded_for: date | None
    parts: frozenset[UUID]
    rest_by: date | None

    def keep_promises(self) -> None:
        """The fee came: what was promised otherwise is not waited for."""
        self.waits = {attempt_id: None for attempt_id, until in self.waits.items() if until is None}

    def _after(self, step: Step) -> Condition:
        """Where the step leads. Raises NotPossibleNow."""
        after = TRANSITIONS[step].get(self.condition)
        if after is None:
            raise NotPossibleNow(step, self.condition)
        return after
