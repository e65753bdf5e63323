"""The status list: which permits no longer count, signed and dated, to be carried on a warden's phone.

Decision: COSE_Sign1 with Ed25519 like the token, not a JWS and not the W3C bitstring list. A browser then
verifies both with the same sixty lines and WebCrypto, a list of a thousand entries weighs 8 KB instead of
14 KB of JSON, and permits need no running index in a bit field that would tell how many there are. Hashes
instead of numbers keep the list from being read as a register; eight bytes of SHA-256 make a wrong hit as
rare as one in 10^15 for ten thousand entries.

Payload of version 2, purpose `urn:portal:permit-status:2`: a map with exactly these keys, in this order,

    1: issued at, unsigned      seconds since 1 January 1970 UTC
    2: valid until, unsigned    the same; after it the list must be fetched anew, the answer is "not known"
    3: revoked, byte string     entries of 8 bytes, ascending, one behind the other
    4: superseded, byte string  likewise
    5: suspended, byte string   likewise: not to be accepted now, and perhaps again later

Version 1, purpose `urn:portal:permit-status:1`, ends with key 4. Who reads it alone finds what is suspended
among the revoked, and never takes it for valid.

An entry is the first eight bytes of SHA-256 over the permit number in UTF-8. A permit that has expired is
left out: its token says so itself. Served as `application/cose; cose-type="cose-sign1"`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.documents.tokens.cose import BrokenToken, PublicKeys, SigningKey, TokenError
from services.documents.tokens.permit import PermitClaims

PURPOSES = {1: b"urn:portal:permit-status:1", 2: b"urn:portal:permit-status:2"}
ENTRY_BYTES = 8
CLOCK_SKEW = timedelta(minutes=5)


class StatusListOutdated(TokenError):
    """The list is genuine but not of now: past its time, or from the future of a wrong clock."""


class PermitStatus(StrEnum):
    """What a check of a genuine permit answers; revoked outweighs superseded, superseded suspended, that the
    dates."""

    VALID = "valid"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


@dataclass(frozen=True)
class StatusList:
    """A verified list; entries as `entry_of` makes them. Of version 1 nothing is suspended."""

    issued_at: datetime
    valid_until: datetime
    revoked: frozenset[bytes]
    superseded: frozenset[bytes]
    suspended: frozenset[bytes] = frozenset()


def entry_of(number: str) -> bytes:
    """How a permit number stands in the list."""
    return hashlib.sha256(number.encode()).digest()[:ENTRY_BYTES]


def sign_status_list(
    revoked: Iterable[str],
    superseded: Iterable[str],
    suspended: Iterable[str] = (),
    *,
    issued_at: datetime,
    valid_until: datetime,
    key: SigningKey,
    version: int = 2,
) -> bytes:
    """The signed list of permit numbers; times are cut to seconds."""
    body: dict[int, int | bytes] = {1: int(issued_at.timestamp()), 2: int(valid_until.timestamp())}
    if version == 1:
        body |= {3: _packed([*revoked, *suspended]), 4: _packed(superseded)}
    else:
        body |= {3: _packed(revoked), 4: _packed(superseded), 5: _packed(suspended)}
    return key.sign(body, PURPOSES[version])


def read_status_list(message: bytes, keys: PublicKeys, now: datetime, *, version: int = 2) -> StatusList:
    """A genuine and current list. Raises BrokenToken, UnknownKey, ForgedToken, StatusListOutdated."""
    match keys.open(message, PURPOSES[version]):
        case {1: issued, 2: until, 3: bytes(revoked), 4: bytes(superseded), **rest} if (
            len(rest) == version - 1
        ):
            read = StatusList(
                _moment(issued), _moment(until), _entries(revoked), _entries(superseded),
                _entries(rest.get(5) if version == 2 else b""),
            )  # fmt: skip
        case _:
            raise BrokenToken("not a status list")
    if not read.issued_at - CLOCK_SKEW <= now <= read.valid_until:
        raise StatusListOutdated(f"issued {read.issued_at:%Y-%m-%dT%H:%MZ}")
    return read


def judge(claims: PermitClaims, listed: StatusList, today: date) -> PermitStatus:
    """The answer for a genuine token on the day `today` (in the city's time zone)."""
    entry = entry_of(claims.number)
    if entry in listed.revoked:
        return PermitStatus.REVOKED
    if entry in listed.superseded:
        return PermitStatus.SUPERSEDED
    if entry in listed.suspended:
        return PermitStatus.SUSPENDED
    if today > claims.valid_until:
        return PermitStatus.EXPIRED
    return PermitStatus.VALID if today >= claims.valid_from else PermitStatus.NOT_YET_VALID


def _packed(numbers: Iterable[str]) -> bytes:
    return b"".join(sorted({entry_of(number) for number in numbers}))


def _entries(packed: Any) -> frozenset[bytes]:
    if not isinstance(packed, bytes) or len(packed) % ENTRY_BYTES:
        raise BrokenToken("entries cut off")
    return frozenset(packed[at : at + ENTRY_BYTES] for at in range(0, len(packed), ENTRY_BYTES))


def _moment(seconds: Any) -> datetime:
    if type(seconds) is not int or not 0 <= seconds < 2**33:
        raise BrokenToken("not a time")
    return datetime.fromtimestamp(seconds, UTC)
