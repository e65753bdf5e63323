"""COSE_Sign1 with Ed25519 (RFC 9052, RFC 9053), in the one shape this portal uses.

Byte format, for a verifier written elsewhere (a browser's needs no CBOR library):

    message   = D2 84  protected  A0  payload  signature
    protected = 49  A2  01 27  04 44 <kid: 4 bytes>          (a byte string holding {1: -8, 4: kid})
    A0        = the empty map of unprotected headers
    payload   = a CBOR byte string, itself deterministic CBOR (RFC 8949, 4.2.1)
    signature = 58 40 <64 bytes>

Ed25519 signs this array (the Sig_structure), again as deterministic CBOR:

    84  6A "Signature1"  protected  external_aad  payload

with `external_aad` a byte string that names the purpose in ASCII: `urn:portal:permit-token:1` or
`urn:portal:permit-status:1`. It is not transmitted; it keeps a list from being taken for a permit and costs
no module of the QR code. WebCrypto: `crypto.subtle.verify("Ed25519", key, signature, sigStructure)`.

A CBOR head is one byte, three bits of type (0 unsigned, 2 bytes, 3 text, 4 array, 5 map) and five bits of
value: below 24 the value itself, 24, 25, 26, 27 the value in the next 1, 2, 4 or 8 bytes, big-endian. No
other types, no indefinite lengths, no floats occur. The key id is the first four bytes of SHA-256 over the 32
bytes of the raw public key; it chooses among keys and proves nothing.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM, KEY_ID = 1, 4
EDDSA = -8
COSE_SIGN1 = 18
KEY_ID_BYTES = 4
EMPTY_MAP = b"\xa0"
MAX_BYTES = 1_000_000


class TokenError(Exception):
    """Base of the three ways in which a token does not count."""


class BrokenToken(TokenError):
    """Not a token at all: cut off, mistyped, or something else that was scanned."""


class UnknownKey(TokenError):
    """A well-formed token by a key that is not ours: another city's, or an invented one."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"no key {key_id}")
        self.key_id = key_id


class ForgedToken(TokenError):
    """It names one of our keys, but the signature does not fit."""


def key_id(key: Ed25519PublicKey) -> bytes:
    """The four bytes that name `key` in a token."""
    return hashlib.sha256(key.public_bytes_raw()).digest()[:KEY_ID_BYTES]


class SigningKey:
    """The city's Ed25519 key for permits, from `permit_token_key.pem`."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._protected = cbor2.dumps({ALGORITHM: EDDSA, KEY_ID: key_id(key.public_key())}, canonical=True)

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        """Raises ValueError when it is not an unencrypted Ed25519 private key."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the permit token key is not an Ed25519 key")
        return cls(key)

    @property
    def public(self) -> Ed25519PublicKey:
        return self._key.public_key()

    def sign(self, payload: Any, purpose: bytes) -> bytes:
        """The COSE_Sign1 message over `payload` (what CBOR can hold) for one purpose."""
        body = cbor2.dumps(payload, canonical=True)
        signature = self._key.sign(_to_be_signed(self._protected, body, purpose))
        return cbor2.dumps(cbor2.CBORTag(COSE_SIGN1, [self._protected, {}, body, signature]))


class PublicKeys:
    """The keys that count, the current one and those before it, by key id."""

    def __init__(self, keys: Iterable[Ed25519PublicKey]) -> None:
        self._keys = {key_id(key): key for key in keys}

    @classmethod
    def from_jwks(cls, jwks: Mapping[str, Any]) -> "PublicKeys":
        """Read what `to_jwks` wrote. Raises ValueError."""
        try:
            raw = [_unpadded(base64.urlsafe_b64decode, key["x"]) for key in jwks["keys"]]
        except (KeyError, TypeError) as error:
            raise ValueError("not a key set") from error
        return cls(Ed25519PublicKey.from_public_bytes(key) for key in raw)

    def to_jwks(self) -> dict[str, Any]:
        """A JSON Web Key Set (RFC 8037) that WebCrypto imports; `kid` is the key id in hexadecimal."""
        return {
            "keys": [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "use": "sig",
                    "kid": name.hex(),
                    "x": base64.urlsafe_b64encode(key.public_bytes_raw()).decode().rstrip("="),
                }
                for name, key in self._keys.items()
            ]
        }

    def open(self, message: bytes, purpose: bytes) -> Any:
        """The payload of a message whose signature fits. Raises BrokenToken, UnknownKey, ForgedToken."""
        protected, body, signature, name = _taken_apart(message)
        key = self._keys.get(name)
        if key is None:
            raise UnknownKey(name.hex())
        try:
            key.verify(signature, _to_be_signed(protected, body, purpose))
        except InvalidSignature:
            raise ForgedToken("the signature does not fit") from None
        return _decoded(body)


def _to_be_signed(protected: bytes, body: bytes, purpose: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, purpose, body])


def _taken_apart(message: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    if len(message) > MAX_BYTES:
        raise BrokenToken("too long")
    match _decoded(message):
        case cbor2.CBORTag(tag=18, value=(bytes(protected), unprotected, bytes(body), bytes(signature))):
            if cbor2.dumps(unprotected) != EMPTY_MAP:
                raise BrokenToken("unprotected headers")
        case _:
            raise BrokenToken("not a COSE_Sign1 message")
    match _decoded(protected):
        case {1: -8, 4: bytes(name), **rest} if not rest:
            return protected, body, signature, name
        case _:
            raise BrokenToken("other headers than algorithm EdDSA and a key id")


def _decoded(data: bytes) -> Any:
    """One CBOR item and nothing behind it."""
    try:
        item = cbor2.loads(data)
        if cbor2.dumps(item, canonical=True) != data:
            raise BrokenToken("not deterministic CBOR")
    except BrokenToken:
        raise
    except Exception as error:
        # The decoder raises its own, ValueError, OverflowError and RecursionError for hostile bytes.
        raise BrokenToken("not CBOR") from error
    return item


def base32_text(data: bytes) -> str:
    """RFC 4648 base32 without padding: upper case and digits, the QR code's compact alphabet."""
    return base64.b32encode(data).decode("ascii").rstrip("=")


def base32_bytes(text: str) -> bytes:
    """The opposite, in either case. Raises BrokenToken."""
    try:
        return _unpadded(lambda padded: base64.b32decode(padded, casefold=True), text, 8)
    except (binascii.Error, ValueError) as error:
        raise BrokenToken("not base32") from error


def _unpadded(decode: Any, text: str, block: int = 4) -> bytes:
    return bytes(decode(text + "=" * (-len(text) % block)))
