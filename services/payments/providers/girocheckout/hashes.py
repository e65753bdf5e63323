"""GiroCheckout's authentication: HMAC-MD5, lower-case hex, keyed with the project's passphrase.

The provider dictates the algorithm. It is wrapped here and used nowhere else. Requests and notifications hash
the field values joined without a separator, responses hash the raw body.
Source: api.girocheckout.de, "Generate hash"; test vectors there.
"""

import hmac
from collections.abc import Iterable


def of_bytes(passphrase: str, message: bytes) -> str:
    return hmac.new(passphrase.encode(), message, "md5").hexdigest()


def of_values(passphrase: str, values: Iterable[str]) -> str:
    """Hash of the values in the given order; an empty value adds nothing, as at the provider."""
    return of_bytes(passphrase, "".join(values).encode())


def matches(passphrase: str, message: bytes, claimed: str) -> bool:
    """Constant-time comparison of a claimed hash; never raises, whatever was claimed."""
    return hmac.compare_digest(of_bytes(passphrase, message).encode(), claimed.encode("utf-8", "replace"))
