"""HTTP of the comparison with providers and bank: their statements in, differences by day out."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.encoders import jsonable_encoder

from services.payments.books.reconciling import Reconciling
from services.payments.books.statement_rows import StatementUnreadable, read_rows
from services.payments.books.treasury_api import From, days, today
from services.payments.domain.provider_account import StatementRefused
from services.payments.domain.reconciliation import Day, Ours
from shared.log import ReservationTaken, VersionConflict
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Treasurer = Annotated[Caller, Depends(require("treasurer"))]
LIMIT: Final = 2 * 1024 * 1024
"""Bytes of a statement."""
_TOLD_UNTIL: Final = "SELECT provider, told_until FROM provider_account"
_SEEN: Final = "SELECT EXISTS (SELECT FROM movement WHERE provider = $1)"


def reconciliation_router(
    runtime: Runtime, reconciling: Reconciling, providers: Collection[str]
) -> APIRouter:
    """For treasurers; `providers` are those set up, and retired ones are known by their money."""
    router = APIRouter(tags=["reconciliation"])
    _statements(router, runtime, reconciling, providers)
    _comparison(router, runtime, reconciling)
    return router


def _statements(
    router: APIRouter, runtime: Runtime, reconciling: Reconciling, providers: Collection[str]
) -> None:
    """What providers tell."""

    @router.post("/statements/{provider}", status_code=201)
    async def take_statement(
        provider: str, request: Request, caller: Treasurer, idempotency: IdempotentRequest
    ) -> Response:
        """Takes a provider's statement as CSV, in our shape or one that is set up for the provider; what was
        told before is passed over, fees are booked, payouts are on their way."""
        if provider not in providers and not await runtime.pool.fetchval(_SEEN, provider):
            raise Problem("provider_unknown", 404, "No such provider is set up here")
        content = await request.body()
        unit = runtime.unit_for(caller)
        try:
            currency, rows = read_rows(content, runtime.settings.statement_formats.get(provider, ()))
            taken = await reconciling.take(provider, currency, rows, content, unit)
        except StatementUnreadable as error:
            raise Problem(
                "statement_unreadable",
                422,
                "The statement cannot be read",
                str(error),
                line=error.line,
                reason=error.slug,
                word=error.word,
            ) from error
        except StatementRefused as refused:
            raise Problem(refused.slug, 409, "The statement is not taken", str(refused)) from refused
        said = {
            "rows": taken.rows, "new": taken.new, "known": taken.rows - taken.new,
            "fees_cents": taken.fees_cents, "told_until": taken.told_until,
        }  # fmt: skip
        answer = idempotency.remember_in(unit, 201, said)
        try:
            await unit.commit()
        except ReservationTaken as taken:
            raise VersionConflict("the provider told of one of these payments at this moment") from taken
        await reconciling.measure(today(runtime))
        return answer

    @router.get("/statements")
    async def list_accounts(_caller: Treasurer) -> dict[str, Any]:
        """Whose statements are taken, each with the last day that it has told of, null before the first."""
        told = {row["provider"]: row["told_until"] for row in await runtime.pool.fetch(_TOLD_UNTIL)}
        return {
            "providers": [
                {"provider": name, "told_until": told.get(name)} for name in sorted({*providers, *told})
            ]
        }


def _comparison(router: APIRouter, runtime: Runtime, reconciling: Reconciling) -> None:
    """What they tell beside our books."""

    @router.get("/reconciliation")
    async def read_reconciliation(
        _caller: Treasurer, from_: From = None, to: date | None = None, provider: str | None = None
    ) -> dict[str, Any]:
        """By provider and day; `difference_cents` is what they have more than our books, null where they have
        not told yet. `unknown_here` they told and we do not know, `unknown_there` the other way round."""
        first, last = days(runtime, from_, to)
        found = await reconciling.days(first, last, provider)
        return {
            "from": first, "to": last,
            "days": jsonable_encoder([_told(name, day) for name, day in found]),
        }  # fmt: skip


def _told(provider: str, day: Day) -> dict[str, Any]:
    return {
        "provider": provider, "day": day.day, "told": day.told, "ours_cents": day.ours_cents,
        "theirs_cents": day.theirs_cents, "difference_cents": day.difference_cents,
        "unknown_here": [
            {"reference": row.reference, "kind": row.kind, "amount_cents": row.cents}
            for row in day.unknown_here
        ],
        "unknown_there": [{**_named(one), "amount_cents": one.cents} for one in day.unknown_there],
        "differing": [
            {**_named(ours), "ours_cents": ours.cents, "theirs_cents": theirs.cents}
            for ours, theirs in day.differing
        ],
    }  # fmt: skip


def _named(one: Ours) -> dict[str, Any]:
    named = asdict(one)
    return {name: named[name] for name in ("reference", "kind", "claim_id", "kassenzeichen")}
