"""HTTP of the cash office: money that a person has to see to, and the record of what was done."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field

from services.payments import queries
from services.payments.domain import settlements
from services.payments.domain.claim import Claim
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refusals import UnknownMoneyTask
from services.payments.domain.settlements import Settlement
from services.payments.own_case import somebody_elses
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.tokens import Caller, require

CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
MOST: Final = 200
VERSION: Final = Path(ge=1, le=2**31 - 1)
TASK: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9]{1,9}$"


class NewSettlement(BaseModel):
    """What was done with all of the task's money, and the number of the voucher that shows it; the second
    person says the same, as they have read it."""

    model_config = ConfigDict(extra="forbid")

    how: Settled
    amount_cents: int = Field(ge=1, le=10**12)
    voucher: str = Field(max_length=60)


def money_tasks_router(runtime: Runtime) -> APIRouter:
    """For treasurers and clerks; nobody settles money of their own, and above the limit nobody alone."""
    router = APIRouter(tags=["money tasks"])
    _lists(router, runtime)
    _settlements(router, runtime)
    return router


def _lists(router: APIRouter, runtime: Runtime) -> None:
    """Money that a person has to see to."""

    @router.get("/money-tasks")
    async def list_money_tasks(
        _caller: CashOffice,
        state: Literal["open", "settled"] = "open",
        after: Annotated[str | None, Query(pattern=TASK)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> dict[str, Any]:
        """Money that a person has to see to, the oldest first; `next` is the `after` of the next page."""
        behind = _task(after) if after else None
        found = await queries.money_tasks(runtime.pool, done=state == "settled", after=behind, limit=limit)
        return {**found, "tasks": jsonable_encoder(found["tasks"])}

    @router.get("/money-tasks/{claim_id}/{version}")
    async def read_money_task(
        claim_id: UUID, version: Annotated[int, VERSION], _caller: CashOffice
    ) -> dict[str, Any]:
        task = await queries.money_task(runtime.pool, claim_id, version)
        if task is None:
            raise UnknownMoneyTask(str(version))
        return task


def _settlements(router: APIRouter, runtime: Runtime) -> None:
    """What was done with it, and the second person's word on that."""

    @router.post("/money-tasks/{claim_id}/{version}/settlement", status_code=201)
    async def settle_money_task(
        claim_id: UUID,
        version: Annotated[int, VERSION],
        given: NewSettlement,
        caller: CashOffice,
        idempotency: IdempotentRequest,
    ) -> Response:
        """Records that the money was returned or kept, and books it; above the limit (`recorded` is then
        `waiting`) once a second person agrees."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        said = _said(version, given, caller)
        booked = settlements.settle(claim, said, runtime.settings.refund_limit_cents, now=unit.now)
        await unit.save(claim)
        done = _answer(claim, version, given.how, "settled" if booked else "waiting")
        answer = idempotency.remember_in(unit, 201, done)
        await unit.commit()
        return answer

    @router.post("/money-tasks/{claim_id}/{version}/settlement/{word}", status_code=201)
    async def decide_settlement(
        claim_id: UUID, version: Annotated[int, VERSION], word: Literal["approval", "refusal"],
        read: NewSettlement, caller: CashOffice, idempotency: IdempotentRequest,
    ) -> Response:  # fmt: skip
        """The second person's word on what they have read: it is booked, or the money waits as it did."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        agreed = word == "approval"
        decide = settlements.confirm if agreed else settlements.decline
        decide(claim, _said(version, read, caller), now=unit.now)
        await unit.save(claim)
        done = _answer(claim, version, read.how, "settled" if agreed else "declined")
        answer = idempotency.remember_in(unit, 201, done)
        await unit.commit()
        return answer


def _said(version: int, given: NewSettlement, caller: Caller) -> Settlement:
    return Settlement(version, given.how, given.amount_cents, given.voucher, caller.subject)


def _answer(claim: Claim, version: int, how: Settled, recorded: str) -> dict[str, Any]:
    return {
        "claim_id": claim.id, "version": version, "how": how, "recorded": recorded, "state": claim.condition,
    }  # fmt: skip


def _task(named: str) -> tuple[UUID, int]:
    claim_id, _, version = named.partition(":")
    return UUID(claim_id), int(version)
