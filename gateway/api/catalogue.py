"""Services, their forms, a check of answers, and drafts."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from gateway.api.caller import Citizen, Visitor
from gateway.api.problems import spoken
from gateway.catalogue import PURPOSE
from gateway.pages.definitions import fields_of
from gateway.visit import Visit
from shared.web.calls import RemoteProblem

CHECK, DRAFTS = "check-answers", "own-drafts"
MOST_ANSWERS: Final = 100
Key = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,59}$")]

router = APIRouter()


class Answers(BaseModel):
    """Answers by the form's field names."""

    answers: dict[str, Any] = Field(max_length=MOST_ANSWERS)


class FilledIn(Answers):
    """`service_version` is the version whose form was filled in, the current one where it is left out."""

    service_version: int | None = Field(default=None, ge=1)


class Draft(FilledIn):
    service: str = Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")


@router.get("/services", tags=["services"])
async def list_services(visit: Visitor) -> Any:
    return await visit.offered("/services")


@router.get("/services/{key}", tags=["services"])
async def describe_service(key: Key, visit: Visitor) -> Any:
    """The current version with its form, in the language of Accept-Language."""
    return await visit.get("applications", f"/services/{key}", purpose=PURPOSE)


@router.get("/services/{key}/versions/{version}", tags=["services"])
async def describe_version(key: Key, version: Annotated[int, Path(ge=1)], visit: Visitor) -> Any:
    """As it was: a case is corrected with the form of its own `service_version`."""
    return await visit.offered(f"/services/{key}/versions/{version}")


@router.get("/services/{key}/processing-time", tags=["services"])
async def measure_service(key: Key, visit: Visitor) -> Any:
    """How long the latest cases took, from submission to the document or the rejection: half of them at most
    `p50_seconds`, nine of ten at most `p90_seconds`. Time in which the citizen's payment or correction was
    awaited does not count. `straight_through` is the share without a clerk; null while there are too few."""
    return await visit.offered(f"/services/{key}/processing-time")


@router.post("/services/{key}/check", tags=["services"])
async def check_answers(key: Key, given: Answers, visit: Visitor) -> Any:
    """Fee, summary and errors of answers that are not sent yet; each error with a sentence."""
    found = await visit.post("applications", f"/services/{key}/check", purpose=CHECK, json=given.model_dump())
    if found["errors"]:
        definition = await visit.get("applications", f"/services/{key}", purpose=PURPOSE)
        found["errors"] = spoken(visit.t, found["errors"], fields_of(definition))
    return found


@router.get("/streets", tags=["services"])
async def list_streets(visit: Visitor) -> Any:
    return await visit.offered("/streets")


@router.get("/drafts", tags=["drafts"])
async def list_drafts(visit: Citizen) -> Any:
    return await visit.get("applications", "/drafts", purpose=DRAFTS)


@router.post("/drafts", status_code=201, tags=["drafts"])
async def save_draft(draft: Draft, visit: Citizen) -> Any:
    return await visit.post("applications", "/drafts", purpose=DRAFTS, json=draft.model_dump())


@router.get("/drafts/{draft_id}", tags=["drafts"])
async def resume_draft(draft_id: UUID, visit: Citizen) -> Any:
    return await visit.get("applications", f"/drafts/{draft_id}", purpose=DRAFTS)


@router.put("/drafts/{draft_id}", tags=["drafts"])
async def change_draft(draft_id: UUID, given: FilledIn, visit: Citizen) -> Any:
    answer = await visit.request_to(
        "PUT", "applications", f"/drafts/{draft_id}", purpose=DRAFTS, json=given.model_dump()
    )
    return answer.json()


@router.delete("/drafts/{draft_id}", status_code=204, tags=["drafts"])
async def discard_draft(draft_id: UUID, visit: Citizen) -> Response:
    await visit.request_to("DELETE", "applications", f"/drafts/{draft_id}", purpose=DRAFTS)
    return Response(status_code=204)


async def with_sentences(
    visit: Visit, refused: RemoteProblem, service: str, version: int | None = None
) -> RemoteProblem:
    """The refusal of a form with a sentence at each field, in the words of the form's labels.

    `version` is that of a running case; else the form is the current one.
    """
    errors = refused.body.get("errors")
    if not isinstance(errors, list) or not errors:
        return refused
    form = f"/services/{service}" + (f"/versions/{version}" if version else "")
    definition = await visit.get("applications", form, purpose=PURPOSE)
    told = {**refused.body, "errors": spoken(visit.t, errors, fields_of(definition))}
    return RemoteProblem(refused.service, refused.status, refused.slug, told)
