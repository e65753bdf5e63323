"""Registration, confirmation and new passwords: what the gateway asks for somebody who is not signed in."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.identity import accounts
from services.identity.domain import password_rules
from services.identity.passwords import Passwords
from services.identity.queries import Queries
from services.identity.registration import Registration
from services.identity.sessions import Sessions
from shared.service import Runtime
from shared.web.tokens import Caller, require_service

Gateway = Annotated[Caller, Depends(require_service("gateway"))]
Typed = Annotated[str, Field(max_length=1000)]
Token = Annotated[str, Field(max_length=200)]


class RegistrationForm(BaseModel):
    """What somebody typed to get an account."""

    email: Typed
    password: Typed
    language: Literal["de", "en"] = "de"


class Confirmation(BaseModel):
    """The token of the link that was followed, and the password chosen when it was asked for."""

    token: Token
    password: Typed


class Confirmed(BaseModel):
    account_id: UUID


class ResetForm(BaseModel):
    email: Typed


class NewPassword(BaseModel):
    """The token of the link that was followed, and the password to hold from now on."""

    token: Token
    password: Typed


class Accepted(BaseModel):
    """The same for every address: if there is something to say, a mail says it."""

    status: Literal["mail_sent"] = "mail_sent"


def router(
    runtime: Runtime, queries: Queries, registration: Registration, passwords: Passwords, sessions: Sessions
) -> APIRouter:
    """For the gateway alone."""
    routes = APIRouter(tags=["doorway"])

    @routes.post("/registrations", status_code=202)
    async def register(form: RegistrationForm, caller: Gateway) -> Accepted:
        await registration.ask(runtime.unit_for(caller), form.email, form.password, form.language)
        return Accepted()

    @routes.post("/confirmations")
    async def confirm(form: Confirmation, caller: Gateway) -> Confirmed:
        account_id = await accounts.confirm(
            lambda: runtime.unit_for(caller), queries, passwords, form.token, form.password
        )
        return Confirmed(account_id=account_id)

    @routes.post("/password-resets", status_code=202)
    async def request_reset(form: ResetForm, caller: Gateway) -> Accepted:
        await registration.ask_reset(runtime.unit_for(caller), form.email)
        return Accepted()

    @routes.post("/password-resets/confirm", status_code=204)
    async def reset(form: NewPassword, caller: Gateway) -> None:
        link, account_id = await accounts.owner_of(queries, form.token)
        account = await queries.account(account_id)
        email = account.email if account else None
        hashed = await passwords.hash(password_rules.acceptable(form.password, email or ""))
        await accounts.decide(
            lambda: runtime.unit_for(caller),
            account_id,
            lambda account, now: account.reset_password(link, hashed, now=now),
        )
        await sessions.end_all(account_id)

    return routes
