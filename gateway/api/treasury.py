"""The treasurer's sums and lists, batches for the finance system, and the comparison with providers."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.api.caller import Treasurer
from gateway.api.cases import IdempotencyKey
from gateway.pages.documents import PASSED_ON
from gateway.pages.treasury import PURPOSE

router = APIRouter(tags=["treasury"])
FILE: Final = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}
}
"""How a body that is a file is described."""
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


@router.get("/numbers")
async def list_numbers(
    visit: Treasurer,
    year: Annotated[int, Query(ge=2000, le=2099)],
    after: Annotated[str | None, Query(max_length=30)] = None,
    limit: Limit = 200,
) -> Any:
    """Each Kassenzeichen of a year: what it was given for, and why no claim bears it; `next` is the next
    `after`."""
    params = _given({"year": year, "after": after, "limit": limit})
    return await visit.get("payments", "/numbers", purpose=PURPOSE, params=params)


@router.get("/exports")
async def list_exports(
    visit: Treasurer, after: Annotated[int | None, Query(ge=1, lt=2**63)] = None, limit: Limit = 100
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
    return await _file(visit, f"/exports/{number}/{format}")


@router.get("/collections")
async def list_collections(
    visit: Treasurer, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Any:
    """Files of debits that were made for the bank, the newest first. 404 where the city has no account set
    up."""
    params = _given({"after": after, "limit": limit})
    return await visit.get("payments", "/collections", purpose=PURPOSE, params=params)


@router.get("/collections/{collection_id}")
async def read_collection(collection_id: UUID, visit: Treasurer) -> Any:
    """One with its groups, and how many of its debits are in which state."""
    return await visit.get("payments", f"/collections/{collection_id}", purpose=PURPOSE)


@router.get("/collections/{collection_id}/file")
async def download_collection(collection_id: UUID, visit: Treasurer) -> Response:
    """The file, byte for byte as the bank has it."""
    return await _file(visit, f"/collections/{collection_id}/file")


@router.get("/bank-files")
async def list_bank_files(visit: Treasurer, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Any:
    """What came from the bank, the newest first. 404 where the city has no account set up."""
    return await visit.get("payments", "/bank-files", purpose=PURPOSE, params={"limit": str(limit)})


@router.get("/bank-files/{file_id}")
async def read_bank_file(file_id: UUID, visit: Treasurer) -> Any:
    """How far a file is in the books, and what became of its payments."""
    return await visit.get("payments", f"/bank-files/{file_id}", purpose=PURPOSE)


@router.get("/bank-statements")
async def read_bank_statements(visit: Treasurer) -> Any:
    """`gaps`: what is missing in the account's statements; `balances`: the bank's beside the books."""
    return await visit.get("payments", "/bank-statements", purpose=PURPOSE)


@router.post("/bank-files", status_code=201, openapi_extra=FILE)
async def bring_bank_file(
    request: Request,
    visit: Treasurer,
    name: Annotated[str, Query(min_length=1, max_length=120)] = "upload.xml",
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Takes camt.053, camt.054 or pain.002 as the body; `known` where this very file was there before."""
    return await _brought(visit, "/bank-files", await request.body(), idempotency_key, {"name": name})


@router.get("/statements")
async def list_accounts(visit: Treasurer) -> Any:
    """Providers whose statements are taken, each with the last day that it has told of."""
    return await visit.get("payments", "/statements", purpose=PURPOSE)


@router.post("/statements/{provider}", status_code=201, openapi_extra=FILE)
async def bring_statement(
    provider: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")],
    request: Request,
    visit: Treasurer,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Takes a provider's settlement, CSV as the body; what was told before is passed over."""
    return await _brought(visit, f"/statements/{provider}", await request.body(), idempotency_key)


@router.get("/reconciliation")
async def read_reconciliation(
    visit: Treasurer, from_: From = None, to: date | None = None, provider: Word = None
) -> Any:
    """By provider and day what they told, what the books say and what makes the difference."""
    params = _given({"from": from_, "to": to, "provider": provider})
    return await visit.get("payments", "/reconciliation", purpose=PURPOSE, params=params)


async def _file(visit: Treasurer, path: str) -> Response:
    answer = await visit.request_to("GET", "payments", path, purpose=PURPOSE)
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


async def _brought(
    visit: Treasurer, path: str, content: bytes, key: str | None, params: dict[str, str] | None = None
) -> Any:
    answer = await visit.request_to(
        "POST", "payments", path, purpose=PURPOSE, content=content, params=params, idempotency_key=key
    )
    return answer.json()


def _given(told: dict[str, Any]) -> dict[str, str]:
    """What was said, as a query writes it."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in told.items()
        if value is not None
    }
