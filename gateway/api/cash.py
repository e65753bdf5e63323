"""Cash at the counter: a claim by its number, money taken for it, the till of the day, a mistake undone."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.caller import CashOffice
from gateway.api.cases import IdempotencyKey
from gateway.pages.claims import PURPOSE

router = APIRouter(tags=["cash"])


class CashGiven(BaseModel):
    """The money on the table. What is more than owed is change, unless `keep_all` says that it is meant."""

    model_config = ConfigDict(extra="forbid")

    given_cents: int = Field(ge=1, le=10**9)
    keep_all: bool = False


class Mistake(BaseModel):
    """Why an entry is undone."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["amount_mistyped", "wrong_claim", "not_handed_over"]


@router.get("/cash/claims")
async def find_claims(number: Annotated[str, Query(min_length=1, max_length=60)], visit: CashOffice) -> Any:
    """By Kassenzeichen or case number, the newest first."""
    return await visit.get("payments", "/cash/claims", purpose=PURPOSE, params={"number": number})


@router.get("/cash/entries")
async def list_entries(
    visit: CashOffice,
    day: date | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> Any:
    """What the till took on a day, by default today, the newest first; a voided entry stays in the list.
    `next` is the `after` of the next page."""
    said = {"day": day, "after": after}
    params = {"limit": str(limit), **{name: str(value) for name, value in said.items() if value}}
    return await visit.get("payments", "/cash/entries", purpose=PURPOSE, params=params)


@router.get("/claims/{claim_id}/cash")
async def list_entries_of_claim(claim_id: UUID, visit: CashOffice) -> Any:
    return await visit.get("payments", f"/claims/{claim_id}/cash", purpose=PURPOSE)


@router.post("/claims/{claim_id}/cash", status_code=201)
async def take_cash(
    claim_id: UUID, given: CashGiven, visit: CashOffice, idempotency_key: IdempotencyKey = None
) -> Any:
    """Books cash; `change_cents` goes back over the table. 409 where nothing may be taken now."""
    return await visit.post(
        "payments", f"/claims/{claim_id}/cash", purpose=PURPOSE, json=given.model_dump(),
        idempotency_key=idempotency_key,
    )  # fmt: skip


@router.post("/claims/{claim_id}/cash/{payment_id}/voiding", status_code=201)
async def void_entry(
    claim_id: UUID,
    payment_id: UUID,
    mistake: Mistake,
    visit: CashOffice,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Undoes an entry of today. 409 `cash_day_over` and `cash_not_voidable`: give it back as a refund;
    `cash_of_ones_own`: who booked it does not void it."""
    return await visit.post(
        "payments", f"/claims/{claim_id}/cash/{payment_id}/voiding", purpose=PURPOSE,
        json=mistake.model_dump(), idempotency_key=idempotency_key,
    )  # fmt: skip
