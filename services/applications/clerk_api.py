"""The clerk's desk over HTTP: the worklist, the file, the decision. Each reading of a file is recorded."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from services.applications.api import commit_reserving, overview, record_access
from services.applications.catalogue_api import MOST_ANSWERS, Language
from services.applications.commands import (
    approve_application,
    correct_approval,
    reject_application,
    request_correction,
)
from services.applications.domain.case import Case
from services.applications.domain.conditions import Condition
from services.applications.office import Office
from services.applications.presentation import filed
from services.applications.queries import accesses_of, case_as_of, worklist
from shared.log import Unit
from shared.service import Runtime
from shared.web.problems import Problem, changed_meanwhile
from shared.web.tokens import Caller, require

Clerk = Annotated[Caller, Depends(require("clerk"))]


class ClerksDecision(BaseModel):
    """`reason` is the clerk's words, `reason_code` one of the service's reasons for a rejection."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject", "request_correction", "take_correction_back"]
    version: int = Field(ge=1)
    reason: str = Field(default="", max_length=4000)
    reason_code: str | None = Field(default=None, max_length=60)
    valid_from: date | None = None


class CorrectedApproval(BaseModel):
    """Answers by field name that replace those of the application, and why."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    answers: dict[str, Any] = Field(max_length=MOST_ANSWERS)
    reason: str = Field(max_length=4000)


def router(runtime: Runtime, office: Office) -> APIRouter:
    """For the role clerk only; nobody decides a case of their own."""
    routes = APIRouter(tags=["clerk"])

    @routes.get("/worklist")
    async def list_work(
        caller: Clerk,
        language: Language,
        service: Annotated[str | None, Query(max_length=60)] = None,
        condition: Condition = Condition.IN_REVIEW,
    ) -> dict[str, Any]:
        rows = await worklist(runtime.pool, condition, service)
        return {"cases": [_work(dict(row), office, language) for row in rows]}

    @routes.get("/applications/{case_id}/file")
    async def read_file(case_id: UUID, caller: Clerk, language: Language) -> dict[str, Any]:
        case, history = await case_as_of(runtime.log.reader, case_id)
        await record_access(runtime, caller, case)
        found = filed(case, office.service_of(case).definition, history, language)
        return {**found, "accesses": await accesses_of(runtime.pool, case_id)}

    @routes.post("/applications/{case_id}/decision")
    async def decide(case_id: UUID, given: ClerksDecision, caller: Clerk) -> dict[str, Any]:
        unit = runtime.unit_for(caller)
        case = await _to_decide(unit, case_id, caller, given.version)
        match given.decision:
            case "approve":
                await approve_application(case, caller.subject, given.reason, given.valid_from, office, unit)
            case "reject":
                await reject_application(case, caller.subject, given.reason, given.reason_code, office, unit)
            case "request_correction":
                await request_correction(case, caller.subject, given.reason, office, unit)
            case "take_correction_back":
                case.take_correction_back(now=unit.now, clerk=caller.subject)
                await unit.save(case)
        await unit.commit()
        return {"case_id": case.id, "condition": case.condition, "version": case.version}

    @routes.post("/applications/{case_id}/reissue")
    async def reissue(case_id: UUID, given: CorrectedApproval, caller: Clerk) -> dict[str, Any]:
        """Corrects what was granted: documents issues anew, and the old document is superseded."""
        unit = runtime.unit_for(caller)
        case = await _to_decide(unit, case_id, caller, given.version)
        await correct_approval(case, caller.subject, given.answers, given.reason, office, unit)
        await commit_reserving(unit, office.service_of(case).definition)
        return {"case_id": case.id, "condition": case.condition, "version": case.version}

    return routes


async def _to_decide(unit: Unit, case_id: UUID, caller: Caller, version: int) -> Case:
    """The case as the clerk has seen it. 403 `own_case`, 409 `changed_meanwhile`."""
    case = await unit.load(Case, case_id)
    if case.account_id == caller.account_id:
        raise Problem("own_case", 403, "Nobody decides a case of their own")
    if case.version != version:
        raise changed_meanwhile()
    return case


def _work(row: dict[str, Any], office: Office, language: str) -> dict[str, Any]:
    return {
        **overview(row, office, language),
        "condition": row["condition"],
        "reasons": row["reasons"],
        "referred_at": row["referred_at"],
    }
