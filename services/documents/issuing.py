"""An ordered document made: read the case, compose, render, seal, encrypt, store; only then is it issued.

May be repeated at any point: the id is derived, the number kept, and a document that is there ends the order.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError

from services.documents.composing import Composed, Composer
from services.documents.consumed import Application, PaidClaim
from services.documents.domain.document import (
    ENTRY_VOIDED,
    GRANTED,
    RECEIPT,
    Document,
    DocumentRefused,
    StoredFile,
    document_id,
    receipt_edition,
)
from services.documents.numbers import number_for
from services.documents.queries import documents_of, is_issued
from services.documents.rendering import Renderer
from services.documents.rendering.render import RenderingError
from services.documents.sealing import Seal
from services.documents.store import ObjectStore
from services.documents.threads import WorkerThreads
from shared.bus.handlers import Permanent
from shared.keys import DataKey, KeyDestroyed
from shared.log import Unit
from shared.service import Runtime
from shared.tasks.looking import task_state
from shared.web.calls import RemoteProblem

log = structlog.get_logger()

PURPOSE = "render-document"
RENDER: Final = "render_document"
Shape = TypeVar("Shape", bound=BaseModel)


class Order(BaseModel):
    """What a task holds: ids alone. `version` is the case's at the event, None for its newest; without
    `account_id` the case says whose it is.

    `replaces` is the document whose place the ordered one takes. A receipt says what was true as of
    `claim_version`; a case's `first` is known by the case alone, each other stands beside it by its version.
    """

    kind: str
    case_id: UUID
    account_id: UUID | None = None
    version: int | None = None
    claim_id: UUID | None = None
    claim_version: int | None = None
    first: bool = False
    replaces: UUID | None = None

    @property
    def edition(self) -> int | str | None:
        if self.replaces:
            return self.version
        if self.first or self.claim_id is None or self.claim_version is None:
            return None
        return receipt_edition(self.claim_id, self.claim_version)

    @property
    def document_id(self) -> UUID:
        return document_id(self.case_id, self.kind, self.edition)


class ClaimNotOpenYet(Exception):
    """Payments has not opened the claim whose number the assessment prints: try again."""


class NotIssuedYet(Exception):
    """The approval was revoked before its document was made: try again."""


class NothingPaid(Exception):
    """All the money that a receipt would confirm was booked by mistake."""


@dataclass(frozen=True, slots=True)
class Press:
    """What a document is made with; loaded once at start."""

    renderer: Renderer
    seal: Seal
    store: ObjectStore
    threads: WorkerThreads

    async def make(self, kind: Any, composed: Composed) -> bytes:
        """The sealed PDF. Raises RenderingError, SealingFailed."""
        pdf = await self.threads.run(self.renderer.render, kind, composed.data)
        return await self.seal.seal(pdf)

    async def keep(self, issued_id: UUID, sealed: bytes, key: DataKey) -> StoredFile:
        """Stores it encrypted, durable on return. Raises StoreUnavailable."""
        digest = sha256(sealed).hexdigest()
        # The seal holds the time: a repeated order makes other bytes, so the place names the content.
        file = StoredFile(f"documents/{issued_id}.{digest[:16]}.pdf.enc", digest, len(sealed))
        await self.store.put(file.store_key, key.seal_same(sealed, file_aad(issued_id, digest)))
        return file


def file_aad(issued_id: UUID, digest: str) -> bytes:
    """The place that a stored document is bound to."""
    return f"document|{issued_id}|{digest}".encode()


class Issuer:
    """Does the orders."""

    def __init__(self, runtime: Runtime, composer: Composer, press: Press) -> None:
        self._runtime = runtime
        self._composer = composer
        self._press = press

    async def render_document(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task. Raises Permanent where trying again cannot help."""
        order = Order.model_validate(payload)
        if await is_issued(self._runtime.pool, order.document_id):
            log.info("order_ignored_as_issued", document=str(order.document_id), kind=order.kind)
            return
        try:
            if order.replaces:
                await self._superseded(order, order.replaces, unit)
            document = await self._made(order, unit)
            await unit.save(document, subject=document.account_id)
        except KeyDestroyed:
            log.info("order_ignored_as_erased", document=str(order.document_id), kind=order.kind)
            return
        except NothingPaid:
            log.info("order_ignored_as_nothing_is_paid", document=str(order.document_id), kind=order.kind)
            return
        except (RenderingError, DocumentRefused) as error:
            raise Permanent(f"{type(error).__name__}: {error}") from None

    async def revoke_granted(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: takes back what the approval of a case had granted. Raises NotIssuedYet."""
        rows = await documents_of(self._runtime.pool, UUID(payload["case_id"]), None)
        granted = [row for row in rows if row["kind"] in GRANTED]
        if not granted:
            raise NotIssuedYet(payload["case_id"])
        for row in granted:
            if row["condition"] not in ("issued", "suspended"):
                log.info("revocation_ignored", document=str(row["document_id"]), condition=row["condition"])
                continue
            document = await unit.load(Document, row["document_id"])
            document.revoke(payload["reason"], now=unit.now)
            await unit.save(document)

    async def void_receipt(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: receipts that name an entry which was a mistake count no longer. Raises NotIssuedYet.

        Where a later one named other money too, another is ordered for what still stands.
        """
        case_id, claim_id = UUID(payload["case_id"]), UUID(payload["claim_id"])
        booked, voided = payload["claim_version"], payload.get("voided_version")
        orders = [
            Order(kind=RECEIPT, case_id=case_id, claim_id=claim_id, claim_version=version)
            for version in range(booked, voided or booked + 1)
        ]
        found = [order for order in orders if await self._is_issued(order, wanted=order is orders[0])]
        for order in found:
            receipt = await unit.load(Document, order.document_id)
            if receipt.condition == "revoked":
                log.info("revocation_ignored", document=str(receipt.id), condition=receipt.condition)
                continue
            receipt.revoke(ENTRY_VOIDED, now=unit.now)
            await unit.save(receipt)
        if len(found) > 1:
            anew = orders[0].model_copy(update={"claim_version": voided})
            unit.task(RENDER, anew.model_dump(mode="json"), key=str(anew.document_id))

    async def _is_issued(self, order: Order, *, wanted: bool) -> bool:
        """Raises NotIssuedYet for one that is ordered or `wanted`, and is not there."""
        if await is_issued(self._runtime.pool, order.document_id):
            return True
        ordered = await task_state(self._runtime.pool, RENDER, str(order.document_id))
        if wanted or ordered.state == "waiting":
            raise NotIssuedYet(str(order.document_id))
        return False

    async def _superseded(self, order: Order, replaced: UUID, unit: Unit) -> None:
        """In the commit that issues the new document, so that never both count. Raises NotInForce."""
        old = await unit.load(Document, replaced)
        if old.case_id != order.case_id:
            raise Permanent("the document to replace is another case's")
        old.supersede(order.document_id, now=unit.now)
        await unit.save(old)

    async def _made(self, order: Order, unit: Unit) -> Document:
        today = self._composer.today(unit.now)
        case, key = await self._case_and_key(order)
        prefix = case.printed.number_prefix
        number = await number_for(self._runtime.pool, order.document_id, order.kind, prefix, today.year)
        composed = await self._composed(order, case, number, today)
        sealed = await self._press.make(order.kind, composed)
        file = await self._press.keep(order.document_id, sealed, key)
        return Document.issue(
            now=unit.now, case_id=order.case_id, account_id=case.account_id, kind=order.kind,
            content=composed.content, file=file, edition=order.edition,
        )  # fmt: skip

    async def _case_and_key(self, order: Order) -> tuple[Application, DataKey]:
        if order.account_id is None:
            case = await self._case(order)
            return case, await self._runtime.keys.obtain(case.account_id)
        return await asyncio.gather(self._case(order), self._runtime.keys.obtain(order.account_id))

    async def _composed(self, order: Order, case: Application, number: str, today: date) -> Composed:
        match order.kind:
            case "resident_parking_permit":
                return self._composer.permit(case, number, today)
            case "dog_tax_assessment":
                marks = await self._kassenzeichen(order.case_id)
                return self._composer.assessment(case, number, today, marks)
            case "rejection_notice":
                return self._composer.rejection(case, number, today)
            case "receipt":
                return self._composer.receipt(case, await self._paid(order), number, today)
        raise Permanent(f"no document is of kind {order.kind!r}")

    async def _case(self, order: Order) -> Application:
        params = {"version": order.version} if order.version else None
        path = f"/applications/{order.case_id}"
        answer = await self._runtime.calls.get(
            "applications", path, purpose=PURPOSE, params=params, headers={"Accept-Language": "de"}
        )
        case = _read(Application, answer, "application")
        if order.account_id not in (None, case.account_id):
            raise Permanent("the case is another account's")
        return case

    async def _paid(self, order: Order) -> PaidClaim:
        path = f"/claims/{order.claim_id}/receipt"
        params = {"version": order.claim_version} if order.claim_version else None
        try:
            answer = await self._runtime.calls.get("payments", path, purpose=PURPOSE, params=params)
        except RemoteProblem as refused:
            if refused.slug != "not_paid":
                raise
            raise NothingPaid(str(order.claim_id)) from refused
        return _read(PaidClaim, answer, "receipt")

    async def _kassenzeichen(self, case_id: UUID) -> list[str]:
        """Of each instalment, or of the whole charge."""
        answer = await self._runtime.calls.get(
            "payments", "/claims", purpose=PURPOSE, params={"case_id": str(case_id)}
        )
        if not answer["claims"]:
            raise ClaimNotOpenYet(str(case_id))
        return [str(claim["kassenzeichen"]) for claim in answer["claims"]]


def _read(shape: type[Shape], answer: Any, what: str) -> Shape:
    """Names what cannot be read, never its value: the message is kept with the task."""
    try:
        return shape.model_validate(answer)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        raise Permanent(f"the {what} cannot be read: {places}") from None
