"""HTTP of the cash office for money that bank or provider took back, brought again or gave back."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.payments.domain.claim import Claim
from services.payments.domain.money import Recorded, Reversal
from services.payments.own_case import somebody_elses
from services.payments.refunding import Refunding
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Treasurer = Annotated[Caller, Depends(require("treasurer"))]
REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,63}$"
CODE = r"^[A-Z0-9_]{2,20}$"


class NewReturn(BaseModel):
    """What was brought back or given back of a payment; `reference` is its own at the provider."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=CODE)
    reference: str = Field(pattern=REFERENCE)
    amount_cents: int = Field(ge=1, le=10**12)


class NewReversal(NewReturn):
    """What was taken back of a payment: the R-code or the provider's, and what is charged for it."""

    charges_cents: int = Field(default=0, ge=0, le=10**9)


def returns_router(runtime: Runtime, refunding: Refunding) -> APIRouter:
    """For treasurers; nobody books money for a claim of their own."""
    router = APIRouter(tags=["returns"])

    @router.post("/claims/{claim_id}/payments/{payment_id}/reversal", status_code=201)
    async def record_reversal(
        claim_id: UUID, payment_id: UUID, told: NewReversal, caller: Treasurer, idempotency: IdempotentRequest
    ) -> Response:
        """Books that bank or card network took a payment back; told again it books nothing."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        reversal = Reversal(told.code, told.reference, told.amount_cents, told.charges_cents)
        result = claim.record_reversal(payment_id, reversal, now=unit.now)
        if result is Recorded.CONTRADICTED:
            raise Problem("amount_differs", 409, "So much did not come with this payment")
        await unit.save(claim)
        answer = idempotency.remember_in(unit, 201, _answer(claim, result))
        await unit.commit()
        return answer

    @router.post("/claims/{claim_id}/payments/{payment_id}/reversal-undoing", status_code=201)
    async def record_undoing(
        claim_id: UUID, payment_id: UUID, told: NewReturn, caller: Treasurer, idempotency: IdempotentRequest
    ) -> Response:
        """Books that what had been taken back came again: a dispute was won, a chargeback withdrawn."""
        return await _returned(claim_id, payment_id, told, caller, idempotency, Claim.record_undoing)

    @router.post("/claims/{claim_id}/payments/{payment_id}/refund-elsewhere", status_code=201)
    async def record_refund_elsewhere(
        claim_id: UUID, payment_id: UUID, told: NewReturn, caller: Treasurer, idempotency: IdempotentRequest
    ) -> Response:
        """Books that the provider gave money back without our order, in its own pages for instance."""
        return await _returned(claim_id, payment_id, told, caller, idempotency, Claim.record_refund_elsewhere)

    async def _returned(
        claim_id: UUID, payment_id: UUID, told: NewReturn, caller: Caller,
        idempotency: IdempotentRequest, record: Callable[..., Recorded],
    ) -> Response:  # fmt: skip
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        told_of = Reversal(told.code, told.reference, told.amount_cents)
        result = record(claim, payment_id, told_of, now=unit.now)
        if result is Recorded.CONTRADICTED:
            raise Problem("amount_differs", 409, "So much did not come or go with this payment")
        refunding.order_what_is_due(claim, unit)
        await unit.save(claim)
        answer = idempotency.remember_in(unit, 201, _answer(claim, result))
        await unit.commit()
        return answer

    return router


def _answer(claim: Claim, result: Recorded) -> dict[str, Any]:
    return {
        "claim_id": claim.id, "recorded": result.value, "state": claim.condition,
        "owed_cents": claim.owed_cents,
    }  # fmt: skip
