"""HTTP of payments: claims and attempts for citizens, the ledger for the treasurer."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from fastapi.encoders import jsonable_encoder
from pydantic import AnyHttpUrl, BaseModel

from services.payments import queries
from services.payments.attempts import Attempts
from services.payments.domain.claim import Claim
from services.payments.domain.events import PaymentSettled, SurplusReceived
from services.payments.providers.port import Method, Started
from shared.log import StreamNotFound, Unit
from shared.log.reading import LATEST
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Citizen = Annotated[Caller, Depends(require("citizen"))]
Reader = Annotated[Caller, Depends(require("citizen", "clerk", "treasurer", "service"))]
Treasurer = Annotated[Caller, Depends(require("treasurer"))]
STAFF = frozenset({"clerk", "treasurer"})
LINE = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9]{1,9}:[0-9]{1,4}$"
READERS = frozenset({"documents"})
"""Services that read claims: a receipt and an assessment print what is owed and paid."""


class NewAttempt(BaseModel):
    """How the citizen wants to pay, and where the browser goes afterwards."""

    method: str
    return_url: AnyHttpUrl


def claims_router(runtime: Runtime, attempts: Attempts) -> APIRouter:
    """Claims, their attempts and receipts."""
    router = APIRouter(tags=["claims"])

    @router.get("/claims")
    async def list_claims(case_id: UUID, caller: Reader) -> dict[str, Any]:
        ids = await queries.claims_of_case(runtime.pool, case_id)
        claims = [await runtime.unit().load(Claim, claim_id) for claim_id in ids]
        seen = [claim for claim in claims if _may_see(caller, claim)]
        return {"claims": [await _told(runtime, claim) for claim in seen]}

    @router.get("/claims/{claim_id}")
    async def read_claim(claim_id: UUID, caller: Reader) -> dict[str, Any]:
        return await _told(runtime, await _claim_for(runtime, caller, claim_id))

    @router.get("/claims/{claim_id}/receipt")
    async def read_receipt(
        claim_id: UUID, caller: Reader, version: Annotated[int, Query(ge=1, le=LATEST)] = LATEST
    ) -> dict[str, Any]:
        """What was paid and given back, as of now or of a version of the claim; money is told whole."""
        claim = await _claim_for(runtime, caller, claim_id, await _with_surplus(runtime, claim_id, version))
        answer = queries.receipt_answer(claim)
        if answer is None:
            raise Problem("not_paid", 409, "There is no receipt before the payment")
        return answer

    @router.post("/claims/{claim_id}/attempts", status_code=201)
    async def begin_attempt(
        claim_id: UUID, new: NewAttempt, caller: Citizen, idempotency: IdempotentRequest
    ) -> Response:
        """Begins to pay; the browser goes to `redirect_url`."""
        claim = await runtime.unit().load(Claim, claim_id)
        if caller.subject != str(claim.account_id):  # staff may look, and pay for nobody
            raise StreamNotFound(str(claim_id))
        _check_return(str(new.return_url), runtime.settings.public_url)

        def answered(unit: Unit, attempt_id: UUID, started: Started) -> Response:
            answer = {"attempt_id": str(attempt_id), "redirect_url": started.redirect_url}
            return idempotency.remember_in(unit, 201, answer)

        return await attempts.begin(
            claim, _method(new.method), str(new.return_url), lambda: runtime.unit_for(caller), answered
        )

    @router.post("/claims/{claim_id}/look")
    async def look_at_claim(claim_id: UUID, caller: Citizen) -> dict[str, Any]:
        """Asks the provider now, for a payer who has come back; the claim as it is then."""
        claim = await runtime.unit().load(Claim, claim_id)
        if caller.subject != str(claim.account_id):
            raise StreamNotFound(str(claim_id))
        await attempts.look(claim_id)
        return await _told(runtime, await runtime.unit().load(Claim, claim_id))

    return router


def ledger_router(runtime: Runtime) -> APIRouter:
    """The books, for the treasurer."""
    router = APIRouter(tags=["ledger"])

    @router.get("/ledger/trial-balance")
    async def read_trial_balance(_caller: Treasurer) -> dict[str, Any]:
        return await queries.trial_balance(runtime.pool)

    @router.get("/ledger/accounts/{name}")
    async def read_account(
        name: str,
        _caller: Treasurer,
        after: Annotated[str | None, Query(pattern=LINE)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> Any:
        """Its lines, the oldest first; `next` is the `after` of the next page."""
        found = await queries.ledger_account(runtime.pool, name, after=_line(after), limit=limit)
        return jsonable_encoder(found)

    return router


def _line(named: str | None) -> tuple[UUID, int, int] | None:
    if named is None:
        return None
    claim_id, version, line = named.split(":")
    return UUID(claim_id), int(version), int(line)


async def _told(runtime: Runtime, claim: Claim) -> dict[str, Any]:
    return await queries.claim_answer(runtime.pool, claim, _today(runtime))


def _today(runtime: Runtime) -> date:
    return runtime.clock.now().astimezone(ZoneInfo(runtime.settings.city_time_zone)).date()


async def _with_surplus(runtime: Runtime, claim_id: UUID, version: int) -> int:
    """The version itself, or the next where it booked what of the same money lay above the claim."""
    if version == LATEST:
        return version
    recorded = await runtime.log.reader.stream(claim_id, after=version - 1, until=version + 1)
    match [one.event for one in recorded]:
        case [PaymentSettled(attempt_id=settled), SurplusReceived(attempt_id=above)] if settled == above:
            return version + 1
    return version


async def _claim_for(runtime: Runtime, caller: Caller, claim_id: UUID, version: int = LATEST) -> Claim:
    """The claim, if the caller may see it; else as if there were none."""
    claim = await runtime.unit().load_at(Claim, claim_id, version)
    if not _may_see(caller, claim):
        raise StreamNotFound(str(claim_id))
    return claim


def _may_see(caller: Caller, claim: Claim) -> bool:
    if caller.kind == "service":
        return caller.subject in READERS
    return bool(STAFF & caller.roles) or caller.subject == str(claim.account_id)


def _method(name: str) -> Method:
    try:
        return Method(name)
    except ValueError:
        raise Problem("method_unknown", 422, "This way to pay is not offered") from None


def _check_return(url: str, public_url: str) -> None:
    if not url.startswith(public_url.rstrip("/") + "/"):
        raise Problem("return_url_foreign", 422, "The browser may only return to the portal")
