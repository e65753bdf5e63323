"""What services and operators do with the accounts of others; readings are recorded for the citizen."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.identity import accounts
from services.identity.accesses import Accesses
from services.identity.domain.account import Account, Role
from services.identity.queries import profile_of
from services.identity.sessions import Sessions
from shared.log.reading import LATEST
from shared.service import Runtime
from shared.web.tokens import Caller, require, require_service

Reader = Annotated[Caller, Depends(require_service("applications", "documents", "payments"))]
Operator = Annotated[Caller, Depends(require("operator"))]


class Profile(BaseModel):
    """A citizen's data as a service gets them for a purpose."""

    account_id: UUID
    version: int
    trust: str
    profile: dict[str, str | None]
    attribute_trust: dict[str, str]


class GrantedRole(BaseModel):
    role: Role


class Lock(BaseModel):
    reason: str = Field(min_length=1, max_length=500)


def router(runtime: Runtime, accesses: Accesses, sessions: Sessions) -> APIRouter:
    """Reading for services, roles and locks for operators."""
    routes = APIRouter(prefix="/accounts/{account_id}", tags=["offices"])

    @routes.get("/profile")
    async def read_profile(
        account_id: UUID,
        caller: Reader,
        version: Annotated[int | None, Query(ge=1, le=LATEST)] = None,
    ) -> Profile:
        unit = runtime.unit_for(caller)
        account = await unit.load_at(Account, account_id, version or LATEST)
        await accesses.record(account_id, caller, unit.now)
        known = account.attributes or {}
        return Profile(
            account_id=account_id,
            version=account.profile_version,
            trust=account.trust,
            profile=profile_of(account),
            attribute_trust={name: attribute.trust for name, attribute in known.items()},
        )

    @routes.post("/roles", status_code=204)
    async def grant(account_id: UUID, form: GrantedRole, caller: Operator) -> None:
        await accounts.decide(
            lambda: runtime.unit_for(caller),
            account_id,
            lambda account, now: account.grant_role(form.role, by=caller.subject, now=now),
        )

    @routes.delete("/roles/{role}", status_code=204)
    async def revoke(account_id: UUID, role: Role, caller: Operator) -> None:
        await accounts.decide(
            lambda: runtime.unit_for(caller),
            account_id,
            lambda account, now: account.revoke_role(role, by=caller.subject, now=now),
        )

    @routes.put("/lock", status_code=204)
    async def lock(account_id: UUID, form: Lock, caller: Operator) -> None:
        await accounts.decide(
            lambda: runtime.unit_for(caller),
            account_id,
            lambda account, now: account.lock(form.reason, by=caller.subject, now=now),
        )
        await sessions.end_all(account_id)

    @routes.delete("/lock", status_code=204)
    async def unlock(account_id: UUID, caller: Operator) -> None:
        await accounts.decide(
            lambda: runtime.unit_for(caller),
            account_id,
            lambda account, now: account.unlock(by=caller.subject, now=now),
        )

    return routes
