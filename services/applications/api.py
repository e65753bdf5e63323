"""Cases over HTTP, for citizens and for services: apply, look, withdraw, correct."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from services.applications.catalogue.definition import ServiceDefinition
from services.applications.catalogue_api import Answers, Language, service_or_404
from services.applications.commands import (
    Submission,
    correct_application,
    examine_submission,
    submit_application,
    withdraw_application,
)
from services.applications.domain.case import Case
from services.applications.domain.conditions import Condition
from services.applications.drafts_api import Citizen, own_draft
from services.applications.office import Office
from services.applications.presentation import filed, public_state, told
from services.applications.projections import ACCESSES, DRAFTS
from services.applications.queries import accesses_of, accesses_of_account, case_as_of, cases_of
from shared.ids import new_id
from shared.log import ReservationTaken, Unit, VersionConflict
from shared.log.numbers import next_number
from shared.log.reading import LATEST
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import AnyCaller, Caller, require, wrong_role

Reader = Annotated[Caller, Depends(require("citizen", "clerk", "service"))]
READERS = frozenset({"documents"})
"""Services that read a case: what is printed stands in it."""
TRUST = ("mail", "basic", "substantial", "high")


class NewApplication(Answers):
    service: str = Field(max_length=60)
    service_version: int = Field(ge=1)
    draft_id: UUID | None = None
    language: Literal["de", "en"] = "de"


def router(runtime: Runtime, office: Office) -> APIRouter:
    """Another's case is 404 like an unknown one."""
    routes = APIRouter(tags=["applications"])

    @routes.post("/applications", status_code=201)
    async def apply(given: NewApplication, caller: Citizen, idempotency: IdempotentRequest) -> Response:
        service = service_or_404(office, given.service)
        _require_trust(caller, service.definition)
        unit = runtime.unit_for(caller)
        submission = Submission(
            service, caller.account_id, given.service_version, given.language, given.answers
        )
        found = examine_submission(submission, office, office.today(unit.now))
        if given.draft_id is not None:
            await own_draft(runtime, caller, given.draft_id)
            unit.put(DRAFTS, (str(given.draft_id),), None)
        year = office.today(unit.now).year
        number = await _case_number(runtime, service.definition, year, caller.account_id)
        case = await submit_application(submission, found, number, office, unit)
        answer = idempotency.remember_in(unit, 201, _receipt(case))
        await commit_reserving(unit, service.definition)
        return answer

    @routes.get("/applications")
    async def list_mine(caller: Citizen, language: Language) -> dict[str, Any]:
        rows = await cases_of(runtime.pool, caller.account_id)
        return {"applications": [overview(dict(row), office, language) for row in rows]}

    @routes.get("/applications/{case_id}")
    async def look_at(
        case_id: UUID,
        caller: Reader,
        language: Language,
        version: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    ) -> dict[str, Any]:
        if caller.kind == "service" and caller.subject not in READERS:
            raise wrong_role()
        if version is not None and caller.kind != "service":
            raise wrong_role()
        case, history = await case_as_of(runtime.log.reader, case_id, version or LATEST)
        definition = office.service_of(case).definition
        if _owns(caller, case):
            return told(case, definition, history, language)
        if "clerk" not in caller.roles and caller.kind != "service":
            raise not_found()
        await record_access(runtime, caller, case)
        return filed(case, definition, history, language)

    @routes.post("/applications/{case_id}/withdrawal")
    async def withdraw(case_id: UUID, caller: Citizen) -> dict[str, Any]:
        return moved(await _withdrawn(runtime, caller, case_id))

    @routes.post("/applications/{case_id}/correction")
    async def correct(case_id: UUID, given: Answers, caller: Citizen) -> dict[str, Any]:
        unit = runtime.unit_for(caller)
        case = await _own_case(unit, caller, case_id)
        await correct_application(case, given.answers, office, unit)
        await commit_reserving(unit, office.service_of(case).definition)
        return moved(case)

    _add_readings(routes, runtime)
    return routes


