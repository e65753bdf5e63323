"""Attempts to pay that their providers left undecided: found out by one person, confirmed by another."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.caller import CashOffice
from gateway.api.cases import IdempotencyKey
from gateway.pages.claims import PURPOSE

router = APIRouter(tags=["undecided attempts"])
Found = Literal["paid", "not_paid"]


class Finding(BaseModel):
    """What a person saw at the provider's; `voucher` is a number, without personal data."""

    model_config = ConfigDict(extra="forbid")

    found: Found
    voucher: str = Field(min_length=1, max_length=60)


class FindingDecision(BaseModel):
    """The finding that the second person read."""

    model_config = ConfigDict(extra="forbid")

    found: Found


@router.get("/undecided-attempts")
async def list_undecided(
    visit: CashOffice, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 100
) -> Any:
    """What providers left undecided, the oldest first; `next` is the `after` of the next page."""
    params = {"limit": str(limit), **({"after": str(after)} if after else {})}
    return await visit.get("payments", "/undecided-attempts", purpose=PURPOSE, params=params)


@router.get("/undecided-attempts/{attempt_id}")
async def read_undecided(attempt_id: UUID, visit: CashOffice) -> Any:
    return await visit.get("payments", f"/undecided-attempts/{attempt_id}", purpose=PURPOSE)


@router.post("/claims/{claim_id}/attempts/{attempt_id}/finding", status_code=201)
async def propose_finding(
    claim_id: UUID,
    attempt_id: UUID,
    told: Finding,
    visit: CashOffice,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Says what was found at the provider's. 409 `attempt_still_asked`,
    `attempt_decided`, `finding_waits`."""
    path = f"/claims/{claim_id}/attempts/{attempt_id}/finding"
    return await visit.post(
        "payments", path, purpose=PURPOSE, json=told.model_dump(), idempotency_key=idempotency_key
    )


@router.post("/claims/{claim_id}/attempts/{attempt_id}/finding/{decision}", status_code=201)
async def decide_finding(
    claim_id: UUID,
    attempt_id: UUID,
    decision: Literal["approval", "refusal"],
    told: FindingDecision,
    visit: CashOffice,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """The second person's word. Who found it cannot give it (403 `second_person_needed`)."""
    path = f"/claims/{claim_id}/attempts/{attempt_id}/finding/{decision}"
    return await visit.post(
        "payments", path, purpose=PURPOSE, json=told.model_dump(), idempotency_key=idempotency_key
    )
