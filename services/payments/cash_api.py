"""HTTP of the counter: a claim by its number, cash taken for it, the till of the day, a mistake undone."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field

from services.payments import queries
from services.payments.books.overview import span_of
from services.payments.domain import cash
from services.payments.domain.cash import Taken
from services.payments.domain.claim import Claim
from services.payments.domain.money import CASH
from services.payments.own_case import somebody_elses
from shared.log.numbers import next_number
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
MOST: Final = 200
Reason = Literal["amount_mistyped", "wrong_claim", "not_handed_over"]
_FOUND: Final = """
SELECT claim_id FROM claim WHERE kassenzeichen = $1 OR case_number = $1
ORDER BY requested_at DESC, instalment LIMIT 20
"""
_ENTRIES: Final = """
SELECT m.claim_id, m.payment_id, min(m.booked_at) AS booked_at, max(m.reference) AS reference,
  sum(m.cents) FILTER (WHERE m.cents > 0)::bigint AS amount_cents, min(m.version) AS version,
  bool_or(m.cents < 0) AS voided, min(m.code) FILTER (WHERE m.cents < 0) AS reason,
  max(c.kassenzeichen) AS kassenzeichen, max(c.case_number) AS case_number
FROM movement m LEFT JOIN claim c ON c.claim_id = m.claim_id
WHERE m.provider = $1 AND m.kind IN ('payment', 'surplus') AND {}
GROUP BY m.claim_id, m.payment_id {} ORDER BY min(m.booked_at) DESC, m.payment_id DESC LIMIT $2
"""
_BEHIND: Final = """
HAVING $5::uuid IS NULL OR (min(m.booked_at), m.payment_id) <
  (SELECT min(a.booked_at), a.payment_id FROM movement a
   WHERE a.provider = $1 AND a.payment_id = $5 GROUP BY a.payment_id)
"""
_OF_CLAIM: Final = _ENTRIES.format("m.claim_id = $3", "")
_OF_DAY: Final = _ENTRIES.format("m.booked_at >= $3 AND m.booked_at < $4", _BEHIND)
_SUM: Final = """
SELECT coalesce(sum(cents), 0)::bigint FROM movement
WHERE provider = $1 AND booked_at >= $2 AND booked_at < $3
"""


class CashGiven(BaseModel):
    """The money on the table. Change is given for what is more than owed, unless `keep_all` says that all of
    it is meant."""

    model_config = ConfigDict(extra="forbid")

    given_cents: int = Field(ge=1, le=10**9)
    keep_all: bool = False


class Voiding(BaseModel):
    """Why the entry was a mistake."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


def cash_router(runtime: Runtime) -> APIRouter:
    """For treasurers and clerks; nobody books money for a claim of their own."""
    router = APIRouter(tags=["cash"])
    _lookups(router, runtime)
    _bookings(router, runtime)
    return router


