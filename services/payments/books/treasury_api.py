"""HTTP of the treasurer's overview: sums and lists; amounts in integer cents, days in the city."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.encoders import jsonable_encoder

from services.payments.books import overview
from services.payments.books.overview import By, Span
from services.payments.refunds_api import States
from shared.service import Runtime
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Treasurer = Annotated[Caller, Depends(require("treasurer"))]
MOST: Final = 200
Limit = Annotated[int, Query(ge=1, le=MOST)]
From = Annotated[date | None, Query(alias="from")]
Place = Annotated[str | None, Query(pattern=r"^[0-9a-f-]{36}:[0-9]{1,9}$")]
MandateStates = Literal["proposed", "active", "suspended", "used_up", "revoked", "lapsed"]


def treasury_router(runtime: Runtime) -> APIRouter:
    """For treasurers. `from` and `to` are days, both included: by default this year until today."""
    router = APIRouter(prefix="/treasury", tags=["treasury"])
    _sums(router, runtime)
    _movements(router, runtime)
    return router


def _sums(router: APIRouter, runtime: Runtime) -> None:
    """Sums and what is open."""

    @router.get("/summary")
    async def read_summary(
        _caller: Treasurer, by: By = "service", from_: From = None, to: date | None = None,
        currency: Annotated[str, Query(pattern=r"^[A-Z]{3}$")] = "EUR",
    ) -> dict[str, Any]:  # fmt: skip
        """`{by, currency, from, to, rows: [{key, open_count, open_cents, overdue_cents, paid_count,
        paid_cents, surplus_cents, refunded_cents, returned_cents, fees_cents}]}`; `key` is empty where there
        is none. `open_…` and `overdue_…` are as of the last day, whenever claimed; all else is of the
        period."""
        first, last = days(runtime, from_, to)
        zone = runtime.settings.city_time_zone
        span = _span(runtime, first, last)
        rows = await overview.summary(runtime.pool, by, span, zone, today(runtime), currency)
        return {"by": by, "currency": currency, "from": first, "to": last, "rows": rows}

    @router.get("/open-items")
    async def list_open_items(
        _caller: Treasurer, service: str | None = None, overdue: bool = False, after: UUID | None = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:  # fmt: skip
        """`{open_items: [{claim_id, case_id, kassenzeichen, service, cost_object, amount_cents, owed_cents,
        currency, requested_at, pay_by, overdue}], next}`: the oldest first, `next` is the next `after`."""
        found = await overview.open_items(
            runtime.pool, today(runtime), service=service, overdue=overdue, after=after, limit=limit
        )
        return _encoded(found)


def _movements(router: APIRouter, runtime: Runtime) -> None:
    """What came, went back and was returned."""

    @router.get("/payments")
    async def list_payments(
        _caller: Treasurer, provider: str | None = None, from_: From = None, to: date | None = None,
        after: Place = None, limit: Limit = 100,
    ) -> dict[str, Any]:  # fmt: skip
        """`{payments: [{stream_id, version, kind (payment|surplus), claim_id, payment_id, kassenzeichen,
        service, cost_object, provider, method, reference, code, amount_cents, charges_cents, currency,
        booked_at}], next}`: the newest first."""
        span = _span(runtime, *days(runtime, from_, to))
        found = await overview.payments(
            runtime.pool, span, provider=provider, after=_place(after), limit=limit
        )
        return _encoded(found)

    @router.get("/returns")
    async def list_returns(
        _caller: Treasurer, provider: str | None = None, from_: From = None, to: date | None = None,
        after: Place = None, limit: Limit = 100,
    ) -> dict[str, Any]:  # fmt: skip
        """`{returns: […], next}` with the same columns; `amount_cents` is what was taken back, positive."""
        span = _span(runtime, *days(runtime, from_, to))
        found = await overview.returns(
            runtime.pool, span, provider=provider, after=_place(after), limit=limit
        )
        return _encoded(found)

    @router.get("/refunds")
    async def list_refunds(
        _caller: Treasurer, state: States | None = None, from_: From = None, to: date | None = None,
        after: UUID | None = None, limit: Limit = 100,
    ) -> dict[str, Any]:  # fmt: skip
        """`{refunds: [{refund_id, claim_id, payment_id, kassenzeichen, service, cost_object, amount_cents,
        currency, reason, via, state, requested_at, changed_at}], next}`: the newest first."""
        span = _span(runtime, *days(runtime, from_, to))
        found = await overview.refunds(runtime.pool, span, state=state, after=after, limit=limit)
        return _encoded(found)

    @router.get("/mandates")
    async def list_mandates(
        _caller: Treasurer, state: MandateStates | None = None, after: UUID | None = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:  # fmt: skip
        """`{mandates: [{mandate_id, account_id, reference, kind, state, signed_on, last_used_on,
        proposed_at}], next}`: the newest first, without account and holder."""
        return _encoded(await overview.mandates(runtime.pool, state=state, after=after, limit=limit))


def today(runtime: Runtime) -> date:
    """The day in the city."""
    return runtime.clock.now().astimezone(ZoneInfo(runtime.settings.city_time_zone)).date()


def days(runtime: Runtime, first: date | None, last: date | None) -> tuple[date, date]:
    """Both included. Raises Problem where there are none, or more than ten years of them."""
    last = last or today(runtime)
    first = first or date(last.year, 1, 1)
    if not date(2000, 1, 1) <= first <= last < date(9000, 1, 1) or (last - first).days > 3660:
        raise Problem("period_impossible", 422, "This is no period")
    return first, last


def _span(runtime: Runtime, first: date, last: date) -> Span:
    return overview.span_of(first, last, ZoneInfo(runtime.settings.city_time_zone))


def _place(named: str | None) -> tuple[UUID, int] | None:
    if named is None:
        return None
    stream_id, _, version = named.partition(":")
    try:
        return UUID(stream_id), int(version)
    except ValueError:
        raise Problem("invalid", 422, "This names no row") from None


def _encoded(found: dict[str, Any]) -> dict[str, Any]:
    encoded: dict[str, Any] = jsonable_encoder(found)
    return encoded
