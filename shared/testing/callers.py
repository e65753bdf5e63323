"""Caller tokens for tests, signed with a key of their own as identity would."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.web.token_signing import CallerTokenSigner


class CallerMint:
    """Mints what identity mints; its public keys go into the `caller_keys` secret."""

    def __init__(self) -> None:
        self._pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._signer = CallerTokenSigner(self._pem)

    @property
    def pem(self) -> bytes:
        return self._pem

    def public_jwks(self) -> dict[str, Any]:
        """The JWKS that services verify with."""
        return self._signer.public_jwks()

    def write_jwks(self, folder: Path) -> None:
        (folder / "caller_keys.json").write_text(json.dumps(self.public_jwks()))

    def account(self, account_id: UUID, audience: str, *roles: str, trust: str = "mail") -> dict[str, str]:
        """Headers of a call that an account makes."""
        return self._headers(str(account_id), "account", roles or ("citizen",), audience, trust)

    def service(self, name: str, audience: str) -> dict[str, str]:
        """Headers of a call that a service makes for itself."""
        return self._headers(name, "service", ("service",), audience, "basic")

    def _headers(
        self, subject: str, kind: Any, roles: tuple[str, ...], audience: str, trust: str
    ) -> dict[str, str]:
        token = self._signer.sign(
            subject=subject, kind=kind, roles=list(roles), audience=audience, purpose="test", trust=trust,
            now=datetime.now(UTC),
        )  # fmt: skip
        return {"Authorization": f"Bearer {token}"}
