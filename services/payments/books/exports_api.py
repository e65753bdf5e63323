"""HTTP of the batches for the cash office: closed once, downloaded as often as wanted, the same bytes."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.encoders import jsonable_encoder

from services.payments.books.exporting import Exporting, FileDamaged, Format, answer_of
from services.payments.domain.booking_batch import BookingBatch, NothingToExport
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Treasurer = Annotated[Caller, Depends(require("treasurer"))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
MOST: Final = 200


def exports_router(runtime: Runtime, exporting: Exporting) -> APIRouter:
    """For treasurers."""
    router = APIRouter(prefix="/exports", tags=["exports"])

    @router.post("", status_code=201)
    async def close_batch(caller: Treasurer, idempotency: IdempotentRequest) -> Response:
        """Closes the next batch with the bookings that are in none yet.

        `more`: there are so many that another one can be closed at once; `held_back`: new ones wait for an
        older transaction to end, and for the next batch.
        """

        def closed(unit: Any, batch: BookingBatch, found: Any) -> Response:
            return idempotency.remember_in(unit, 201, answer_of(batch, found))

        try:
            answer: Response = await exporting.close(lambda: runtime.unit_for(caller), closed)
        except NothingToExport as nothing:
            raise Problem(nothing.slug, 409, "There is nothing to export", str(nothing)) from nothing
        return answer

    @router.get("")
    async def list_batches(
        _caller: Treasurer,
        after: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> dict[str, Any]:
        """The newest first; `next` is the `after` of the next page."""
        answer: dict[str, Any] = jsonable_encoder(await exporting.batches(after, limit))
        return answer

    @router.get("/{number}")
    async def read_batch(number: Number, _caller: Treasurer) -> dict[str, Any]:
        answer: dict[str, Any] = jsonable_encoder(await _batch(exporting, number))
        return answer

    @router.get("/{number}/{format}")
    async def download_batch(number: Number, format: Format, _caller: Treasurer) -> Response:
        """The file, byte for byte what it was when the batch was closed."""
        batch = await _batch(exporting, number)
        sha256 = batch["sha256"][format]
        try:
            content = await exporting.file(sha256)
        except FileDamaged as damaged:
            raise Problem("export_damaged", 500, "The stored file is not what it was") from damaged
        charset = batch["encoding"] if format == "csv" else "utf-8"
        media = "text/csv" if format == "csv" else "application/xml"
        headers = {
            "Content-Type": f"{media}; charset={charset}",
            "Content-Disposition": f'attachment; filename="{file_name(number, format)}"',
            "ETag": f'"{sha256}"',
        }
        return Response(content, headers=headers)

    return router


def file_name(number: int, format: Format) -> str:
    """Such as `buchungen-000001.csv`."""
    return f"buchungen-{number:06}.{format}"


async def _batch(exporting: Exporting, number: int) -> dict[str, Any]:
    batch = await exporting.batch(number)
    if batch is None:
        raise Problem("export_unknown", 404, "There is no batch of this number")
    return batch
