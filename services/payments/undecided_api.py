"""HTTP of attempts that their providers left undecided: found out by one person, confirmed by another."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field

from services.payments.attempts import Attempts
from services.payments.domain import undecided
from services.payments.domain.claim import Claim
from services.payments.domain.money import Recorded
from services.payments.domain.refusals import UnknownAttempt
from services.payments.domain.undecided import Found
from services.payments.own_case import somebody_elses
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.tokens import Caller, require

CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
MOST: Final = 200
_COLUMNS: Final = """
SELECT a.attempt_id, a.claim_id, a.method, a.provider, a.reference, a.amount_cents, c.currency, a.state,
  a.opened_at, a.left_at, a.found, a.voucher, a.found_by, a.found_at, c.kassenzeichen, c.case_number
FROM attempt a JOIN claim c USING (claim_id)
"""
_WAITING: Final = f"""{_COLUMNS}
WHERE a.left_at IS NOT NULL AND a.state IN ('started', 'approved', 'unclear')
  AND ($1::uuid IS NULL OR (a.left_at, a.attempt_id) >
    (SELECT b.left_at, b.attempt_id FROM attempt b WHERE b.attempt_id = $1))
ORDER BY a.left_at, a.attempt_id LIMIT $2
"""  # noqa: S608
_ONE: Final = f"{_COLUMNS} WHERE a.attempt_id = $1 AND a.left_at IS NOT NULL"


class NewFinding(BaseModel):
    """What a person saw at the provider's, and the number of the voucher that shows it."""

    model_config = ConfigDict(extra="forbid")

    found: Found
    voucher: str = Field(max_length=60)


class FindingDecision(BaseModel):
    """The finding that the second person read."""

    model_config = ConfigDict(extra="forbid")

    found: Found


def undecided_router(runtime: Runtime, attempts: Attempts) -> APIRouter:
    """For treasurers and clerks; nobody says of a claim of their own that it is paid."""
    router = APIRouter(tags=["undecided attempts"])
    _lists(router, runtime)
    _findings(router, runtime, attempts)
    return router


def _lists(router: APIRouter, runtime: Runtime) -> None:
    """What waits for somebody who looks, or for the second person."""

    @router.get("/undecided-attempts")
    async def list_undecided(
        _caller: CashOffice, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = 100
    ) -> dict[str, Any]:
        """What providers left undecided, the oldest first; `next` is the `after` of the next page."""
        rows = await runtime.pool.fetch(_WAITING, after, limit + 1)
        found = [dict(row) for row in rows[:limit]]
        return {
            "attempts": jsonable_encoder(found),
            "next": str(found[-1]["attempt_id"]) if len(rows) > limit else None,
        }

    @router.get("/undecided-attempts/{attempt_id}")
    async def read_undecided(attempt_id: UUID, _caller: CashOffice) -> Any:
        row = await runtime.pool.fetchrow(_ONE, attempt_id)
        if row is None:
            raise UnknownAttempt(str(attempt_id))
        return jsonable_encoder(dict(row))


def _findings(router: APIRouter, runtime: Runtime, attempts: Attempts) -> None:
    """What was found, and the second person's word on it."""

    @router.post("/claims/{claim_id}/attempts/{attempt_id}/finding", status_code=201)
    async def propose_finding(
        claim_id: UUID, attempt_id: UUID, told: NewFinding, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """Says what was found at the provider's; a second person has to confirm it."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        undecided.propose(claim, attempt_id, told.found, told.voucher, caller.subject, now=unit.now)
        await unit.save(claim)
        answer = idempotency.remember_in(unit, 201, _answer(claim, attempt_id, "waiting"))
        await unit.commit()
        return answer

    @router.post("/claims/{claim_id}/attempts/{attempt_id}/finding/approval", status_code=201)
    async def confirm_finding(
        claim_id: UUID,
        attempt_id: UUID,
        told: FindingDecision,
        caller: CashOffice,
        idempotency: IdempotentRequest,
    ) -> Response:
        """The second person confirms it: what was paid is booked, what was not frees the claim."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        until = attempts.provisional_until(claim.attempt(attempt_id).method)
        result = undecided.confirm(
            claim, attempt_id, told.found, caller.subject, provisional_until=until, now=unit.now
        )
        if result is Recorded.SURPLUS and attempts.give_back is not None:
            attempts.give_back(claim, unit)
        await unit.save(claim)
        answer = idempotency.remember_in(unit, 201, _answer(claim, attempt_id, result.value))
        await unit.commit()
        return answer

    @router.post("/claims/{claim_id}/attempts/{attempt_id}/finding/refusal", status_code=201)
    async def decline_finding(
        claim_id: UUID,
        attempt_id: UUID,
        told: FindingDecision,
        caller: CashOffice,
        idempotency: IdempotentRequest,
    ) -> Response:
        """The second person does not confirm it; the attempt is as undecided as it was."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        undecided.decline(claim, attempt_id, told.found, caller.subject, now=unit.now)
        await unit.save(claim)
        answer = idempotency.remember_in(unit, 201, _answer(claim, attempt_id, "declined"))
        await unit.commit()
        return answer


def _answer(claim: Claim, attempt_id: UUID, recorded: str) -> dict[str, Any]:
    return {
        "claim_id": claim.id, "attempt_id": attempt_id, "recorded": recorded,
        "attempt_state": claim.attempt(attempt_id).state, "state": claim.condition,
        "owed_cents": claim.owed_cents,
    }  # fmt: skip
