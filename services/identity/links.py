"""Tokens of links in mails: 256 bits that nobody can compute without this service's secret key.

A token is a keyed digest of a random seed. The task that mails it keeps the seed alone, so the token is
nowhere at rest, and a mail that is sent again carries the same link. The log keeps the token's SHA-256.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_SCOPE: Final = "mail-link"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Links:
    """Makes tokens with the service's keyed digest `(scope, value) -> 32 bytes`."""

    digest: Callable[[str, str], bytes]

    def token(self, seed: str) -> str:
        """The token that belongs to a seed: 43 characters, URL-safe base64 without padding."""
        return base64.urlsafe_b64encode(self.digest(_SCOPE, seed)).rstrip(b"=").decode()

    def stored(self, seed: str) -> str:
        """What the log keeps of the token of this seed."""
        return digest_of(self.token(seed))


def new_seed() -> str:
    """128 random bits as text."""
    return secrets.token_hex(16)


def digest_of(token: str) -> str:
    """SHA-256 of a token as it came from outside, in hex; of anything that cannot be one, an empty text."""
    return hashlib.sha256(token.encode()).hexdigest() if _TOKEN.fullmatch(token) else ""
