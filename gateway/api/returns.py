"""What bank or provider did without our order, told by the treasurer."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.caller import Treasurer
from gateway.api.cases import IdempotencyKey
from gateway.pages.claims import PURPOSE

router = APIRouter(tags=["returns"])
Cents = Annotated[int, Field(ge=1, le=10**12)]


class Return(BaseModel):
    """`reference` is its own at the bank or provider, by which it is known when told again; `code` is theirs,
    an R-code for instance."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[A-Z0-9_]{2,20}$")
    reference: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,63}$")
    amount_cents: Cents


class TakenBack(Return):
    """With what the bank charges for it."""

    charges_cents: int = Field(default=0, ge=0, le=10**9)


@router.post("/claims/{claim_id}/payments/{payment_id}/reversal", status_code=201)
async def record_reversal(
    claim_id: UUID,
    payment_id: UUID,
    told: TakenBack,
    visit: Treasurer,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """A payment was taken back, or part of it: what counted is owed again. 409 `amount_differs` where so much
    did not come; told again (`recorded` is `duplicate`) it books nothing."""
    return await _told(visit, claim_id, payment_id, "reversal", told, idempotency_key)


@router.post("/claims/{claim_id}/payments/{payment_id}/{what}", status_code=201)
async def record_return(
    claim_id: UUID,
    payment_id: UUID,
    what: Literal["reversal-undoing", "refund-elsewhere"],
    told: Return,
    visit: Treasurer,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """What was taken back came again; or the provider gave back without our order (409 `not_refundable` for
    what came by bank or at the counter). Else as a reversal."""
    return await _told(visit, claim_id, payment_id, what, told, idempotency_key)


async def _told(
    visit: Treasurer, claim_id: UUID, payment_id: UUID, what: str, told: Return, key: str | None
) -> Any:
    path = f"/claims/{claim_id}/payments/{payment_id}/{what}"
    return await visit.post("payments", path, purpose=PURPOSE, json=told.model_dump(), idempotency_key=key)