def _lookups(router: APIRouter, runtime: Runtime) -> None:
    """Claims by their numbers, and what the till took."""

    @router.get("/cash/claims")
    async def find_claims(
        number: Annotated[str, Query(min_length=1, max_length=60)], _caller: CashOffice
    ) -> dict[str, Any]:
        """By Kassenzeichen or case number, the newest first; blanks and case do not matter."""
        wanted = "".join(number.split()).upper()
        rows = await runtime.pool.fetch(_FOUND, wanted)
        claims = [await runtime.unit().load(Claim, row["claim_id"]) for row in rows]
        day = _today(runtime)
        return {"claims": [await queries.claim_answer(runtime.pool, claim, day) for claim in claims]}

    @router.get("/cash/entries")
    async def list_entries(
        _caller: CashOffice,
        day: date | None = None,
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> dict[str, Any]:
        """What the till took on a day, by default today, the newest first; `sum_cents` is what should be in
        it of that day, `next` the `after` of the next page. A voided entry stays in the list."""
        wanted = day or _today(runtime)
        span = span_of(wanted, wanted, _zone(runtime))
        rows = await runtime.pool.fetch(_OF_DAY, CASH, limit + 1, *span, after)
        total = await runtime.pool.fetchval(_SUM, CASH, *span)
        shown = rows[:limit]
        return {
            "day": wanted, "sum_cents": total, "entries": _entries(runtime, shown),
            "next": str(shown[-1]["payment_id"]) if len(rows) > limit else None,
        }  # fmt: skip

    @router.get("/claims/{claim_id}/cash")
    async def list_entries_of_claim(claim_id: UUID, caller: CashOffice) -> dict[str, Any]:
        """What the till took for a claim, the newest first; `of_today` may be voided by somebody else than
        who booked it: not by the caller where it is `own`."""
        await runtime.unit().load(Claim, claim_id)
        entries = _entries(runtime, await runtime.pool.fetch(_OF_CLAIM, CASH, MOST, claim_id))
        actors = await _actors(runtime, claim_id)
        return {"entries": [{**one, "own": actors.get(one["version"]) == _actor(caller)} for one in entries]}


def _bookings(router: APIRouter, runtime: Runtime) -> None:
    """Cash taken, and a mistake undone."""

    @router.post("/claims/{claim_id}/cash", status_code=201)
    async def take_cash(
        claim_id: UUID, told: CashGiven, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """Books cash. `change_cents` goes back over the table, `version` names the receipt."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        cash.check(claim)
        reference = await _entry_number(runtime, claim)
        taken = cash.take(claim, reference, told.given_cents, keep_all=told.keep_all, now=unit.now)
        await unit.save(claim)
        answer = idempotency.remember_in(unit, 201, _answer(claim, reference, taken))
        await unit.commit()
        return answer

    @router.post("/claims/{claim_id}/cash/{payment_id}/voiding", status_code=201)
    async def void_entry(
        claim_id: UUID, payment_id: UUID, told: Voiding, caller: CashOffice, idempotency: IdempotentRequest
    ) -> Response:
        """Undoes an entry of today, of whose money nothing was given back, and that somebody else booked."""
        unit = runtime.unit_for(caller)
        claim = await somebody_elses(unit, claim_id, caller)
        cents = cash.void(claim, payment_id, told.reason, _zone(runtime), now=unit.now)
        booked_by = (await _actors(runtime, claim_id)).get(claim.payments[payment_id].version)
        if booked_by == _actor(caller):
            raise Problem("cash_of_ones_own", 409, "Who booked an entry does not void it")
        await unit.save(claim)
        said = {
            "claim_id": claim.id, "payment_id": payment_id, "voided_cents": cents, "state": claim.condition,
            "owed_cents": claim.owed_cents,
        }  # fmt: skip
        answer = idempotency.remember_in(unit, 201, said)
        await unit.commit()
        return answer


async def _actors(runtime: Runtime, claim_id: UUID) -> dict[int, str]:
    """Who caused each version of the claim."""
    recorded = await runtime.log.reader.stream(claim_id)
    return {one.event.originator_version: one.meta.actor for one in recorded}


def _actor(caller: Caller) -> str:
    return f"{caller.kind}:{caller.subject}"


def _zone(runtime: Runtime) -> ZoneInfo:
    return ZoneInfo(runtime.settings.city_time_zone)


def _today(runtime: Runtime) -> date:
    return runtime.clock.now().astimezone(_zone(runtime)).date()


def _entries(runtime: Runtime, rows: Any) -> Any:
    zone, today = _zone(runtime), _today(runtime)
    return jsonable_encoder(
        [{**dict(row), "of_today": row["booked_at"].astimezone(zone).date() == today} for row in rows]
    )


async def _entry_number(runtime: Runtime, claim: Claim) -> str:
    """The till's own, such as `BAR-26-000017`."""
    year = _today(runtime).year
    running = await next_number(runtime.pool, f"till-{year}", f"cash for claim {claim.id}")
    return f"BAR-{year % 100:02}-{running:06}"


def _answer(claim: Claim, reference: str, taken: Taken) -> dict[str, Any]:
    return {
        "claim_id": claim.id, "payment_id": taken.payment_id, "reference": reference,
        "recorded": taken.recorded.value, "booked_cents": taken.booked_cents,
        "change_cents": taken.change_cents, "state": claim.condition, "owed_cents": claim.owed_cents,
        "version": claim.payments[taken.payment_id].version,
    }  # fmt: skip
