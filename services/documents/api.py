"""HTTP of documents, for who holds them and for the town hall. Another's is 404 like an unknown one."""

from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel

from services.documents.composing import Composer
from services.documents.domain.document import PERMIT, RECEIPT, Document, receipt_edition
from services.documents.domain.document import document_id as document_id_of
from services.documents.issuing import file_aad
from services.documents.projections import ACCESSES
from services.documents.queries import accesses_of, accesses_of_account, document_of, documents_of, shown
from services.documents.store import ObjectMissing, ObjectStore
from services.documents.verification import StatusListKeeper
from services.documents.wording import FILE_NAMES
from shared.ids import new_id
from shared.keys import DataKey
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import AnyCaller, Caller, require

Reader = Annotated[Caller, Depends(require("citizen", "clerk", "treasurer"))]
Citizen = Annotated[Caller, Depends(require("citizen"))]
CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
BY_HOLDER = frozenset({"moved_away", "vehicle_given_up", "at_own_wish"})
"""Why somebody may give up a permit of their own."""
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class Revocation(BaseModel):
    """Why a document no longer holds."""

    reason: Literal["moved_away", "vehicle_given_up", "wrongly_granted", "misused", "lost", "at_own_wish"]


def router(
    runtime: Runtime, store: ObjectStore, composer: Composer, status_list: StatusListKeeper
) -> APIRouter:
    """Documents: list, look, download, revoke."""
    routes = APIRouter(tags=["documents"])

    @routes.get("/documents")
    async def list_documents(caller: Reader, case_id: UUID | None = None) -> dict[str, Any]:
        """One's own, the newest first; a clerk sees those of any case."""
        anybody = case_id is not None and "clerk" in caller.roles
        rows = await documents_of(runtime.pool, case_id, None if anybody else caller.account_id)
        today = composer.today(runtime.clock.now())
        return {"documents": [shown(row, today) for row in rows]}

    @routes.get("/documents/{document_id}")
    async def look_at(document_id: UUID, caller: Reader) -> dict[str, Any]:
        row = await _row_for(runtime, caller, document_id)
        return shown(row, composer.today(runtime.clock.now()))

    @routes.get("/documents/{document_id}/content", response_class=Response)
    async def download(document_id: UUID, caller: Reader) -> Response:
        """The sealed PDF. 410 `erased` once the citizen's key is destroyed."""
        row = await _row_for(runtime, caller, document_id)
        key = await _key_for(runtime, row)
        try:
            sealed = await store.get(row["store_key"])
        except ObjectMissing:  # erased a moment ago, and the key still in this process's cache?
            runtime.keys.forget(row["account_id"])
            await _key_for(runtime, row)
            raise
        if not _owns(caller, row):
            await _record_access(runtime, caller, document_id)
        pdf = key.open(sealed, file_aad(document_id, row["sha256"]))
        name = f"{FILE_NAMES[row['kind']]}_{row['number']}.pdf"
        headers = {
            **PRIVATE,
            "Content-Disposition": f'attachment; filename="{name}"',
            "ETag": f'"{row["sha256"]}"',
        }
        return Response(pdf, media_type="application/pdf", headers=headers)

    @routes.post("/documents/{document_id}/revocation")
    async def revoke(
        document_id: UUID, given: Revocation, caller: Reader, idempotency: IdempotentRequest
    ) -> Response:
        """A clerk takes a document back; who holds a permit may give it up."""
        unit = runtime.unit_for(caller)
        document = await unit.load(Document, document_id)
        _check_revoking(caller, document, given.reason)
        document.revoke(given.reason, now=unit.now)
        answer = {"document_id": document.id, "number": document.number, "status": document.condition}
        response = idempotency.remember_in(unit, 200, answer)
        await unit.save(document)
        await unit.commit()
        status_list.forget()
        return response

    _add_receipts(routes, runtime, composer)
    _add_readings(routes, runtime)
    return routes


def _add_receipts(routes: APIRouter, runtime: Runtime, composer: Composer) -> None:
    """What the counter prints."""

    @routes.get("/cases/{case_id}/claims/{claim_id}/receipts/{version}")
    async def look_at_receipt(
        case_id: UUID, claim_id: UUID, version: Annotated[int, Path(ge=1, le=2**31 - 1)], _caller: CashOffice
    ) -> dict[str, Any]:
        """The receipt of a claim's version; 404 until it is issued."""
        row = await document_of(
            runtime.pool, document_id_of(case_id, RECEIPT, receipt_edition(claim_id, version))
        )
        if row is None:
            raise not_found()
        return shown(row, composer.today(runtime.clock.now()))


def _add_readings(routes: APIRouter, runtime: Runtime) -> None:
    """Who read one's own documents."""

    @routes.get("/documents/{document_id}/accesses")
    async def who_read(document_id: UUID, caller: Citizen) -> dict[str, Any]:
        """Who of the town hall opened one's own document."""
        row = await _row_for(runtime, caller, document_id)
        if not _owns(caller, row):
            raise not_found()
        return {"accesses": await accesses_of(runtime.pool, document_id)}

    @routes.get("/accesses")
    async def who_read_mine(caller: AnyCaller) -> dict[str, Any]:
        """Readings of any of one's own documents by the town hall, the newest first."""
        return {"accesses": await accesses_of_account(runtime.pool, caller.account_id)}


def not_found() -> Problem:
    return Problem("not_found", 404, "There is no such thing here")


async def _key_for(runtime: Runtime, row: asyncpg.Record) -> DataKey:
    key = await runtime.keys.find(row["account_id"])
    if key is None:
        raise Problem("erased", 410, "The document was erased with the citizen's data")
    return key


def _owns(caller: Caller, row: asyncpg.Record) -> bool:
    return caller.kind == "account" and caller.account_id == row["account_id"]


async def _row_for(runtime: Runtime, caller: Caller, document_id: UUID) -> asyncpg.Record:
    row = await document_of(runtime.pool, document_id)
    if row is None or not (_owns(caller, row) or _may_work_with(caller, row["kind"])):
        raise not_found()
    return row


def _check_revoking(caller: Caller, document: Document, reason: str) -> None:
    """Raises Problem."""
    if "clerk" in caller.roles:
        return
    if caller.kind != "account" or caller.account_id != document.account_id:
        raise not_found()
    if document.kind != PERMIT or reason not in BY_HOLDER:
        raise Problem("document_not_revocable", 409, "Who holds this document cannot give it up so")


def _may_work_with(caller: Caller, kind: str) -> bool:
    """Clerks with any document, treasurers with receipts."""
    return "clerk" in caller.roles or ("treasurer" in caller.roles and kind == RECEIPT)


async def _record_access(runtime: Runtime, caller: Caller, document_id: UUID) -> None:
    """Writes down who reads a citizen's document, before it is handed out."""
    unit = runtime.unit_for(caller)
    seen = {"document_id": document_id, "reader": "clerk", "purpose": caller.purpose, "read_at": unit.now}
    unit.put(ACCESSES, (str(new_id()),), seen)
    await unit.commit()