def _add_readings(routes: APIRouter, runtime: Runtime) -> None:
    """Who read one's own cases."""

    @routes.get("/applications/{case_id}/accesses")
    async def who_read(case_id: UUID, caller: Citizen) -> dict[str, Any]:
        case, _ = await case_as_of(runtime.log.reader, case_id)
        if not _owns(caller, case):
            raise not_found()
        return {"accesses": await accesses_of(runtime.pool, case_id)}

    @routes.get("/accesses")
    async def who_read_mine(caller: AnyCaller) -> dict[str, Any]:
        """Readings of one's own cases by clerks and services, the newest first."""
        return {"accesses": await accesses_of_account(runtime.pool, caller.account_id)}


async def _withdrawn(runtime: Runtime, caller: Caller, case_id: UUID) -> Case:
    for last in (False, False, True):
        unit = runtime.unit_for(caller)
        case = await _own_case(unit, caller, case_id)
        await withdraw_application(case, unit)
        try:
            await unit.commit()
            break
        except VersionConflict:  # the register or a payment came in between
            if last:
                raise
    return case


def overview(row: dict[str, Any], office: Office, language: str) -> dict[str, Any]:
    """A row of a citizen's list."""
    definition = office.catalogue.version(row["service"], row["service_version"]).definition
    names = ("case_id", "case_number", "service", "service_version", "version", "fee_cents", "currency")
    days = (
        "pay_by",
        "valid_from",
        "valid_until",
        "submitted_at",
        "changed_at",
        "document_id",
        "settled",
        "provisional_until",
    )
    return {
        **{name: row[name] for name in (*names, *days)},
        "title": definition.title.in_language(language),
        "state": public_state(Condition(row["condition"])),
    }


def moved(case: Case) -> dict[str, Any]:
    """The answer to a command on a case."""
    return {"case_id": case.id, "state": public_state(case.condition), "version": case.version}


def not_found() -> Problem:
    return Problem("not_found", 404, "There is no such thing here")


async def record_access(runtime: Runtime, caller: Caller, case: Case) -> None:
    """Writes down who read a citizen's case, before it is handed out."""
    unit = runtime.unit_for(caller)
    reader = caller.subject if caller.kind == "service" else next(iter(sorted(caller.roles - {"citizen"})))
    values = {
        "case_id": case.id,
        "account_id": case.account_id,
        "reader": reader,
        "purpose": caller.purpose,
        "read_at": unit.now,
    }
    unit.put(ACCESSES, (str(new_id()),), values)
    await unit.commit()


def _owns(caller: Caller, case: Case) -> bool:
    return caller.kind == "account" and caller.account_id == case.account_id


async def _own_case(unit: Unit, caller: Caller, case_id: UUID) -> Case:
    case = await unit.load(Case, case_id)
    if not _owns(caller, case):
        raise not_found()
    return case


def _require_trust(caller: Caller, definition: ServiceDefinition) -> None:
    reached = TRUST.index(caller.trust) if caller.trust in TRUST else -1
    if reached < TRUST.index(definition.trust):
        raise Problem("trust_too_low", 403, "This service needs a stronger log-in", needed=definition.trust)


async def _case_number(runtime: Runtime, definition: ServiceDefinition, year: int, account_id: UUID) -> str:
    prefix = f"{definition.number_prefix}-{year}"
    number = await next_number(runtime.pool, prefix, f"application of account {account_id}")
    return f"{prefix}-{number:06}"


async def commit_reserving(unit: Unit, definition: ServiceDefinition) -> None:
    """Commits; what another case holds already is told in the words of the service, 409 `already_taken`."""
    try:
        await unit.commit()
    except ReservationTaken as taken:
        claims = [claim for claim in definition.reservations if claim.scope == taken.scope]
        if not claims:
            raise
        errors = [{"field": name, "code": claims[0].code, "params": {}} for name in claims[0].fields]
        raise Problem(
            "already_taken", 409, "Another case holds this", errors=errors, scope=taken.scope
        ) from taken


def _receipt(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "case_number": case.case_number,
        "state": public_state(case.condition),
        "fee_cents": case.fee_cents,
        "currency": case.currency,
        "fee_due": case.fee_due,
        "pay_by": case.pay_by,
        "version": case.version,
    }
