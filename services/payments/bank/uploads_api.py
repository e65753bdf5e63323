"""HTTP of the treasurer for the bank's files: brought by a person, and what became of them."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.encoders import jsonable_encoder

from services.payments.bank.uploading import AnswerToNothing, FileForgotten, Uploading
from services.payments.domain.bank_statement import StatementRefused
from services.payments.sepa.xml_reading import XmlRefused
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Treasurer = Annotated[Caller, Depends(require("treasurer"))]
LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a file that a person brings; a statement of 10,000 entries has about 15 MB."""
NAME: Final = r"^[^/\\\x00-\x1f\x7f.][^/\\\x00-\x1f\x7f]{0,119}$"


def uploads_router(runtime: Runtime, uploading: Uploading) -> APIRouter:
    """For treasurers."""
    router = APIRouter(tags=["bank files"])

    @router.get("/bank-files")
    async def list_bank_files(
        _caller: Treasurer, limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> dict[str, Any]:
        """What came from the bank, the newest first: by its folder, or brought by a person."""
        return {"files": jsonable_encoder(await uploading.latest(limit))}

    @router.get("/bank-files/{file_id}")
    async def read_bank_file(file_id: UUID, _caller: Treasurer) -> Any:
        """How far a file is in the books, and what became of its payments."""
        found = await uploading.look(file_id)
        if found is None:
            raise Problem("not_found", 404, "There is no such file")
        return jsonable_encoder(found)

    @router.post("/bank-files", status_code=201)
    async def bring_bank_file(
        request: Request, caller: Treasurer, idempotency: IdempotentRequest,
        name: Annotated[str, Query(pattern=NAME)] = "upload.xml",
    ) -> Response:  # fmt: skip
        """Takes camt.053, camt.054 or pain.002 as the body; `known` where this very file was there before."""
        content = await request.body()
        if not content.strip():
            raise Problem("file_empty", 422, "There is nothing in the file")
        unit = runtime.unit_for(caller)
        try:
            file_id, known = await uploading.bring(name, content, unit)
        except XmlRefused as refused:
            slug = f"file_{refused.reason.value}"
            raise Problem(slug, 422, "The file cannot be read", line=refused.line) from refused
        except StatementRefused as refused:
            raise Problem(refused.slug, 409, "The statement is not taken", str(refused)) from refused
        except AnswerToNothing as refused:
            raise Problem("answer_to_nothing", 409, "No file of ours has this answer") from refused
        except FileForgotten as refused:
            raise Problem("file_forgotten", 409, "This file was here, more than ten years ago") from refused
        answer = idempotency.remember_in(unit, 201, {"file_id": str(file_id), "known": known})
        await unit.commit()
        return answer

    return router
