"""Commands of citizens and clerks: examined, decided by the case, saved with what they reserve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from services.applications.catalogue.examination import Examination, assess_again, examine
from services.applications.catalogue.publication import PublishedService
from services.applications.domain.case import Case
from services.applications.domain.conditions import Condition
from services.applications.domain.instalments import instalments_of
from services.applications.domain.refusals import FieldError
from services.applications.fee_deadlines import expire_when_unpaid
from services.applications.office import CitizenErased, Office, release
from services.applications.policies import (
    ASK_REGISTER,
    LAPSE_CORRECTION,
    REMIND_OF_CORRECTION,
    decide_when_nothing_is_awaited,
    release_when_validity_ends,
)
from shared.domain import Redacted
from shared.ids import new_id
from shared.log import Unit

OTHER_REASON: Final = "other"


class FormRefused(Exception):
    """Answers that cannot be taken, field by field."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} fields")
        self.errors = tuple(errors)


class FormChanged(Exception):
    """The form was filled in for another version of the service than the current one."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the current version is {current}")
        self.current = current


class ReasonUnknown(Exception):
    """The service has no such reason for a rejection."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a citizen sends, already told apart from the request."""

    service: PublishedService
    account_id: UUID
    service_version: int
    language: str
    answers: Mapping[str, Any]


def examine_submission(submission: Submission, office: Office, today: date) -> Examination:
    """An examination without errors. Raises FormChanged, FormRefused."""
    service = submission.service
    if submission.service_version != service.definition.version:
        raise FormChanged(service.definition.version)
    return _examined(service, office, submission.answers, today, submission.account_id)


async def submit_application(
    submission: Submission, found: Examination, case_number: str, office: Office, unit: Unit
) -> Case:
    """Takes the application: the case, its reservations, and the tasks that carry it on."""
    definition, today = submission.service.definition, office.today(unit.now)
    case = Case.submit(
        id=new_id(),
        now=unit.now,
        account_id=submission.account_id,
        case_number=case_number,
        service=definition.key,
        service_version=definition.version,
        language=submission.language,
        **_content(found),
        fee_due=definition.fee.due,
        cost_object=definition.fee.cost_object,
        pay_by=today + office.pay_within,
        automation=definition.automation.mode,
        legal_basis=_words_of(definition.automation.legal_basis),
        register_check=definition.register_check is not None,
        document_kind=definition.result.kind,
    )
    for scope, value in found.reservations:
        unit.reserve(scope, value, case.id)
    _carry_on(case, office, unit)
    decide_when_nothing_is_awaited(case, office, unit)
    await unit.save(case, subject=submission.account_id)
    return case


async def correct_application(case: Case, answers: Mapping[str, Any], office: Office, unit: Unit) -> None:
    """New answers under the version the case began with. Raises FormRefused, CaseRefused, CitizenErased."""
    if isinstance(case.reserved, Redacted):
        raise CitizenErased("the citizen was erased")
    found = _examined(
        office.service_of(case), office, answers, office.today(unit.now), case.account_id, corrects=case
    )
    before = {(scope, value) for scope, value in case.reserved}
    after = set(found.reservations)
    case.correct(now=unit.now, **_content(found))
    release(case, unit, sorted(before - after))
    for scope, value in sorted(after - before):
        unit.reserve(scope, value, case.id)
    _carry_on(case, office, unit)
    decide_when_nothing_is_awaited(case, office, unit)
    await unit.save(case)


async def request_correction(case: Case, clerk: str, text: str, office: Office, unit: Unit) -> None:
    """Asks the citizen, with the deadline of the case's service. Raises CaseRefused."""
    terms = office.service_of(case).definition.correction
    answer_by = office.today(unit.now) + timedelta(days=terms.answer_within_days)
    case.request_correction(text, now=unit.now, clerk=clerk, answer_by=answer_by)
    asked, key = {"case_id": str(case.id), "asked_at": case.asked_at}, f"{case.id}:{case.asked_at}"
    reminded = answer_by - timedelta(days=min(terms.remind_days_before, terms.answer_within_days - 1))
    if reminded > office.today(unit.now) and terms.remind_days_before:
        unit.task(REMIND_OF_CORRECTION, asked, due=office.begin_of(reminded), key=key)
    unit.task(LAPSE_CORRECTION, asked, due=office.begin_of(answer_by + timedelta(days=1)), key=key)
    await unit.save(case)


async def withdraw_application(case: Case, unit: Unit) -> None:
    """Raises NotPossibleNow."""
    case.withdraw(now=unit.now)
    release(case, unit)
    await unit.save(case)


