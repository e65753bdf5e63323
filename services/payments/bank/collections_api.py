"""HTTP of the treasurer for the files of debits that were made for the bank: seen, and downloaded."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.encoders import jsonable_encoder

from services.payments.bank.filed import Filed
from services.payments.bank.files import FileDamaged, FileUnknown
from shared.keys import KeyDestroyed
from shared.service import Runtime
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Treasurer = Annotated[Caller, Depends(require("treasurer"))]
MOST: Final = 200


def collections_router(runtime: Runtime, filed: Filed) -> APIRouter:
    """For treasurers."""
    router = APIRouter(prefix="/collections", tags=["collections"])

    @router.get("")
    async def list_collections(
        _caller: Treasurer, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = 50
    ) -> dict[str, Any]:
        """The newest first; `next` is the `after` of the next page. `unanswered` debits have neither a credit
        nor a return though their day is long past."""
        answer: dict[str, Any] = jsonable_encoder(await filed.latest(after, limit, runtime.unit()))
        return answer

    @router.get("/{collection_id}")
    async def read_collection(collection_id: UUID, _caller: Treasurer) -> Any:
        """With what the bank books as one sum, and how many debits are in which state."""
        found = await filed.look(collection_id, runtime.unit())
        if found is None:
            raise _unknown()
        return jsonable_encoder(found)

    @router.get("/{collection_id}/file")
    async def download_collection(collection_id: UUID, _caller: Treasurer) -> Response:
        """The file, byte for byte as the bank has it."""
        try:
            file = await filed.file(collection_id, runtime.unit())
        except (KeyDestroyed, FileUnknown) as gone:
            raise Problem("file_forgotten", 410, "This file was here, more than ten years ago") from gone
        except FileDamaged as damaged:
            raise Problem("file_damaged", 500, "The stored file is not what it was") from damaged
        if file is None:
            raise _unknown()
        headers = {
            "Content-Type": "application/xml",
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "ETag": f'"{file.sha256}"',
        }
        return Response(file.content, headers=headers)

    return router


def _unknown() -> Problem:
    return Problem("not_found", 404, "There is no such file of debits")
