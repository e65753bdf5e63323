"""Seals: signed statements about intervals of a log, each naming the digest of the one before.

A seal is a JWS (RFC 7515, compact) with Ed25519, typed `portal-audit+jws`; its key id is the thumbprint of
RFC 7638. The private key is the service's `audit_key.pem`; who verifies needs the public half alone.
"""

import hashlib
import json
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.audit.entries import BEGINNING, Place
from shared.settings import SecretMissing

ALGORITHM: Final = "Ed25519"  # RFC 9864
TYPE: Final = "portal-audit+jws"
FIRST: Final = "0" * 64
"""What the first seal names as the one before it."""


class Restored(msgspec.Struct, frozen=True):
    """Says that the log was restored before this seal: seals from its number on up to `given_up` are void."""

    given_up: int
    feed_after: int
    reason: str


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a seal says: `count` events after the last seal's place up to `last` hash to `root` (hex).

    `total` counts all events sealed so far, `previous` is the SHA-256 (hex) of the last seal's bytes.
    """

    service: str
    number: int
    epoch: int
    first: Place | None
    last: Place
    count: int
    total: int
    root: str
    previous: str
    time: datetime
    restored: Restored | None = None


def before_all(service: str, time: datetime) -> Statement:
    """Where a chain begins: nothing is sealed."""
    return Statement(service, 0, 0, None, BEGINNING, 0, 0, "", FIRST, time)


class ForeignSeal(Exception):
    """Not a seal of the keys given: another's signature, or none; the message says which."""


class SealKey:
    """The service's Ed25519 key. Raises SecretMissing when the PEM holds none."""

    def __init__(self, pem: str) -> None:
        try:
            key = OKPKey.import_key(pem)
        except (ValueError, JoseError) as error:
            raise SecretMissing("The secret audit_key.pem is not a key in PEM (PKCS #8).") from error
        if not key.is_private or key.curve_name != "Ed25519":
            raise SecretMissing("The secret audit_key.pem must be a private Ed25519 key.")
        self._key = key
        self._header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.thumbprint()}

    def sign(self, statement: Statement) -> bytes:
        """The seal."""
        payload = msgspec.json.encode(statement)
        return jws.serialize_compact(self._header, payload, self._key, algorithms=[ALGORITHM]).encode()

    def public_jwks(self) -> dict[str, Any]:
        """The key set (RFC 7517) that a verifier is given."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._key.thumbprint(), "alg": ALGORITHM, "use": "sig"}]}

    def keys(self) -> "SealKeys":
        return SealKeys(self.public_jwks())


class SealKeys:
    """Public keys whose seals count: the current one and those before it. Raises ValueError."""

    def __init__(self, jwks: dict[str, Any]) -> None:
        keys = [OKPKey.import_key({k: v for k, v in key.items() if k != "alg"}) for key in jwks["keys"]]
        if any(key.is_private for key in keys):
            raise ValueError("a private key: a verifier needs the public half alone")
        self._keys = KeySet([*keys])

    @classmethod
    def read(cls, text: str) -> "SealKeys":
        """From a JWK set, a JWK, or a public key in PEM. Raises ValueError."""
        try:
            if "-----BEGIN" in text:
                key = OKPKey.import_key(text)
                return cls({"keys": [{**key.as_dict(private=key.is_private), "kid": key.thumbprint()}]})
            found = json.loads(text)
            return cls(found if "keys" in found else {"keys": [found]})
        except (JoseError, KeyError, TypeError) as error:
            raise ValueError(f"not a public key: {type(error).__name__}") from error

    def open(self, seal: bytes) -> Statement:
        """The statement of a seal whose signature fits. Raises ForeignSeal."""
        try:
            read = jws.deserialize_compact(seal, self._keys, algorithms=[ALGORITHM])
            if read.headers().get("typ") != TYPE:
                raise ForeignSeal("signed for another purpose")
            return msgspec.json.decode(read.payload, type=Statement)
        except (JoseError, ValueError, msgspec.DecodeError) as error:
            raise ForeignSeal(f"its signature is not of the audit key ({type(error).__name__})") from error


def unproven(seal: bytes) -> Statement:
    """What a seal says, its signature not looked at: only to find its anchor by. Raises ForeignSeal."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(seal.split(b".")[1] + b"=="), type=Statement)
    except (ValueError, IndexError, msgspec.DecodeError) as error:
        raise ForeignSeal("not a seal at all") from error


def digest(seal: bytes) -> str:
    """SHA-256 in hex, by which the next seal names this one."""
    return hashlib.sha256(seal).hexdigest()