async def approve_application(
    case: Case, clerk: str, text: str, valid_from: date | None, office: Office, unit: Unit
) -> None:
    """A clerk grants it; what is due only now is assessed as of today.

    Raises FormRefused, CaseRefused, CitizenErased.
    """
    service, today = office.service_of(case), office.today(unit.now)
    _check_first_day(valid_from, today, service.definition.validity.clerk_days)
    first, last = office.period_of(case, today, valid_from)
    fee: int | None = None
    assessment: Mapping[str, Any] = {}
    in_parts = service.definition.fee.instalments is not None
    if case.fee_due == "after_decision":
        fee, assessment = assess_again(
            service, office.catalogue, case.answers, today=today, account=str(case.account_id)
        )
    case.approve_by_clerk(
        now=unit.now,
        clerk=clerk,
        rule_version=service.rule_version,
        valid_from=first,
        valid_until=last,
        text=text,
        fee_cents=fee,
        assessment=assessment,
        instalments=instalments_of(assessment) if in_parts else (),
    )
    release_when_validity_ends(case, office, unit)
    await unit.save(case)


async def correct_approval(
    case: Case, clerk: str, changes: Mapping[str, Any], text: str, office: Office, unit: Unit
) -> None:
    """A clerk corrects what was granted, for a new document. Raises FormRefused, CaseRefused."""
    service = office.service_of(case)
    allowed = service.definition.result.reissue
    refused = [FieldError(name, "not_correctable") for name in changes if name not in allowed]
    if refused or not changes:
        raise FormRefused(refused or [FieldError("answers", "required")])
    if isinstance(case.answers, Redacted):
        raise FormRefused([FieldError("answers", "erased")])
    answers = {**case.answers, **changes}
    found = _examined(service, office, answers, office.today(unit.now), case.account_id, corrects=case)
    content = _content(found)
    before, after = {(scope, value) for scope, value in case.reserved}, set(found.reservations)
    case.correct_approval(
        now=unit.now,
        clerk=clerk,
        text=text,
        **{name: content[name] for name in ("answers", "facts", "reserved", "fee_cents")},
    )
    release(case, unit, sorted(before - after))
    for scope, value in sorted(after - before):
        unit.reserve(scope, value, case.id)
    await unit.save(case)


async def reject_application(
    case: Case, clerk: str, text: str, reason: str | None, office: Office, unit: Unit
) -> None:
    """A clerk refuses it, in own words or those of the reason. Raises ReasonUnknown, CaseRefused."""
    service = office.service_of(case)
    words = {known.code: known.words for known in service.definition.rejection_reasons}
    code = reason or OTHER_REASON
    if code not in words:
        raise ReasonUnknown(code)
    case.reject_by_clerk(
        now=unit.now,
        clerk=clerk,
        rule_version=service.rule_version,
        reason=code,
        text=text.strip() or words[code].in_language(case.language),
    )
    release(case, unit)
    await unit.save(case)


def _check_first_day(day: date | None, today: date, days: int) -> None:
    first, last = today - timedelta(days=days), today + timedelta(days=days)
    if day is not None and not first <= day <= last:
        limits = {"min": first.isoformat(), "max": last.isoformat()}
        raise FormRefused([FieldError("valid_from", "date_out_of_range", limits)])


def _examined(
    service: PublishedService,
    office: Office,
    answers: Mapping[str, Any],
    today: date,
    account_id: UUID,
    corrects: Case | None = None,
) -> Examination:
    # a correction is measured against the day of the application: time spent with us is not the citizen's
    day = today if corrects is None else office.today(corrects.created_on)
    found = examine(service, office.catalogue, answers, today=day, account=str(account_id))
    if not found.acceptable:
        raise FormRefused(found.errors)
    return found


def _content(found: Examination) -> dict[str, Any]:
    assert found.starts is not None
    derived = {"valid_from": found.starts.isoformat(), "valid_months": found.months}
    return {
        "answers": found.answers,
        "facts": {**found.facts, **derived, "assessment": dict(found.assessment or {})},
        "reserved": found.reservations,
        "reasons": found.reasons,
        "fee_cents": found.fee_cents,
    }


def _carry_on(case: Case, office: Office, unit: Unit) -> None:
    payload = {"case_id": str(case.id)}
    if case.condition in (Condition.AWAITING_REGISTER, Condition.AWAITING_REGISTER_AND_PAYMENT):
        unit.task(ASK_REGISTER, payload, key=f"{case.id}:{case.version}")
    if case.pay_by is not None and not case.settled:
        expire_when_unpaid(case, office, unit)


def _words_of(legal_basis: Any) -> str:
    return legal_basis.de if legal_basis else ""
