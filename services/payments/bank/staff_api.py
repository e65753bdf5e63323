"""HTTP of the cash office for what the bank told and no program decides: sums matched again, payments taken
back, mandates that wait for a person, and what is missing in the account's statements.
"""

from dataclasses import asdict
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict

from services.payments.bank import storno
from services.payments.bank.assembly import Bank
from services.payments.bank.chain import Chain
from services.payments.bank.groups import Groups
from services.payments.bank.lookups import Lookups
from services.payments.bank.suspended import Suspended
from services.payments.bank.work import Work
from services.payments.domain.bank_item import BankItem
from services.payments.domain.claim import Claim
from services.payments.domain.mandate import Cleared, Ended, Mandate
from services.payments.own_case import refuse_own, somebody_elses
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
Treasurer = Annotated[Caller, Depends(require("treasurer"))]
MOST: Final = 200


class TakenBack(BaseModel):
    """The claim whose payment the bank took back."""

    model_config = ConfigDict(extra="forbid")

    claim_id: UUID


class Clearing(BaseModel):
    """Why the mandate may be used again."""

    model_config = ConfigDict(extra="forbid")

    reason: Cleared


class Ending(BaseModel):
    """Why the mandate has ended."""

    model_config = ConfigDict(extra="forbid")

    reason: Ended


def staff_routers(runtime: Runtime, bank: Bank) -> tuple[APIRouter, ...]:
    """All of it."""
    return (
        items_again_router(runtime, bank.groups, bank.lookups),
        suspended_router(runtime, Suspended(bank.lookups, bank.paying)),
        chain_router(bank.chain),
    )


def items_again_router(runtime: Runtime, groups: Groups, lookups: Lookups) -> APIRouter:
    """For treasurers and clerks; nobody takes a payment of their own back."""
    router = APIRouter(tags=["bank items"])

    @router.post("/bank-items/{item_id}/matching", status_code=201)
    async def match_bank_item(item_id: UUID, caller: CashOffice, idempotency: IdempotentRequest) -> Response:
        """A sum of debits is compared with its group once more; it is booked soon after, as from the bank."""
        unit = runtime.unit_for(caller)
        debits = await groups.ask(await unit.load(BankItem, item_id), unit)
        answer = idempotency.remember_in(unit, 201, {"item_id": str(item_id), "debits": debits})
        await unit.commit()
        return answer

    @router.post("/bank-items/{item_id}/reversal", status_code=201)
    async def take_payment_back(
        item_id: UUID, told: TakenBack, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """What the bank took back was this claim's payment: it is owed again."""
        work = Work(runtime.unit_for(caller))
        await somebody_elses(work.unit, told.claim_id, caller)
        item = await work.load(BankItem, item_id)
        claim = await work.load(Claim, told.claim_id)
        cents = -item.left_cents
        item.take_back(claim.id, now=work.unit.now)
        day = item.booked_on
        later = await lookups.allocated_behind(claim.id, cents, day) if day else ()
        payment_id = storno.payment_of(claim, cents, item.currency, later)
        if payment_id is None or not storno.take_back(work, claim, payment_id, item_id, cents):
            raise Problem("bank_item_no_payment", 409, "The claim has no such payment")
        await work.save()
        said = {
            "item_id": item.id, "claim_id": claim.id, "payment_id": payment_id, "state": claim.condition,
            "owed_cents": claim.owed_cents,
        }  # fmt: skip
        answer = idempotency.remember_in(work.unit, 201, jsonable_encoder(said))
        await work.unit.commit()
        return answer

    return router


def suspended_router(runtime: Runtime, suspended: Suspended) -> APIRouter:
    """For treasurers and clerks; nobody decides on a mandate of their own."""
    router = APIRouter(tags=["mandates"])

    @router.get("/suspended-mandates")
    async def list_suspended_mandates(
        _caller: CashOffice, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = 100
    ) -> Any:
        """What waits for a person, the oldest first; `suspended_for` is the bank's code."""
        return jsonable_encoder(await suspended.waiting(after, limit))

    @router.get("/suspended-mandates/{mandate_id}")
    async def read_suspended_mandate(mandate_id: UUID, caller: CashOffice) -> Any:
        """One, with its holder; `waits` for a person, `own` is the caller's."""
        found = await suspended.look(mandate_id)
        if found is None:
            raise Problem("not_found", 404, "There is no such mandate")
        return jsonable_encoder({**found, "own": caller.subject == str(found["account_id"])})

    @router.post("/suspended-mandates/{mandate_id}/clearing", status_code=201)
    async def clear_mandate(
        mandate_id: UUID, told: Clearing, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """Debits are allowed again: what falls due later is debited. What had failed its payer pays."""
        work = await _others(mandate_id, caller)
        await suspended.clear(work, mandate_id, told.reason)
        return await _answered(work, mandate_id, idempotency)

    @router.post("/suspended-mandates/{mandate_id}/ending", status_code=201)
    async def end_mandate(
        mandate_id: UUID, told: Ending, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """Nothing is debited under it any more; what was to be debited is to be paid otherwise."""
        work = await _others(mandate_id, caller)
        await suspended.end(work, mandate_id, told.reason)
        return await _answered(work, mandate_id, idempotency)

    async def _others(mandate_id: UUID, caller: Caller) -> Work:
        work = Work(runtime.unit_for(caller))
        refuse_own((await work.load(Mandate, mandate_id)).account_id, caller)
        return work

    async def _answered(work: Work, mandate_id: UUID, idempotency: IdempotentRequest) -> Response:
        state = (await work.load(Mandate, mandate_id)).condition
        await work.save()
        answer = idempotency.remember_in(work.unit, 201, {"mandate_id": str(mandate_id), "state": state})
        await work.unit.commit()
        return answer

    return router


def chain_router(chain: Chain) -> APIRouter:
    """For treasurers."""
    router = APIRouter(tags=["bank files"])

    @router.get("/bank-statements")
    async def read_bank_statements(_caller: Treasurer) -> Any:
        """`gaps`: where statements or pages are missing, or one opens with another balance than the one
        before it closed with. `balances`: the bank's last closing balance beside the books, by currency."""
        balances = [
            {**asdict(one), "difference_cents": one.difference_cents} for one in await chain.balances()
        ]
        return jsonable_encoder({"gaps": await chain.gaps(), "balances": balances})

    return router
