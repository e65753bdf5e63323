"""What the bank booked and no claim has: looked at, given to a claim, or sent back."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.caller import CashOffice
from gateway.api.cases import IdempotencyKey
from gateway.pages.claims import PURPOSE

router = APIRouter(tags=["bank items"])


class Allocation(BaseModel):
    """The claim that the money is for."""

    model_config = ConfigDict(extra="forbid")

    claim_id: UUID


class SendingBack(BaseModel):
    """The number of the voucher that shows what was done with the money."""

    model_config = ConfigDict(extra="forbid")

    voucher: str = Field(min_length=1, max_length=60)


class ReturnDecision(BaseModel):
    """What the second person read: the voucher's number, and `cents` of the payment as the bank booked it."""

    model_config = ConfigDict(extra="forbid")

    voucher: str = Field(min_length=1, max_length=60)
    cents: int = Field(ge=-(10**12), le=10**12)


@router.get("/bank-items")
async def list_bank_items(
    visit: CashOffice, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 100
) -> Any:
    """What waits for a person, the oldest first; `next` is the `after` of the next page."""
    params = {"limit": str(limit), **({"after": str(after)} if after else {})}
    return await visit.get("payments", "/bank-items", purpose=PURPOSE, params=params)


@router.get("/bank-items/{item_id}")
async def read_bank_item(item_id: UUID, visit: CashOffice) -> Any:
    return await visit.get("payments", f"/bank-items/{item_id}", purpose=PURPOSE)


@router.post("/bank-items/{item_id}/allocation", status_code=201)
async def allocate_bank_item(
    item_id: UUID, told: Allocation, visit: CashOffice, idempotency_key: IdempotencyKey = None
) -> Any:
    """The money counts for the claim; what is too much of it is the claim's surplus. 409 `bank_item_done`
    where somebody was quicker, `currency_differs` for money of another currency."""
    return await visit.post(
        "payments", f"/bank-items/{item_id}/allocation", purpose=PURPOSE, json=told.model_dump(mode="json"),
        idempotency_key=idempotency_key,
    )  # fmt: skip


@router.post("/bank-items/{item_id}/reversal", status_code=201)
async def take_payment_back(
    item_id: UUID, told: Allocation, visit: CashOffice, idempotency_key: IdempotencyKey = None
) -> Any:
    """The bank took back what this claim had: it is owed again. 409 `bank_item_no_reversal`,
    `bank_item_no_payment` where the claim has no payment of this amount."""
    return await visit.post(
        "payments", f"/bank-items/{item_id}/reversal", purpose=PURPOSE, json=told.model_dump(mode="json"),
        idempotency_key=idempotency_key,
    )  # fmt: skip


@router.post("/bank-items/{item_id}/matching", status_code=201)
async def match_bank_item(item_id: UUID, visit: CashOffice, idempotency_key: IdempotencyKey = None) -> Any:
    """Compares a sum of debits with them once more, and has them booked. 409 `bank_item_no_group`,
    `bank_item_group_differs` where they are not worth it, `bank_item_told_twice` where another entry told
    them and it may be other money."""
    path = f"/bank-items/{item_id}/matching"
    return await visit.post("payments", path, purpose=PURPOSE, idempotency_key=idempotency_key)


@router.post("/bank-items/{item_id}/sending-back", status_code=201)
async def send_bank_item_back(
    item_id: UUID, told: SendingBack, visit: CashOffice, idempotency_key: IdempotencyKey = None
) -> Any:
    """Records that the money was sent back, or booked where it belongs; above the limit (`outcome` is then
    `return_proposed`) once a second person agrees."""
    return await visit.post(
        "payments", f"/bank-items/{item_id}/sending-back", purpose=PURPOSE, json=told.model_dump(),
        idempotency_key=idempotency_key,
    )  # fmt: skip


@router.post("/bank-items/{item_id}/sending-back/{decision}", status_code=201)
async def decide_return(
    item_id: UUID,
    decision: Literal["approval", "refusal"],
    read: ReturnDecision,
    visit: CashOffice,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """The second person's word on what they have read: 409 `return_unknown` where it is not what waits. Who
    wants it sent back cannot give it (403 `second_person_needed`)."""
    path = f"/bank-items/{item_id}/sending-back/{decision}"
    return await visit.post(
        "payments", path, purpose=PURPOSE, json=read.model_dump(), idempotency_key=idempotency_key
    )


class Payout(BaseModel):
    """Whose payout the money is."""

    model_config = ConfigDict(extra="forbid")

    provider: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


class PayoutDecision(Payout):
    """What the second person read: whose payout, and the payment's cents."""

    cents: int = Field(ge=1, le=10**12)


@router.post("/bank-items/{item_id}/payout", status_code=201)
async def find_payout(
    item_id: UUID, told: Payout, visit: CashOffice, idempotency_key: IdempotencyKey = None
) -> Any:
    """Records that the money is a provider's payout, one of the item's `payout_providers`; above the limit
    (`outcome` is then `payout_proposed`) once a second person agrees."""
    return await visit.post(
        "payments", f"/bank-items/{item_id}/payout", purpose=PURPOSE, json=told.model_dump(),
        idempotency_key=idempotency_key,
    )  # fmt: skip


@router.post("/bank-items/{item_id}/payout/{decision}", status_code=201)
async def decide_payout(
    item_id: UUID,
    decision: Literal["approval", "refusal"],
    read: PayoutDecision,
    visit: CashOffice,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """The second person's word. Who took it for a payout cannot give it (403 `second_person_needed`)."""
    return await visit.post(
        "payments", f"/bank-items/{item_id}/payout/{decision}", purpose=PURPOSE, json=read.model_dump(),
        idempotency_key=idempotency_key,
    )  # fmt: skip


@router.post("/bank-items/{item_id}/payout-undoing", status_code=201)
async def undo_payout(item_id: UUID, visit: CashOffice, idempotency_key: IdempotencyKey = None) -> Any:
    """It was no payout of that provider: the money waits again."""
    path = f"/bank-items/{item_id}/payout-undoing"
    return await visit.post("payments", path, purpose=PURPOSE, idempotency_key=idempotency_key)
