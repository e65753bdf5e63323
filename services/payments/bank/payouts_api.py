"""HTTP of the cash office for money at the bank that is a provider's payout."""

from collections.abc import Callable, Collection
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.payments.domain import payouts
from services.payments.domain.bank_item import BankItem
from shared.log import Unit
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_SEEN: Final = "SELECT DISTINCT provider FROM movement WHERE provider NOT IN ('bank', 'cash')"


class Payout(BaseModel):
    """Whose payout the money is."""

    model_config = ConfigDict(extra="forbid")

    provider: Name


class PayoutDecision(BaseModel):
    """What the second person read: whose payout, and `cents` of the payment as the bank booked it."""

    model_config = ConfigDict(extra="forbid")

    provider: Name
    cents: int = Field(ge=1, le=10**12)


def payouts_router(runtime: Runtime, providers: Collection[str]) -> APIRouter:
    """For treasurers and clerks; `providers` are those set up, and retired ones are known by their money."""
    router = APIRouter(tags=["bank items"])

    @router.post("/bank-items/{item_id}/payout", status_code=201)
    async def find_payout(
        item_id: UUID, told: Payout, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """Records that the money is a provider's payout; above the limit for refunds (`outcome` is then
        `payout_proposed`) once a second person agrees."""
        if told.provider not in await payout_providers(runtime, providers):
            raise Problem("provider_unknown", 404, "No such provider is set up here")

        def find(item: BankItem, unit: Unit) -> str:
            if abs(item.amount_cents) <= runtime.settings.refund_limit_cents:
                payouts.find(item, told.provider, now=unit.now)
                return "payout"
            payouts.propose(item, told.provider, caller.subject, now=unit.now)
            return "payout_proposed"

        return await _done(runtime, item_id, caller, idempotency, find)

    @router.post("/bank-items/{item_id}/payout/{word}", status_code=201)
    async def decide_payout(
        item_id: UUID, word: Literal["approval", "refusal"], read: PayoutDecision, caller: CashOffice,
        idempotency: IdempotentRequest,
    ) -> Response:  # fmt: skip
        """The second person's word on what they have read: it is booked, or the money waits as it did."""

        def decide(item: BankItem, unit: Unit) -> str:
            agreed = word == "approval"
            say = payouts.confirm if agreed else payouts.decline
            say(item, read.provider, read.cents, caller.subject, now=unit.now)
            return "payout" if agreed else "waiting"

        return await _done(runtime, item_id, caller, idempotency, decide)

    @router.post("/bank-items/{item_id}/payout-undoing", status_code=201)
    async def undo_payout(item_id: UUID, caller: CashOffice, idempotency: IdempotentRequest) -> Response:
        """It was no payout of that provider, whoever found it: the money waits again."""

        def undo(item: BankItem, unit: Unit) -> str:
            payouts.undo(item, now=unit.now)
            return "waiting"

        return await _done(runtime, item_id, caller, idempotency, undo)

    return router


async def payout_providers(runtime: Runtime, providers: Collection[str]) -> list[str]:
    """Whose payouts may come to the city's account."""
    return sorted({*providers, *(row["provider"] for row in await runtime.pool.fetch(_SEEN))})


async def _done(
    runtime: Runtime, item_id: UUID, caller: Caller, idempotency: Any, does: Callable[[BankItem, Unit], str]
) -> Response:
    unit = runtime.unit_for(caller)
    item = await unit.load(BankItem, item_id)
    outcome = does(item, unit)
    await unit.save(item)
    answer: Response = idempotency.remember_in(unit, 201, {"item_id": str(item.id), "outcome": outcome})
    await unit.commit()
    return answer
