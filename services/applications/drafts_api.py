"""Drafts over HTTP: saved, resumed, thrown away. Their content is sealed with the citizen's key."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from services.applications.catalogue.loading import ServiceUnknown
from services.applications.catalogue_api import Answers, service_or_404
from services.applications.office import Office
from services.applications.projections import DRAFTS, DRAFTS_KEPT
from services.applications.queries import Draft, draft_aad, draft_of, drafts_of
from shared.ids import new_id
from shared.log import Unit
from shared.service import Runtime
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Citizen = Annotated[Caller, Depends(require("citizen"))]
LARGEST = 64_000


class FilledIn(Answers):
    """`service_version` is the version whose form was filled in, the current one where it is left out."""

    service_version: int | None = Field(default=None, ge=1)


class NewDraft(FilledIn):
    service: str = Field(max_length=60)


def router(runtime: Runtime, office: Office) -> APIRouter:
    """Each account sees its own drafts only; another's is 404 like an unknown one."""
    routes = APIRouter(tags=["drafts"])

    @routes.post("/drafts", status_code=201)
    async def save_draft(given: NewDraft, caller: Citizen) -> dict[str, Any]:
        version = _version_of(office, given.service, given.service_version)
        unit = runtime.unit_for(caller)
        draft = Draft(new_id(), given.service, version, given.answers, unit.now, unit.now)
        await _put(runtime, unit, caller.account_id, draft)
        return _shown(draft, office)

    @routes.get("/drafts")
    async def list_drafts(caller: Citizen) -> dict[str, Any]:
        drafts = await drafts_of(runtime.pool, runtime.keys, caller.account_id)
        return {"drafts": [_shown(draft, office) for draft in drafts]}

    @routes.get("/drafts/{draft_id}")
    async def resume_draft(draft_id: UUID, caller: Citizen) -> dict[str, Any]:
        return _shown(await own_draft(runtime, caller, draft_id), office)

    @routes.put("/drafts/{draft_id}")
    async def change_draft(draft_id: UUID, given: FilledIn, caller: Citizen) -> dict[str, Any]:
        kept = await own_draft(runtime, caller, draft_id)
        version = _version_of(office, kept.service, given.service_version)
        unit = runtime.unit_for(caller)
        draft = Draft(draft_id, kept.service, version, given.answers, kept.created_at, unit.now)
        await _put(runtime, unit, caller.account_id, draft)
        return _shown(draft, office)

    @routes.delete("/drafts/{draft_id}", status_code=204)
    async def drop_draft(draft_id: UUID, caller: Citizen) -> Response:
        await own_draft(runtime, caller, draft_id)
        unit = runtime.unit_for(caller)
        unit.put(DRAFTS, (str(draft_id),), None)
        await unit.commit()
        return Response(status_code=204)

    return routes


async def own_draft(runtime: Runtime, caller: Caller, draft_id: UUID) -> Draft:
    """404 `not_found` unless the caller's account has this draft."""
    found = await draft_of(runtime.pool, runtime.keys, caller.account_id, draft_id)
    if found is None:
        raise Problem("not_found", 404, "There is no such thing here")
    return found


def _version_of(office: Office, key: str, filled_in: int | None) -> int:
    current = service_or_404(office, key).definition.version
    if filled_in is None:
        return current
    try:
        return office.catalogue.version(key, filled_in).definition.version
    except ServiceUnknown:
        errors = [{"field": "service_version", "code": "not_an_option", "params": {}}]
        raise Problem("invalid", 422, "This service never had that version", errors=errors) from None


async def _put(runtime: Runtime, unit: Unit, account_id: UUID, draft: Draft) -> None:
    plain = json.dumps(draft.answers, ensure_ascii=False).encode()
    if len(plain) > LARGEST:
        raise Problem("too_large", 413, "The draft is too large", limit_bytes=LARGEST)
    key = await runtime.keys.obtain(account_id)
    values = {
        "account_id": account_id,
        "service": draft.service,
        "service_version": draft.service_version,
        "sealed": key.seal(plain, draft_aad(draft.draft_id)),
        "created_at": draft.created_at,
        "changed_at": draft.changed_at,
    }
    unit.put(DRAFTS, (str(draft.draft_id),), values)
    await unit.commit()


def _shown(draft: Draft, office: Office) -> dict[str, Any]:
    return {
        "draft_id": draft.draft_id,
        "service": draft.service,
        "service_version": draft.service_version,
        "current_version": office.catalogue.current(draft.service).definition.version,
        "answers": draft.answers,
        "created_at": draft.created_at,
        "changed_at": draft.changed_at,
        "kept_until": draft.changed_at + DRAFTS_KEPT.after,
    }
