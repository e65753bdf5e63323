"""The permit token: who may park where until when, provable without a network.

It names the vehicle and the zone, never a person. Payload of the COSE_Sign1 message (`cose.py`), purpose
`urn:portal:permit-token:1`: a map with exactly these keys, in this order,

    1: permit number, text      "BPA-26-004711"
    2: plate, text              "LIN-AB 123", as printed
    3: zone code, text          "07"
    4: first day, unsigned      days since 1 January 1970
    5: last day, unsigned       days since 1 January 1970, still valid on it

About 120 bytes. The QR code holds `HTTPS://<HOST>/P/<TOKEN>`, all in upper case, the token in base32 (RFC
4648) without padding: the alphanumeric mode of a QR code, version 8 or 9 with error correction M. Readers
ignore case in the whole URL.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from services.documents.tokens.cose import (
    BrokenToken,
    PublicKeys,
    SigningKey,
    base32_bytes,
    base32_text,
)

PURPOSE = b"urn:portal:permit-token:1"
EPOCH = date(1970, 1, 1)
NUMBER, PLATE, ZONE, FIRST_DAY, LAST_DAY = 1, 2, 3, 4, 5
TOKEN_IN_URL = re.compile(r"(?:https?://[^/?#\s]+)?/p/([a-z2-7]+)/?", re.IGNORECASE)
BARE_TOKEN = re.compile(r"[a-z2-7]+", re.IGNORECASE)


@dataclass(frozen=True)
class PermitClaims:
    """What the city asserts. Both days are included."""

    number: str
    plate: str
    zone: str
    valid_from: date
    valid_until: date


def issue_permit_token(claims: PermitClaims, key: SigningKey) -> bytes:
    """The signed token's bytes; the same claims and key give the same bytes."""
    return key.sign(
        {
            NUMBER: claims.number,
            PLATE: claims.plate,
            ZONE: claims.zone,
            FIRST_DAY: (claims.valid_from - EPOCH).days,
            LAST_DAY: (claims.valid_until - EPOCH).days,
        },
        PURPOSE,
    )


def read_permit_token(token: bytes, keys: PublicKeys) -> PermitClaims:
    """The claims of a genuine token, whatever its dates. Raises BrokenToken, UnknownKey, ForgedToken."""
    match keys.open(token, PURPOSE):
        case {1: str(number), 2: str(plate), 3: str(zone), 4: first, 5: last, **rest} if not rest:
            return PermitClaims(number, plate, zone, _day(first), _day(last))
        case _:
            raise BrokenToken("not a permit's claims")


def token_url(token: bytes, public_url: str) -> str:
    """The text of the QR code. `public_url` is the portal's address, its path ignored.

    Raises ValueError for an address without a host.
    """
    parts = urlsplit(public_url)
    if not parts.netloc:
        raise ValueError("the public address has no host")
    return f"{parts.scheme}://{parts.netloc}/p/".upper() + base32_text(token)


def token_from_text(text: str) -> bytes:
    """The token in what a camera read or a person typed: the URL, its path, or the bare token.

    Says nothing about whether it is genuine, nor whose host the URL names. Raises BrokenToken.
    """
    trimmed = text.strip()
    found = TOKEN_IN_URL.fullmatch(trimmed)
    if found:
        return base32_bytes(found[1])
    if BARE_TOKEN.fullmatch(trimmed):
        return base32_bytes(trimmed)
    raise BrokenToken("no token in it")


def _day(days: Any) -> date:
    # A bool is an int to Python, and the calendar ends in the year 9999.
    if type(days) is not int or not 0 <= days < 2_932_897:
        raise BrokenToken("not a day")
    return EPOCH + timedelta(days=days)
