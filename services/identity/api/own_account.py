"""What citizens see and correct of themselves."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel

from services.identity import accounts
from services.identity.accesses import Accesses
from services.identity.api.doorway import Typed
from services.identity.domain import profile
from services.identity.domain.account import Account
from services.identity.domain.refusals import FieldError, FieldsRefused
from services.identity.erasing import Erasure
from services.identity.queries import attributes_of, profile_of
from services.identity.sessions import Sessions
from shared.service import Runtime
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Person = Annotated[Caller, Depends(require("citizen", "clerk", "treasurer", "operator", "warden"))]


class ProfileForm(BaseModel):
    """The whole profile; what is empty is taken away."""

    given_names: str | None = None
    family_name: str | None = None
    birth_date: str | None = None
    street: str | None = None
    house_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    language: Literal["de", "en"] = "de"


class OwnAccount(BaseModel):
    """`profile` holds plain values, `attributes` the same with source and level of trust."""

    account_id: UUID
    email: str | None
    roles: list[str]
    trust: str
    version: int
    profile: dict[str, str | None]
    attributes: dict[str, dict[str, Any]]


class Access(BaseModel):
    """One reading of the citizen's data by a service."""

    at: datetime
    reader: str
    purpose: str


class Wish(BaseModel):
    """The account's password, once more."""

    password: Typed


class Erasing(BaseModel):
    """Nobody can sign in any more; the rest follows within moments."""

    status: Literal["erasing"] = "erasing"


class OpenSession(BaseModel):
    session_id: UUID
    created_at: datetime
    last_used_at: datetime
    current: bool


def router(runtime: Runtime, accesses: Accesses, sessions: Sessions, erasure: Erasure) -> APIRouter:
    """For an account about itself."""
    routes = APIRouter(prefix="/accounts/me", tags=["own account"])
    zone = ZoneInfo(runtime.settings.city_time_zone)

    @routes.get("")
    async def read(caller: Person, response: Response) -> OwnAccount:
        account = await runtime.unit_for(caller).load(Account, caller.account_id)
        response.headers["ETag"] = f'"{account.profile_version}"'
        return _own(account)

    @routes.put("/profile")
    async def change(
        form: ProfileForm,
        caller: Person,
        response: Response,
        if_match: Annotated[str | None, Header()] = None,
    ) -> OwnAccount:
        expected = _version(if_match)
        today = runtime.clock.now().astimezone(zone).date()
        values = profile.acceptable(form.model_dump(exclude={"language"}), today)
        account = await accounts.decide(
            lambda: runtime.unit_for(caller),
            caller.account_id,
            lambda account, now: account.change_profile(values, form.language, expected=expected, now=now),
        )
        response.headers["ETag"] = f'"{account.profile_version}"'
        return _own(account)

    @routes.get("/accesses")
    async def readings(caller: Person) -> list[Access]:
        return [Access(**row) for row in await accesses.of_account(caller.account_id)]

    @routes.get("/sessions")
    async def own_sessions(caller: Person) -> list[OpenSession]:
        found = await sessions.of_account(caller.account_id, runtime.clock.now())
        return [OpenSession(**row, current=str(row["session_id"]) == caller.session) for row in found]

    @routes.delete("/sessions/{session_id}", status_code=204)
    async def end_session(session_id: UUID, caller: Person) -> None:
        await sessions.end_one(caller.account_id, session_id)

    @routes.post("/erasure", status_code=202)
    async def ask_to_be_forgotten(wish: Wish, caller: Person) -> Erasing:
        await erasure.ask(caller, wish.password)
        return Erasing()

    return routes


def _own(account: Account) -> OwnAccount:
    return OwnAccount(
        account_id=account.id,
        email=account.email or None,
        roles=sorted(account.roles),
        trust=account.trust,
        version=account.profile_version,
        profile=profile_of(account),
        attributes=attributes_of(account),
    )


def _version(if_match: str | None) -> int:
    if if_match is None:
        raise Problem("if_match_missing", 428, "Say in If-Match which version was read")
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise FieldsRefused(FieldError("If-Match", "version_impossible"))
    return int(text)
