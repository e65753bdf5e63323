"""A claim's whole money and its refunds for the cash office; what is offered to payers for the operator."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.caller import CashOffice, Citizen, Operator
from gateway.api.cases import IdempotencyKey
from gateway.pages.claims import PURPOSE as MONEY
from gateway.pages.parts import PURPOSE as OWN
from gateway.pages.switches import PURPOSE as OFFER

router = APIRouter()
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
RefundState = Literal[
    "requested", "approved", "declined", "ordered", "pending", "settled", "failed", "unclear", "offset"
]


class WantedRefund(BaseModel):
    """Part or all of a payment, or with `task_version` a money task in full; `reason` is a slug."""

    model_config = ConfigDict(extra="forbid")

    amount_cents: int = Field(ge=1, le=10**12)
    reason: str = Field(pattern=r"^[a-z][a-z_]{1,39}$")
    payment_id: UUID | None = None
    task_version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class SwitchTo(BaseModel):
    """On or off; `reason` is for colleagues and names nobody."""

    model_config = ConfigDict(extra="forbid")

    on: bool
    reason: str = Field(min_length=3, max_length=200)


@router.get("/claims/{claim_id}/money", tags=["refunds"])
async def read_money(claim_id: UUID, visit: CashOffice) -> Any:
    """Every event of the claim: who caused it, what it says and what it booked."""
    return await visit.get("payments", f"/claims/{claim_id}/money", purpose=MONEY)


@router.get("/cases/{case_id}/money", tags=["refunds"])
async def read_money_of_case(
    case_id: UUID,
    visit: CashOffice,
    after: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Any:
    """All claims of a case with their sums, and all that became of them as one time line, the newest event
    first, with the balance of the whole case; `next` is the `after` of the next page."""
    asked = {"limit": str(limit), **({"after": after} if after else {})}
    return await visit.get("payments", f"/cases/{case_id}/money", purpose=MONEY, params=asked)


@router.get("/claims/{claim_id}/refunds", tags=["refunds"])
async def list_refunds_of_claim(claim_id: UUID, visit: CashOffice) -> Any:
    return await visit.get("payments", f"/claims/{claim_id}/refunds", purpose=MONEY)


@router.get("/claims/{claim_id}/refunds/share", tags=["refunds"])
async def compute_share(
    claim_id: UUID, valid_from: date, valid_until: date, given_up_on: date, visit: Citizen
) -> Any:
    """What would go back if what was paid for were given up on a day; nothing is asked for."""
    days = {"valid_from": valid_from, "valid_until": valid_until, "given_up_on": given_up_on}
    path = f"/claims/{claim_id}/refunds/share"
    return await visit.get("payments", path, purpose=OWN, params={k: str(v) for k, v in days.items()})


@router.post("/claims/{claim_id}/refunds", status_code=201, tags=["refunds"])
async def request_refund(
    claim_id: UUID, wanted: WantedRefund, visit: CashOffice, idempotency_key: IdempotencyKey = None
) -> Any:
    """Carried out at once, or above the limit after a second person's approval (`state` is `requested`)."""
    return await visit.post(
        "payments",
        f"/claims/{claim_id}/refunds",
        purpose=MONEY,
        json=wanted.model_dump(mode="json", exclude_none=True),
        idempotency_key=idempotency_key,
    )


@router.post("/claims/{claim_id}/refunds/{refund_id}/{decision}", status_code=201, tags=["refunds"])
async def decide_refund(
    claim_id: UUID,
    refund_id: UUID,
    decision: Literal["approval", "refusal"],
    visit: CashOffice,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """The second person's word. Who asked for it cannot give it (403 `second_person_needed`)."""
    path = f"/claims/{claim_id}/refunds/{refund_id}/{decision}"
    return await visit.post("payments", path, purpose=MONEY, idempotency_key=idempotency_key)


@router.get("/refunds", tags=["refunds"])
async def list_refunds(
    visit: CashOffice,
    state: RefundState = "requested",
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Any:
    """Refunds in a state, the oldest first; `next` is the `after` of the next page."""
    asked = {"state": state, "limit": str(limit), **({"after": str(after)} if after else {})}
    return await visit.get("payments", "/refunds", purpose=MONEY, params=asked)


@router.get("/payment-methods", tags=["payment offer"])
async def list_methods(visit: Operator) -> Any:
    """The ways to pay, offered or not, and why not."""
    return await visit.get("payments", "/methods", purpose=OFFER)


@router.get("/payment-providers", tags=["payment offer"])
async def list_providers(visit: Operator) -> Any:
    """Who is set up, switched on or off, and whether their own failures keep them out."""
    return await visit.get("payments", "/providers", purpose=OFFER)


@router.put("/payment-methods/{method}", tags=["payment offer"])
async def switch_method(method: Name, to: SwitchTo, visit: Operator) -> Any:
    return await _switch(visit, f"/methods/{method}", to)


@router.put("/payment-providers/{provider}", tags=["payment offer"])
async def switch_provider(provider: Name, to: SwitchTo, visit: Operator) -> Any:
    return await _switch(visit, f"/providers/{provider}", to)


async def _switch(visit: Operator, path: str, to: SwitchTo) -> Any:
    answer = await visit.request_to("PUT", "payments", path, purpose=OFFER, json=to.model_dump())
    return answer.json()
