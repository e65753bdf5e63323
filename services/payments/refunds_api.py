"""HTTP of refunds: asked for by one person of the cash office, above a limit approved by another."""

from datetime import date
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.payments import queries
from services.payments.domain import reductions, refunds
from services.payments.domain.claim import Claim
from services.payments.domain.pro_rata import Period
from services.payments.domain.reductions import Share
from services.payments.domain.refunds import Wish
from services.payments.own_case import somebody_elses
from services.payments.refunding import Refunding
from shared.ids import new_id
from shared.log import StreamNotFound
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Reader = Annotated[Caller, Depends(require("citizen", "clerk", "treasurer"))]
STAFF: Final = frozenset({"clerk", "treasurer"})
CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
MOST: Final = 200
States = Literal[
    "requested", "approved", "declined", "ordered", "pending", "settled", "failed", "unclear", "offset"
]


class GivenUp(BaseModel):
    """What was paid for, and the day on which it was given up."""

    model_config = ConfigDict(extra="forbid")

    valid_from: date
    valid_until: date
    given_up_on: date


class NewRefund(BaseModel):
    """Either an amount or a period, for which the share of its whole months left is given back.

    `task_version` gives back the whole of a money task, `payment_id` part of another payment than the one
    that settled. `reason` is a slug.
    """

    model_config = ConfigDict(extra="forbid")

    amount_cents: int | None = Field(default=None, ge=1, le=10**12)
    pro_rata: GivenUp | None = None
    reason: str = Field(pattern=r"^[a-z][a-z_]{1,39}$")
    task_version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    payment_id: UUID | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.amount_cents is None) == (self.pro_rata is None):
            raise ValueError("give amount_cents or pro_rata")
        return self


def refunds_router(runtime: Runtime, refunding: Refunding) -> APIRouter:
    """For treasurers and clerks; nobody gives back money to themselves."""
    router = APIRouter(tags=["refunds"])
    _lists(router, runtime, refunding)
    _orders(router, runtime, refunding)
    return router


def _lists(router: APIRouter, runtime: Runtime, refunding: Refunding) -> None:
    """Refunds, and what a share would be."""

    @router.get("/refunds")
    async def list_refunds(
        _caller: CashOffice,
        state: States = "requested",
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> dict[str, Any]:
        """Refunds in a state, the oldest first; `next` is the `after` of the next page."""
        found = await queries.refunds(runtime.pool, state=state, after=after, limit=limit)
        return {**found, "refunds": jsonable_encoder(found["refunds"])}

    @router.get("/claims/{claim_id}/refunds")
    async def list_refunds_of_claim(claim_id: UUID, _caller: CashOffice) -> dict[str, Any]:
        await runtime.unit().load(Claim, claim_id)
        return {"refunds": jsonable_encoder(await queries.refunds_of(runtime.pool, claim_id))}

    @router.get("/claims/{claim_id}/refunds/share")
    async def compute_share(
        claim_id: UUID, given_up: Annotated[GivenUp, Query()], caller: Reader
    ) -> dict[str, Any]:
        """What would go back if what was paid for were given up on a day; nothing is asked for.

        `share_cents` is of the whole months left, and no more than `left_cents` that are there;
        `reduced_cents` of an open claim would not be claimed any more.
        """
        claim = await runtime.unit().load(Claim, claim_id)
        if not (STAFF & caller.roles or caller.subject == str(claim.account_id)):
            raise StreamNotFound(str(claim_id))
        share = _share(claim, given_up)
        return {
            "claim_id": claim_id, "share_cents": share.refunded_cents, "reduced_cents": share.reduced_cents,
            "currency": claim.currency, "left_cents": sum(refunds.left_of(claim).values()),
            "needs_approval": refunds.needs_approval(claim, share.refunded_cents, refunding.limit),
        }  # fmt: skip


def _orders(router: APIRouter, runtime: Runtime, refunding: Refunding) -> None:
    """Asked for by one person, above the limit decided by another."""

    @router.post("/claims/{claim_id}/refunds", status_code=201)
    async def request_refund(
        claim_id: UUID, wanted: NewRefund, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """Asks for a refund: carried out at once, or after a second person's approval."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        payment_id = refunds.payment_of(claim, wanted.payment_id, wanted.task_version)
        wish = Wish(
            refund_id=new_id(), amount_cents=_cents(claim, wanted), reason=wanted.reason, by=caller.subject,
            via=refunding.via(claim, payment_id), limit_cents=refunding.limit, payment_id=payment_id,
            task_version=wanted.task_version,
        )  # fmt: skip
        refunds.request(claim, wish, now=unit.now)
        await unit.save(claim)
        refunding.schedule(claim, wish.refund_id, unit)
        answer = idempotency.remember_in(unit, 201, _answer(claim, wish.refund_id))
        await unit.commit()
        return answer

    @router.post("/claims/{claim_id}/refunds/{refund_id}/approval", status_code=201)
    async def approve_refund(
        claim_id: UUID, refund_id: UUID, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """The second person agrees."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        refunds.approve(claim, refund_id, caller.subject, now=unit.now)
        await unit.save(claim)
        refunding.schedule(claim, refund_id, unit)
        answer = idempotency.remember_in(unit, 201, _answer(claim, refund_id))
        await unit.commit()
        return answer

    @router.post("/claims/{claim_id}/refunds/{refund_id}/refusal", status_code=201)
    async def decline_refund(
        claim_id: UUID, refund_id: UUID, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """The second person does not agree; the money stays as it was."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        refunds.decline(claim, refund_id, caller.subject, now=unit.now)
        await unit.save(claim)
        answer = idempotency.remember_in(unit, 201, _answer(claim, refund_id))
        await unit.commit()
        return answer


def _cents(claim: Claim, wanted: NewRefund) -> int:
    if wanted.amount_cents is not None:
        return wanted.amount_cents
    assert wanted.pro_rata is not None
    cents = _share(claim, wanted.pro_rata).refunded_cents
    if cents == 0:
        raise Problem("nothing_left", 409, "No whole month is left to give back")
    return cents


def _share(claim: Claim, given_up: GivenUp) -> Share:
    """Raises Problem for what is no period."""
    try:
        return reductions.share_of(claim, Period(**given_up.model_dump()))
    except ValueError as error:
        raise Problem("period_impossible", 422, "This is no period", str(error)) from error


def _answer(claim: Claim, refund_id: UUID) -> dict[str, Any]:
    refund = claim.refunds[refund_id]
    return {
        "claim_id": claim.id, "refund_id": refund_id, "state": refund.state, "via": refund.via,
        "amount_cents": refund.amount_cents, "currency": refund.currency,
        "task_version": refund.task_version, "claim_state": claim.condition,
    }  # fmt: skip
