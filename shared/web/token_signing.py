"""Signing of caller tokens. Only identity imports this module and holds the private key."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from shared.ids import new_id
from shared.web.tokens import ALGORITHM, ISSUER, LONGEST_LIFE_SECONDS, Kind

TTL_SECONDS = 60


class CallerTokenSigner:
    """Signs with an Ed25519 key in PEM (PKCS #8); its id is the thumbprint of RFC 7638."""

    def __init__(self, private_key_pem: str | bytes) -> None:
        key = OKPKey.import_key(private_key_pem)
        if not key.is_private or key.curve_name != "Ed25519":
            raise ValueError("caller_signing_key.pem must be a private Ed25519 key")
        self._kid = key.thumbprint()
        self._key = key

    def public_jwks(self) -> dict[str, Any]:
        """The key set that services verify with, and `/.well-known/jwks.json` answers."""
        public = {"kid": self._kid, "use": "sig", "alg": ALGORITHM}
        return {"keys": [{**self._key.as_dict(private=False), **public}]}

    def sign(
        self,
        subject: str,
        kind: Kind,
        roles: Iterable[str],
        audience: str,
        purpose: str,
        trust: str,
        now: datetime,
        ttl: int = TTL_SECONDS,
        session: str | None = None,
    ) -> str:
        """A token for one audience, valid for `ttl` seconds from `now` (whole seconds, UTC)."""
        if not 0 < ttl <= LONGEST_LIFE_SECONDS:
            raise ValueError("a caller token is short-lived")
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": audience,
            "sub": subject,
            "kind": kind,
            "roles": sorted(roles),
            "purpose": purpose,
            "trust": trust,
            "iat": issued,
            "exp": issued + ttl,
            "jti": str(new_id()),
        }
        if session is not None:
            claims["sid"] = session
        header = {"alg": ALGORITHM, "kid": self._kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])
