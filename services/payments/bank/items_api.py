"""HTTP of the cash office for what the bank booked and no claim has: looked at, allocated, or sent back."""

import json
from collections.abc import Collection
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field

from services.payments.bank.payouts_api import payout_providers
from services.payments.bank.projections import BANK_ITEMS
from services.payments.domain.bank_item import BankItem
from services.payments.domain.money import BANK, Receipt, Recorded
from services.payments.own_case import somebody_elses
from shared.keys import SealBroken
from shared.log import Unit
from shared.log.projection import row_aad
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
MOST: Final = 200
TRANSFER: Final = "bank_transfer"

_COLUMNS: Final = (
    "item_id, statement_id, file_id, cents, currency, booked_on, outcome, claim_id, proposals, since, "
    "detail, proposed_voucher, proposed_by, proposed_at, provider, proposed_provider, batch, "
    "coalesce(left_cents, cents) AS left_cents, reversal"
)
_WAITING: Final = f"""
SELECT {_COLUMNS} FROM bank_item WHERE outcome IN ('proposed', 'unallocated', 'repeated')
  AND ($1::uuid IS NULL OR (since, item_id) > (SELECT since, item_id FROM bank_item WHERE item_id = $1))
ORDER BY since, item_id LIMIT $2
"""  # noqa: S608
_ONE: Final = f"SELECT {_COLUMNS} FROM bank_item WHERE item_id = $1"  # noqa: S608


class Allocation(BaseModel):
    """The claim that the money is for."""

    model_config = ConfigDict(extra="forbid")

    claim_id: UUID


class SendingBack(BaseModel):
    """The number of the voucher that shows what was done with money that is nobody's here."""

    model_config = ConfigDict(extra="forbid")

    voucher: str = Field(max_length=60)


class ReturnDecision(BaseModel):
    """What the second person read: the voucher's number, and `cents` of the payment as the bank booked it."""

    model_config = ConfigDict(extra="forbid")

    voucher: str = Field(max_length=60)
    cents: int = Field(ge=-(10**12), le=10**12)


def items_router(runtime: Runtime, providers: Collection[str]) -> APIRouter:
    """For treasurers and clerks; nobody allocates money to a claim of their own. `providers` are set up."""
    router = APIRouter(tags=["bank items"])
    _lists(router, runtime, providers)
    _allocation(router, runtime)
    _sending_back(router, runtime)
    return router


def _lists(router: APIRouter, runtime: Runtime, providers: Collection[str]) -> None:
    """What waits for a person."""

    @router.get("/bank-items")
    async def list_bank_items(
        _caller: CashOffice, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = 100
    ) -> dict[str, Any]:
        """What waits for a person, the oldest first; `next` is the `after` of the next page."""
        rows = await runtime.pool.fetch(_WAITING, after, limit + 1)
        known = await payout_providers(runtime, providers)
        items = [await _answer(runtime, row, known) for row in rows[:limit]]
        return {"items": items, "next": items[-1]["item_id"] if len(rows) > limit else None}

    @router.get("/bank-items/{item_id}")
    async def read_bank_item(item_id: UUID, _caller: CashOffice) -> dict[str, Any]:
        row = await runtime.pool.fetchrow(_ONE, item_id)
        if row is None:
            raise Problem("not_found", 404, "There is no such payment")
        return await _answer(runtime, row, await payout_providers(runtime, providers))


def _allocation(router: APIRouter, runtime: Runtime) -> None:
    """Money that a claim has been found for."""

    @router.post("/bank-items/{item_id}/allocation", status_code=201)
    async def allocate_bank_item(
        item_id: UUID, told: Allocation, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """The money counts for the claim, in one commit; what is too much of it is the claim's surplus."""
        unit = runtime.unit_for(caller)
        item = await unit.load(BankItem, item_id)
        claim = await somebody_elses(unit, told.claim_id, caller)
        if item.currency != claim.currency:
            raise Problem("currency_differs", 409, "The claim is in another currency")
        item.allocate(claim.id, now=unit.now)
        receipt = Receipt(BANK, TRANSFER, str(item.id), item.left_cents, item.currency)
        recorded = claim.record_receipt(receipt, now=unit.now)
        if recorded is Recorded.DUPLICATE:
            raise Problem("receipt_known", 409, "The claim has a receipt of this payment already")
        await unit.save(item)
        await unit.save(claim)
        said = {
            "item_id": item.id, "claim_id": claim.id, "recorded": recorded.value, "state": claim.condition,
            "owed_cents": claim.owed_cents, "payment_id": claim.receipt_id(BANK, str(item.id)),
        }  # fmt: skip
        answer = idempotency.remember_in(unit, 201, jsonable_encoder(said))
        await unit.commit()
        return answer


def _sending_back(router: APIRouter, runtime: Runtime) -> None:
    """Money that no claim is found for; above the limit two people decide it."""

    @router.post("/bank-items/{item_id}/sending-back", status_code=201)
    async def send_bank_item_back(
        item_id: UUID, told: SendingBack, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """Records that the money was sent back, or booked where it belongs; above the limit for refunds
        (`outcome` is then `return_proposed`) once a second person agrees."""
        unit = runtime.unit_for(caller)
        item = await unit.load(BankItem, item_id)
        alone = abs(item.left_cents) <= runtime.settings.refund_limit_cents
        if alone:
            item.send_back(told.voucher, now=unit.now)
        else:
            item.propose_return(told.voucher, caller.subject, now=unit.now)
        return await _saved(unit, item, "sent_back" if alone else "return_proposed", idempotency)

    @router.post("/bank-items/{item_id}/sending-back/{word}", status_code=201)
    async def decide_return(
        item_id: UUID, word: Literal["approval", "refusal"], read: ReturnDecision, caller: CashOffice,
        idempotency: IdempotentRequest,
    ) -> Response:  # fmt: skip
        """The second person's word on what they have read: it is booked, or the money waits as it did."""
        unit = runtime.unit_for(caller)
        item = await unit.load(BankItem, item_id)
        agreed = word == "approval"
        decide = item.confirm_return if agreed else item.decline_return
        decide(read.voucher, read.cents, caller.subject, now=unit.now)
        return await _saved(unit, item, "sent_back" if agreed else "waiting", idempotency)


async def _saved(unit: Unit, item: BankItem, outcome: str, idempotency: Any) -> Response:
    await unit.save(item)
    answer: Response = idempotency.remember_in(unit, 201, {"item_id": str(item.id), "outcome": outcome})
    await unit.commit()
    return answer


async def _answer(runtime: Runtime, row: Any, known: list[str]) -> dict[str, Any]:
    """Who paid and what for is told while the file's key is there; `payout_providers` are those whose payout
    it may be said to be."""
    said = {name: value for name, value in row.items() if name not in ("detail", "proposals")}
    name = iban = text = None
    key = await runtime.keys.find(row["file_id"]) if row["detail"] is not None else None
    if key is not None:
        try:
            opened = key.open(row["detail"], row_aad(BANK_ITEMS, (str(row["item_id"]),), "detail"))
            name, iban, text = json.loads(opened)
        except SealBroken:
            pass
    proposals = [one for one in (row["proposals"] or "").split(",") if one]
    answer: dict[str, Any] = jsonable_encoder({
        **said, "proposals": proposals, "name": name, "iban": iban, "text": text, "payout_providers": known,
    })  # fmt: skip
    return answer
