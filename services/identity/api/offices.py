"""What services and operators do with the accounts of others; readings are recorded for the citizen."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.identity import accounts
from services.identity.accesses import Accesses
from services.identity.domain import email_address
from services.identity.domain.account import Account, Role
from services.identity.queries import EMAIL, Queries, profile_of
from services.identity.sessions import Sessions
from shared.log.reading import LATEST
from shared.service import Runtime
from shared.web.problems import Problem
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


class Address(BaseModel):
    """The whole mail address: there is no search by a part of it."""

    email: str = Field(max_length=1000)


class Standing(BaseModel):
    """What an operator needs of an account: no address, no name."""

    account_id: UUID
    condition: str
    roles: list[str]


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


def operators_router(runtime: Runtime, queries: Queries, accesses: Accesses) -> APIRouter:
    """How an operator finds the account that a citizen or an employee has named."""
    routes = APIRouter(prefix="/accounts", tags=["offices"])

    @routes.post("/lookup")
    async def look_up(form: Address, caller: Operator) -> Standing:
        """By the address's keyed digest; recorded for the account's owner. In a body, since addresses of
        requests are logged on their way."""
        digest = runtime.digest(EMAIL, email_address.normalised(form.email))
        found = await _standing(queries, await queries.id_by_email(digest))
        await accesses.record_office(found.account_id, "operator", caller, runtime.clock.now())
        return found

    @routes.get("/{account_id}")
    async def read_standing(account_id: UUID, _caller: Operator) -> Standing:
        return await _standing(queries, account_id)

    return routes


async def _standing(queries: Queries, account_id: UUID | None) -> Standing:
    account = await queries.account(account_id)
    if account is None:
        raise Problem("account_unknown", 404, "There is no such account")
    return Standing(account_id=account.account_id, condition=account.condition, roles=account.roles)
