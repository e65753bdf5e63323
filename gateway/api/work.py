"""The town hall's work: worklist, file and decision, revocation of a document, money to see to."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.caller import CashOffice, Citizen, Clerk
from gateway.api.cases import IdempotencyKey, case_in_full
from gateway.api.catalogue import Answers
from gateway.pages.case_files import PURPOSE as CASE_WORK
from gateway.pages.documents import PURPOSE as OWN
from gateway.pages.money_tasks import PURPOSE as MONEY

router = APIRouter()
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Decision(BaseModel):
    """`version` is that of the file that was read; a rejection needs `reason` or `reason_code`, a correction
    `reason`."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject", "request_correction", "take_correction_back"]
    version: int = Field(ge=1)
    reason: str = Field(default="", max_length=4000)
    reason_code: str | None = Field(default=None, max_length=60)


class CorrectedApproval(Answers):
    """Answers by field name that replace those of the application, and why."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    reason: str = Field(max_length=4000)


class Revocation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=60)


class Settlement(BaseModel):
    """What was done with all of the task's money; `voucher` is a number, without personal data. The second
    person says the same, as they have read it."""

    model_config = ConfigDict(extra="forbid")

    how: Literal["returned_by_transfer", "returned_by_provider", "kept_by_agreement"]
    amount_cents: int = Field(ge=1, le=10**12)
    voucher: str = Field(max_length=60)


@router.get("/worklist", tags=["case work"])
async def read_worklist(
    visit: Clerk,
    condition: Annotated[str, Query(pattern=r"^[a-z_]{1,40}$")] = "in_review",
    service: Annotated[str | None, Query(max_length=60)] = None,
) -> Any:
    """Cases in a condition, those waiting longest first."""
    asked = {"condition": condition, **({"service": service} if service else {})}
    return await visit.get("applications", "/worklist", purpose=CASE_WORK, params=asked)


@router.get("/applications/{case_id}/file", tags=["case work"])
async def read_file(case_id: UUID, visit: Clerk) -> Any:
    """The whole file with `claim` and `documents`; `missing` names the services that gave no answer. That it
    was read is recorded and shown to the citizen."""
    return await case_in_full(visit, case_id, CASE_WORK, "/file")


@router.post("/applications/{case_id}/decision", tags=["case work"])
async def decide(case_id: UUID, given: Decision, visit: Clerk) -> Any:
    """Nobody decides a case of their own (403 `own_case`), nor on a file that has changed (409)."""
    return await visit.post(
        "applications", f"/applications/{case_id}/decision", purpose=CASE_WORK, json=given.model_dump()
    )


@router.post("/applications/{case_id}/reissue", tags=["case work"])
async def reissue(case_id: UUID, given: CorrectedApproval, visit: Clerk) -> Any:
    """Corrects what was granted: a new document supersedes the old one."""
    path = f"/applications/{case_id}/reissue"
    return await visit.post("applications", path, purpose=CASE_WORK, json=given.model_dump())


@router.post("/documents/{document_id}/revocation", tags=["case work"])
async def revoke(
    document_id: UUID, given: Revocation, visit: Citizen, idempotency_key: IdempotencyKey = None
) -> Any:
    """A clerk takes a document back; who holds a permit may give it up (`moved_away`, `vehicle_given_up`,
    `at_own_wish`)."""
    is_clerk = visit.person is not None and "clerk" in visit.person.roles
    return await visit.post(
        "documents",
        f"/documents/{document_id}/revocation",
        purpose=CASE_WORK if is_clerk else OWN,
        json=given.model_dump(),
        idempotency_key=idempotency_key,
    )


@router.get("/money-tasks", tags=["money tasks"])
async def list_money_tasks(
    visit: CashOffice,
    state: Literal["open", "settled"] = "open",
    after: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Any:
    """Money that a person has to see to, the oldest first; `next` is the `after` of the next page."""
    asked = {"state": state, "limit": str(limit), **({"after": after} if after else {})}
    return await visit.get("payments", "/money-tasks", purpose=MONEY, params=asked)


@router.get("/money-tasks/{claim_id}/{version}", tags=["money tasks"])
async def read_money_task(claim_id: UUID, version: Version, visit: CashOffice) -> Any:
    return await visit.get("payments", f"/money-tasks/{claim_id}/{version}", purpose=MONEY)


@router.post("/money-tasks/{claim_id}/{version}/settlement", status_code=201, tags=["money tasks"])
async def settle_money_task(
    claim_id: UUID,
    version: Version,
    given: Settlement,
    visit: CashOffice,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Records what was done with the money and books it, once; above the limit (`recorded` is then `waiting`)
    once a second person agrees."""
    return await visit.post(
        "payments",
        f"/money-tasks/{claim_id}/{version}/settlement",
        purpose=MONEY,
        json=given.model_dump(),
        idempotency_key=idempotency_key,
    )


@router.post("/money-tasks/{claim_id}/{version}/settlement/{decision}", status_code=201, tags=["money tasks"])
async def decide_settlement(
    claim_id: UUID,
    version: Version,
    decision: Literal["approval", "refusal"],
    read: Settlement,
    visit: CashOffice,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """The second person's word on what they have read: 409 `settlement_unknown` where it is not what waits.
    Who said it cannot give it (403 `second_person_needed`)."""
    path = f"/money-tasks/{claim_id}/{version}/settlement/{decision}"
    return await visit.post(
        "payments", path, purpose=MONEY, json=read.model_dump(), idempotency_key=idempotency_key
    )
