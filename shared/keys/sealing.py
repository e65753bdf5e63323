"""Encryption with one citizen's key, and the keyed digest that look-ups go through."""

import hashlib
import hmac
import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class SealBroken(ValueError):
    """A ciphertext does not open here: moved, altered, or sealed with another key."""


class DataKey:
    """AES-256-GCM with a random 96-bit nonce before the ciphertext (NIST SP 800-38D)."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._aead = AESGCM(raw)

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        """nonce (12) ‖ ciphertext ‖ tag (16)."""
        nonce = os.urandom(NONCE)
        return nonce + self._aead.encrypt(nonce, plain, aad)

    def seal_same(self, plain: bytes, aad: bytes) -> bytes:
        """Like `seal`, yet the same input gives the same bytes, so a rebuilt read model can be compared.

        The nonce is a digest of key, place and content: it repeats only where both repeat.
        """
        nonce = hmac.digest(self._raw, b"nonce|" + aad + b"|" + plain, hashlib.sha256)[:NONCE]
        return nonce + self._aead.encrypt(nonce, plain, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain text. Raises SealBroken."""
        try:
            return self._aead.decrypt(sealed[:NONCE], sealed[NONCE:], aad)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("a sealed value does not open with this key at this place") from error


def lookup(secret: bytes) -> Callable[[str, str], bytes]:
    """A keyed digest `(scope, value) -> 32 bytes` for uniqueness and search without the value itself."""

    def digest(scope: str, value: str) -> bytes:
        return hmac.digest(secret, f"{scope}\x00{value}".encode(), hashlib.sha256)

    return digest
