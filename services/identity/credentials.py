"""The credentials of services: HTTP Basic with a long random secret, kept as `sha256:<hex>`."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from fastapi import Request

from shared.settings import SecretMissing
from shared.web.problems import Problem

_PREFIX: Final = "sha256:"
_NOBODY: Final = "0" * 64


class Credentials:
    """Who may ask for tokens: service name → SHA-256 of its secret. Raises SecretMissing."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        if not hashes or not all(
            value.startswith(_PREFIX) and len(value) == len(_PREFIX) + 64 for value in hashes.values()
        ):
            raise SecretMissing("The secret service_credentials.json must map service names to sha256:<hex>.")
        self._hashes = {name: value.removeprefix(_PREFIX) for name, value in hashes.items()}

    async def service_of(self, request: Request) -> str:
        """The service that calls. 401 `service_unknown` for a wrong name or secret alike, in equal time."""
        name, secret = _basic(request.headers.get("authorization", ""))
        given = hashlib.sha256(secret.encode()).hexdigest()
        known = self._hashes.get(name)
        if not hmac.compare_digest(given, known or _NOBODY) or known is None:
            raise Problem(
                "service_unknown",
                401,
                "The service credential is not valid",
                headers={"WWW-Authenticate": 'Basic realm="identity"'},
            )
        return name


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret
