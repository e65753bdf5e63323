"""Mandates that wait for the cash office: listed, released or ended with what a person found out."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from gateway.api.caller import CashOffice
from gateway.api.cases import IdempotencyKey
from gateway.pages.claims import PURPOSE

router = APIRouter(tags=["suspended mandates"])


class Clearing(BaseModel):
    """Why the mandate may be used again."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["bank_was_wrong", "payer_confirmed", "technical"]


class Ending(BaseModel):
    """Why the mandate has ended."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["payer_died", "no_consent", "account_unusable"]


@router.get("/suspended-mandates")
async def list_suspended_mandates(
    visit: CashOffice, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 100
) -> Any:
    """What waits for a person, the oldest first; `next` is the `after` of the next page."""
    params = {"limit": str(limit), **({"after": str(after)} if after else {})}
    return await visit.get("payments", "/suspended-mandates", purpose=PURPOSE, params=params)


@router.get("/suspended-mandates/{mandate_id}")
async def read_suspended_mandate(mandate_id: UUID, visit: CashOffice) -> Any:
    return await visit.get("payments", f"/suspended-mandates/{mandate_id}", purpose=PURPOSE)


@router.post("/suspended-mandates/{mandate_id}/clearing", status_code=201)
async def clear_mandate(
    mandate_id: UUID, told: Clearing, visit: CashOffice, idempotency_key: IdempotencyKey = None
) -> Any:
    """Debits are allowed again. 403 `own_case`; 409 `mandate_not_active`, `mandate_not_for_a_person`."""
    return await visit.post(
        "payments", f"/suspended-mandates/{mandate_id}/clearing", purpose=PURPOSE, json=told.model_dump(),
        idempotency_key=idempotency_key,
    )  # fmt: skip


@router.post("/suspended-mandates/{mandate_id}/ending", status_code=201)
async def end_mandate(
    mandate_id: UUID, told: Ending, visit: CashOffice, idempotency_key: IdempotencyKey = None
) -> Any:
    """Nothing is debited under it any more. 403 `own_case`; 409 `mandate_not_for_a_person`."""
    return await visit.post(
        "payments", f"/suspended-mandates/{mandate_id}/ending", purpose=PURPOSE, json=told.model_dump(),
        idempotency_key=idempotency_key,
    )  # fmt: skip
