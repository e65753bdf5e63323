"""Applications with what belongs to them: the claim, the attempts to pay it, the documents."""

import asyncio
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from gateway.api.caller import Citizen, Listener, Visitor
from gateway.api.catalogue import Answers, with_sentences
from gateway.api.stream import HEADERS, case_stream
from gateway.pages.parts import LIVE, claim_that_counts
from gateway.visit import Visit
from shared.web.calls import RemoteProblem, RemoteUnavailable

OWN_CASE, APPLY, PAY = "own-case", "apply", "pay"
_KEPT_HEADERS: Final = ("content-disposition", "etag", "cache-control")
IdempotencyKey = Annotated[str | None, Header(description="1 to 200 visible characters, one per application")]

router = APIRouter()


class Application(Answers):
    """`service_version` is the version whose form was filled in."""

    service: str = Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")
    service_version: int = Field(ge=1)
    draft_id: UUID | None = None
    language: Literal["de", "en"] | None = None


class Attempt(BaseModel):
    """The browser comes back to `return_url`; left out, to the case's page."""

    method: str = Field(max_length=40)
    return_url: str | None = Field(default=None, max_length=500)


@router.post("/applications", status_code=201, tags=["applications"])
async def apply(new: Application, visit: Citizen, idempotency_key: IdempotencyKey = None) -> Any:
    """The same key again gets the same answer."""
    sent = {**new.model_dump(mode="json", exclude_none=True), "language": new.language or visit.language}
    try:
        return await visit.post(
            "applications", "/applications", purpose=APPLY, json=sent, idempotency_key=idempotency_key
        )
    except RemoteProblem as refused:
        raise await with_sentences(visit, refused, new.service) from refused


@router.get("/applications", tags=["applications"])
async def list_applications(visit: Citizen) -> Any:
    return await visit.get("applications", "/applications", purpose=OWN_CASE)


@router.get("/applications/{case_id}", tags=["applications"])
async def read_application(case_id: UUID, visit: Citizen) -> Any:
    """With `claim`, `claims` and `documents`; `missing` names the services that gave no answer."""
    return await case_in_full(visit, case_id)


@router.post("/applications/{case_id}/withdrawal", tags=["applications"])
async def withdraw(case_id: UUID, visit: Citizen) -> Any:
    return await visit.post("applications", f"/applications/{case_id}/withdrawal", purpose=OWN_CASE)


@router.post("/applications/{case_id}/correction", tags=["applications"])
async def correct(case_id: UUID, given: Answers, visit: Citizen) -> Any:
    path = f"/applications/{case_id}"
    try:
        return await visit.post(
            "applications", f"{path}/correction", purpose=OWN_CASE, json=given.model_dump()
        )
    except RemoteProblem as refused:
        if not refused.body.get("errors"):
            raise
        case = await visit.get("applications", path, purpose=OWN_CASE)
        raise await with_sentences(visit, refused, case["service"], case["service_version"]) from refused


@router.get("/applications/{case_id}/events", response_class=StreamingResponse, tags=["applications"])
async def follow(case_id: UUID, visit: Listener) -> StreamingResponse:
    """Server-sent events: `case` with the whole case now and after every change, `happened` with each public
    event of it, `done` when nothing more will come."""
    first = await case_in_full(visit, case_id, LIVE)
    stream = case_stream(visit.portal, case_id, first, lambda: case_in_full(visit, case_id, LIVE))
    return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)


@router.get("/methods", tags=["payments"])
async def list_methods(visit: Visitor) -> Any:
    return await visit.get("payments", "/methods", purpose=PAY)


@router.get("/claims/{claim_id}", tags=["payments"])
async def read_claim(claim_id: UUID, visit: Citizen) -> Any:
    return await visit.get("payments", f"/claims/{claim_id}", purpose=PAY)


@router.post("/claims/{claim_id}/attempts", status_code=201, tags=["payments"])
async def begin_attempt(
    claim_id: UUID, attempt: Attempt, visit: Citizen, idempotency_key: IdempotencyKey = None
) -> Any:
    """Begins to pay; the browser goes to `redirect_url`."""
    back = attempt.return_url
    if back is None:
        claim = await visit.get("payments", f"/claims/{claim_id}", purpose=PAY)
        back = visit.portal.public(visit.url(f"/vorgang/{claim['case_id']}/zahlung/zurueck"))
    return await visit.post(
        "payments",
        f"/claims/{claim_id}/attempts",
        purpose=PAY,
        json={"method": attempt.method, "return_url": back},
        idempotency_key=idempotency_key,
    )


@router.get("/documents", tags=["documents"])
async def list_documents(visit: Citizen, case_id: UUID | None = None) -> Any:
    params = {"case_id": str(case_id)} if case_id else None
    return await visit.get("documents", "/documents", purpose=OWN_CASE, params=params)


@router.get("/documents/{document_id}/content", response_class=Response, tags=["documents"])
async def download(document_id: UUID, visit: Citizen) -> Response:
    """The sealed PDF."""
    answer = await visit.request_to("GET", "documents", f"/documents/{document_id}/content", purpose=OWN_CASE)
    kept = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    return Response(answer.content, headers=kept, media_type=answer.headers.get("content-type"))


async def case_in_full(
    visit: Visit, case_id: UUID, purpose: str = OWN_CASE, part: str = ""
) -> dict[str, Any]:
    """A case with its claims, the one that counts apart, and its documents. A service that is away leaves a
    gap, named in `missing`; applications must answer; `part` is below the case's address there. Raises
    RemoteProblem, RemoteUnavailable."""
    of_case = {"case_id": str(case_id)}
    case, claims, documents = await asyncio.gather(
        visit.get("applications", f"/applications/{case_id}{part}", purpose=purpose),
        _unless_away(visit.get("payments", "/claims", purpose=purpose, params=of_case)),
        _unless_away(visit.get("documents", "/documents", purpose=purpose, params=of_case)),
    )
    return {
        **case,
        "claim": claim_that_counts(claims["claims"]) if claims else None,
        "claims": claims["claims"] if claims else [],
        "documents": documents["documents"] if documents else [],
        "missing": [name for name, part in (("payments", claims), ("documents", documents)) if part is None],
    }


async def _unless_away(asked: Any) -> Any:
    try:
        return await asked
    except RemoteUnavailable:
        return None
    except RemoteProblem as refused:
        if refused.status >= 500:
            return None
        raise
