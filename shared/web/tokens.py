"""Caller tokens: who calls, in which role and for what purpose. Identity signs them, services verify.

JWT (RFC 7519) with Ed25519 (RFC 8037; `alg` by its full name, RFC 9864). Signing is in `token_signing`,
which only identity may import.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from shared.web.problems import Problem

ISSUER = "identity"
ALGORITHM = "Ed25519"
LEEWAY_SECONDS = 5
LONGEST_LIFE_SECONDS = 300
LONGEST_TOKEN = 4096
REMEMBERED_TOKENS = 2048

Kind = Literal["account", "service"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a verified token speaks for. `subject` is an account id or a service name; `trust` is the
    level of the log-in (mail, basic, substantial, high); `session` names it without opening it."""

    subject: str
    kind: Kind
    roles: frozenset[str]
    purpose: str
    trust: str
    session: str | None = None

    @property
    def account_id(self) -> UUID:
        """The account; a service has none (403 `wrong_role`)."""
        if self.kind != "account":
            raise wrong_role()
        return UUID(self.subject)


class TokenInvalid(Exception):
    """Not signed by identity, not for this audience, or not valid now; the message names the reason."""


class CallerTokens:
    """Verifies tokens for one audience with identity's public keys (a JWKS, RFC 7517)."""

    def __init__(
        self, public_jwks: Mapping[str, Any], audience: str, now: Callable[[], float] = time.time
    ) -> None:
        keys = [_without_algorithm(key) for key in public_jwks["keys"]]
        self._keys = KeySet.import_key_set({"keys": keys})
        if any(key.is_private for key in self._keys.keys):
            raise ValueError("caller_keys holds a private key: only identity may have one")
        self._now = now
        self._verified: dict[str, tuple[Caller, float]] = {}
        self._claims = {
            "iss": {"essential": True, "value": ISSUER},
            "aud": {"essential": True, "value": audience},
            "kind": {"essential": True, "values": ["account", "service"]},
            **{name: {"essential": True} for name in ("sub", "exp", "iat", "jti", "purpose", "trust")},
        }

    def verify(self, token: str) -> Caller:
        """The caller that `token` names. Raises `TokenInvalid`.

        A verified token is remembered until it expires: a signature costs 0.35 ms, a look-up nothing.
        """
        known = self._verified.get(token)
        if known is not None and self._now() < known[1]:
            return known[0]
        if len(token) > LONGEST_TOKEN:
            raise TokenInvalid("too long")
        caller, expires = self._check(token)
        if len(self._verified) >= REMEMBERED_TOKENS:
            self._verified.clear()
        self._verified[token] = (caller, expires)
        return caller

    def _check(self, token: str) -> tuple[Caller, float]:
        try:
            claims = jwt.decode(token, self._keys, algorithms=[ALGORITHM]).claims
            registry = jwt.JWTClaimsRegistry(
                now=int(self._now()),
                leeway=LEEWAY_SECONDS,
                **self._claims,  # type: ignore[arg-type]
            )
            registry.validate(claims)
            return _caller(claims), float(claims["exp"])
        except ExpiredTokenError:
            raise TokenInvalid("expired") from None
        except (JoseError, ValueError, KeyError, TypeError) as exc:
            raise TokenInvalid(type(exc).__name__) from None


def _without_algorithm(key: Mapping[str, Any]) -> Any:
    """A key's `alg` may bear the older name `EdDSA` (RFC 8037); which one is accepted is fixed here."""
    return {name: value for name, value in key.items() if name != "alg"}


def _caller(claims: Mapping[str, Any]) -> Caller:
    if not isinstance(claims["aud"], str) or claims["exp"] - claims["iat"] > LONGEST_LIFE_SECONDS:
        raise ValueError("one audience and a short life")
    texts = (claims["sub"], claims["purpose"], claims["trust"])
    roles = claims["roles"]
    if not isinstance(roles, list) or not all(isinstance(part, str) for part in (*texts, *roles)):
        raise ValueError("claims of the wrong type")
    if claims["kind"] == "account":
        UUID(claims["sub"])
    return Caller(texts[0], claims["kind"], frozenset(roles), texts[1], texts[2], claims.get("sid"))


_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="A caller token of identity, 60 s")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


def caller_of(request: Request) -> Caller:
    """The verified caller of a request (verified once). 401 `token_missing` or `token_invalid`.

    The app keeps its `CallerTokens` as `app.state.caller_tokens`.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthorised("token_missing", "A caller token is needed")
    tokens: CallerTokens = request.app.state.caller_tokens
    try:
        request.state.caller = caller = tokens.verify(token.strip())
    except TokenInvalid as exc:
        raise _unauthorised("token_invalid", "The caller token is not valid", str(exc)) from None
    return caller


def require(*roles: str) -> Callable[..., Awaitable[Caller]]:
    """FastAPI dependency: the caller, who has any of `roles` (none given: any caller).

    401 `token_missing` / `token_invalid`, 403 `wrong_role`.
    """
    wanted = frozenset(roles)

    async def caller(request: Request, _documented: Credentials = None) -> Caller:
        found = caller_of(request)
        if wanted and wanted.isdisjoint(found.roles):
            raise wrong_role()
        return found

    return caller


def require_service(*names: str) -> Callable[..., Awaitable[Caller]]:
    """FastAPI dependency: a service speaking for itself, one of `names` if any are given."""

    async def caller(request: Request, _documented: Credentials = None) -> Caller:
        found = caller_of(request)
        if found.kind != "service" or "service" not in found.roles or (names and found.subject not in names):
            raise wrong_role()
        return found

    return caller


AnyCaller = Annotated[Caller, Depends(require())]


def wrong_role() -> Problem:
    return Problem("wrong_role", 403, "This role may not do that")


def _unauthorised(slug: str, title: str, detail: str | None = None) -> Problem:
    return Problem(slug, 401, title, detail, headers={"WWW-Authenticate": "Bearer"})
