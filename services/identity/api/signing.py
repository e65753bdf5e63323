"""Sessions and caller tokens: who is there, and the proof of it that other services verify."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, Field

from services.identity import purposes
from services.identity.api.doorway import Gateway, Typed
from services.identity.api.problems import session_over
from services.identity.credentials import Credentials
from services.identity.own_calls import expiry
from services.identity.sessions import Sessions
from services.identity.signing_in import SigningIn
from shared.service import Runtime
from shared.web.problems import Problem
from shared.web.token_signing import CallerTokenSigner
from shared.web.tokens import wrong_role

AUDIENCES = frozenset({"identity", "applications", "payments", "documents"})
HOLDS_SESSIONS = frozenset({"gateway"})


class Credentialed(BaseModel):
    """What somebody typed to sign in."""

    email: Typed
    password: Typed


class Begun(BaseModel):
    """A new session; `session` is its token, to be kept in the citizen's cookie and nowhere else."""

    session: str
    account_id: UUID
    roles: list[str]
    language: str


class SessionToken(BaseModel):
    session: Annotated[str, Field(max_length=200)]


class WantedToken(BaseModel):
    """A token for one audience; with a session it speaks for the session's account."""

    audience: str = Field(max_length=64)
    purpose: str = Field(max_length=64)
    session: str | None = Field(default=None, max_length=200)


class IssuedToken(BaseModel):
    token: str
    expires_at: datetime


def router(runtime: Runtime, signing_in: SigningIn, sessions: Sessions) -> APIRouter:
    """Sessions, for the gateway alone."""
    routes = APIRouter(tags=["sessions"])

    @routes.post("/sessions", status_code=201)
    async def sign_in(
        form: Credentialed, caller: Gateway, x_client: Annotated[str | None, Header(max_length=128)] = None
    ) -> Begun:
        begun = await signing_in.sign_in(runtime.unit_for(caller), form.email, form.password, x_client)
        account = begun.account
        return Begun(
            session=begun.session,
            account_id=account.account_id,
            roles=account.roles,
            language=account.language,
        )

    @routes.delete("/sessions", status_code=204)
    async def sign_out(form: SessionToken, caller: Gateway) -> None:
        await sessions.end(form.session)

    return routes


def tokens_router(
    runtime: Runtime, credentials: Credentials, sessions: Sessions, signer: CallerTokenSigner
) -> APIRouter:
    """Tokens for services that prove who they are, and the keys to verify them with."""
    routes = APIRouter(tags=["tokens"])

    @routes.post("/tokens")
    async def issue(
        wanted: WantedToken, service: Annotated[str, Depends(credentials.service_of)]
    ) -> IssuedToken:
        if wanted.audience not in AUDIENCES:
            raise Problem("audience_unknown", 422, "There is no such service")
        if not purposes.FORM.fullmatch(wanted.purpose):
            raise Problem("purpose_impossible", 422, "A purpose is words in lower case, joined by hyphens")
        now = runtime.clock.now()
        if wanted.session is None:
            token = signer.sign(
                service, "service", ["service"], wanted.audience, wanted.purpose, "basic", now
            )
            return IssuedToken(token=token, expires_at=expiry(now))
        if service not in HOLDS_SESSIONS:
            raise wrong_role()
        found = await sessions.find(wanted.session, now, used=purposes.is_use(wanted.purpose))
        if found is None:
            raise session_over()
        token = signer.sign(
            str(found.account_id),
            "account",
            purposes.roles_for(wanted.purpose, found.roles),
            wanted.audience,
            wanted.purpose,
            found.trust,
            now,
            session=str(found.session_id),
        )
        return IssuedToken(token=token, expires_at=expiry(now))

    @routes.get("/.well-known/jwks.json")
    async def keys() -> dict[str, Any]:
        return signer.public_jwks()

    return routes
