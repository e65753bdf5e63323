"""The treasurer's sums and lists, batches for the finance system, and the comparison with providers."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from gateway.api.caller import Treasurer
from gateway.api.cases import IdempotencyKey
from gateway.pages.documents import PASSED_ON
from gateway.pages.treasury import PURPOSE

router = APIRouter(tags=["treasury"])
From = Annotated[date | None, Query(alias="from")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]


@router.get("/treasury/summary")
async def read_summary(
    visit: Treasurer,
    by: Literal["service", "cost_object", "day", "method", "provider"] = "service",
    from_: From = None,
    to: date | None = None,
) -> Any:
    """Sums of a period by a key; both days are included, by default this year until today."""
    params = {"by": by, **_given({"from": from_, "to": to})}
    return await visit.get("payments", "/treasury/summary", purpose=PURPOSE, params=params)


@router.get("/treasury/{name}")
async def read_list(
    name: Literal["open-items", "payments", "refunds", "returns", "mandates"],
    visit: Treasurer,
    from_: From = None,
    to: date | None = None,
    service: Word = None,
    provider: Word = None,
    state: Word = None,
    overdue: bool | None = None,
    after: Annotated[str | None, Query(max_length=60)] = None,
    limit: Limit = 100,
) -> Any:
    """A list that goes on from a row: `next` is the `after` of the next page. What does not fit a list is
    passed over."""
    told = {"from": from_, "to": to, "service": service, "provider": provider, "state": state,
            "overdue": overdue, "after": after, "limit": limit}  # fmt: skip
    return await visit.get("payments", f"/treasury/{name}", purpose=PURPOSE, params=_given(told))


@router.get("/exports")
async def list_exports(
    visit: Treasurer, after: Annotated[int | None, Query(ge=1)] = None, limit: Limit = 100
) -> Any:
    """Closed batches, the newest first."""
    params = _given({"after": after, "limit": limit})
    return await visit.get("payments", "/exports", purpose=PURPOSE, params=params)


@router.post("/exports", status_code=201)
async def close_export(visit: Treasurer, idempotency_key: IdempotencyKey = None) -> Any:
    """Closes the next batch. 409 `nothing_to_export` where every booking is in one."""
    return await visit.post("payments", "/exports", purpose=PURPOSE, idempotency_key=idempotency_key)


@router.get("/exports/{number}/{format}")
async def download_export(number: Number, format: Literal["csv", "xml"], visit: Treasurer) -> Response:
    """The file as it was when the batch was closed."""
    path = f"/exports/{number}/{format}"
    answer = await visit.request_to("GET", "payments", path, purpose=PURPOSE)
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


@router.get("/reconciliation")
async def read_reconciliation(
    visit: Treasurer, from_: From = None, to: date | None = None, provider: Word = None
) -> Any:
    """By provider and day what they told, what the books say and what makes the difference."""
    params = _given({"from": from_, "to": to, "provider": provider})
    return await visit.get("payments", "/reconciliation", purpose=PURPOSE, params=params)


def _given(told: dict[str, Any]) -> dict[str, str]:
    """What was said, as a query writes it."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in told.items()
        if value is not None
    }
