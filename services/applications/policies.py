"""What follows from what: an answer of the register, an issued document, a day gone by.

Each policy loads the case, lets it decide, and saves it in the given unit. What the case does not expect any
more is ignored: named, logged, and no failure.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import structlog

from services.applications.domain.case import Case, Refund
from services.applications.domain.case_refusals import NotPossibleNow
from services.applications.domain.conditions import Condition
from services.applications.office import CitizenErased, Office, release
from services.applications.register import PopulationRegister
from shared.bus.handlers import Permanent
from shared.domain import Redacted
from shared.log import Unit

log = structlog.get_logger()

ASK_REGISTER, END_VALIDITY = "ask_register", "end_validity"
REMIND_OF_CORRECTION, LAPSE_CORRECTION = "remind_of_correction", "lapse_correction"
AWAITING_REGISTER = (Condition.AWAITING_REGISTER, Condition.AWAITING_REGISTER_AND_PAYMENT)


def decide_when_nothing_is_awaited(case: Case, office: Office, unit: Unit) -> None:
    """The plain case is approved by rule, every other goes to a clerk; one that still waits is left alone."""
    if case.condition is not Condition.READY:
        return
    reasons = case.reasons_against_rule()
    if reasons:
        case.refer_to_clerk(reasons, now=unit.now)
        return
    valid_from, valid_until = office.period_of(case, office.today(unit.now))
    case.decide_by_rule(
        now=unit.now,
        rule_version=office.service_of(case).rule_version,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    release_when_validity_ends(case, office, unit)


def release_when_validity_ends(case: Case, office: Office, unit: Unit) -> None:
    """Person and plate are free again the day after the last."""
    if case.valid_until is not None:
        due = office.begin_of(case.valid_until + timedelta(days=1))
        unit.task(END_VALIDITY, {"case_id": str(case.id)}, due=due, key=str(case.id))


async def complete_case_when_document_is_issued(
    case_id: UUID, document_id: UUID, kind: str, unit: Unit
) -> None:
    case = await unit.load(Case, case_id)
    if kind != case.document_kind:
        return
    try:
        case.complete(now=unit.now, document_id=document_id)
    except NotPossibleNow as ignored:
        log.info("document_ignored", case=str(case_id), document=str(document_id), reason=str(ignored))
        return
    await unit.save(case)


async def revoke_approval_when_document_is_revoked(
    case_id: UUID, document_id: UUID, reason: str, office: Office, unit: Unit
) -> None:
    """What is paid is owed back where the version of the service that the case began with says so."""
    case = await unit.load(Case, case_id)
    if document_id != case.document_id:
        return
    refunds = office.service_of(case).definition.fee.refunds
    refund: Refund = next((what for why, what in refunds.items() if why == reason), "none")
    try:
        case.revoke_approval(reason, refund=refund, on=office.today(unit.now), now=unit.now)
    except NotPossibleNow as ignored:
        log.info("revocation_ignored", case=str(case_id), reason=str(ignored))
        return
    release(case, unit)
    await unit.save(case)


async def ask_register(
    payload: Mapping[str, Any], register: PopulationRegister, office: Office, unit: Unit
) -> None:
    """Asks and goes on. Raises RegisterUnavailable, to be tried again."""
    case = await unit.load(Case, UUID(payload["case_id"]))
    if case.condition not in AWAITING_REGISTER:
        log.info("enquiry_ignored", case=str(case.id), condition=case.condition)
        return
    answer = await register.enquire(_enquiry(case, office))
    await _go_on(case, answer, office, unit)


async def refer_when_register_stays_silent(payload: Mapping[str, Any], office: Office, unit: Unit) -> None:
    """After the last try a clerk takes over, told that the register could not be reached."""
    case = await unit.load(Case, UUID(payload["case_id"]))
    if case.condition in AWAITING_REGISTER:
        await _go_on(case, "unavailable", office, unit)


async def remind_when_correction_is_awaited(payload: Mapping[str, Any], unit: Unit) -> None:
    case = await unit.load(Case, UUID(payload["case_id"]))
    if not _still_asked(case, payload):
        return
    case.remind_of_correction(now=unit.now)
    await unit.save(case)


async def return_case_when_correction_does_not_come(payload: Mapping[str, Any], unit: Unit) -> None:
    """A clerk decides on what is there; person and plate stay reserved until then."""
    case = await unit.load(Case, UUID(payload["case_id"]))
    if not _still_asked(case, payload):
        return
    case.let_correction_lapse(now=unit.now)
    await unit.save(case)


def _still_asked(case: Case, payload: Mapping[str, Any]) -> bool:
    """Whether it is this question that still waits, and no later one."""
    waits = case.condition is Condition.CORRECTION_REQUESTED and case.asked_at == payload["asked_at"]
    if not waits:
        log.info("deadline_ignored", case=str(case.id), condition=case.condition)
    return waits


async def release_when_period_is_over(payload: Mapping[str, Any], unit: Unit) -> None:
    release(await unit.load(Case, UUID(payload["case_id"])), unit)


async def _go_on(
    case: Case, outcome: Literal["match", "mismatch", "unavailable"], office: Office, unit: Unit
) -> None:
    case.record_register_answer(outcome, now=unit.now)
    decide_when_nothing_is_awaited(case, office, unit)
    await unit.save(case)


def _enquiry(case: Case, office: Office) -> dict[str, str]:
    check = office.service_of(case).definition.register_check
    if isinstance(case.answers, Redacted):
        raise CitizenErased(f"case {case.id}")
    if check is None:
        raise Permanent(f"case {case.id} has nothing to ask the register")
    return {name: str(case.answers[field]) for name, field in check.model_dump().items()}
