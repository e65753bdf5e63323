"""What anybody may ask: does this permit hold? No personal data, and nothing that a token does not show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Final

import asyncpg
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from services.documents.composing import Composer
from services.documents.queries import document_by_number, permits_not_in_force, status_of
from services.documents.tokens import (
    PermitClaims,
    PublicKeys,
    TokenError,
    read_permit_token,
    sign_status_list,
    token_from_text,
)
from services.documents.tokens.status import PURPOSES
from shared.service import Runtime

STATUS_LIST_TYPE: Final = 'application/cose; cose-type="cose-sign1"'
FRESH: Final = timedelta(seconds=30)
LONGEST_TOKEN: Final = 700


class Verdict(BaseModel):
    """`status`: valid, not_yet_valid, expired, suspended, superseded, revoked; unknown for a number we never
    gave; forged for what no key of ours has signed. Both days are included."""

    status: str
    kind: str | None = None
    number: str | None = None
    zone: str | None = None
    plate: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


FORGED: Final = Verdict(status="forged")


@dataclass(slots=True)
class StatusListKeeper:
    """The signed list of permits that do not count, by version, made anew every 30 seconds at most."""

    runtime: Runtime
    composer: Composer
    _made: dict[int, bytes] = field(default_factory=dict)
    _until: datetime | None = field(default=None)

    async def current(self, version: int) -> bytes:
        now = self.runtime.clock.now()
        if self._until is None or now >= self._until:
            listed = await permits_not_in_force(self.runtime.pool, self.composer.today(now))
            self._made = {one: self._signed(listed, now, one) for one in PURPOSES}
            self._until = now + FRESH
        return self._made[version]

    def forget(self) -> None:
        """Something was revoked here: the next asker gets a new list."""
        self._until = None

    def _signed(self, listed: Mapping[str, list[str]], now: datetime, version: int) -> bytes:
        return sign_status_list(
            listed["revoked"],
            listed["superseded"],
            listed["suspended"],
            issued_at=now,
            valid_until=now + timedelta(hours=self.runtime.settings.status_list_hours),
            key=self.composer.permit_key,
            version=version,
        )


def router(
    runtime: Runtime, composer: Composer, keys: PublicKeys, status_list: StatusListKeeper
) -> APIRouter:
    """Public; the gateway limits the rate."""
    routes = APIRouter(tags=["verification"])

    @routes.get("/verification/{token}")
    async def verify(token: Annotated[str, Path(max_length=LONGEST_TOKEN)], response: Response) -> Verdict:
        response.headers["Cache-Control"] = "no-store"
        try:
            signed = token_from_text(token)
            claims = read_permit_token(signed, keys)
        except TokenError:
            return FORGED
        row = await document_by_number(runtime.pool, claims.number)
        return judged(claims, signed, row, composer.today(runtime.clock.now()))

    @routes.get("/verification-keys")
    async def verification_keys(response: Response) -> dict[str, Any]:
        """The public keys by `kid`, current and earlier (JWKS, RFC 8037)."""
        response.headers["Cache-Control"] = "public, max-age=300"
        return keys.to_jwks()

    @routes.get("/status-list", response_class=Response)
    async def first_version() -> Response:
        """For who reads version 1 alone: what is suspended is among the revoked."""
        return await listed(1)

    @routes.get("/status-list/2", response_class=Response)
    async def second_version() -> Response:
        """Signed and dated (COSE_Sign1), for checks without a network."""
        return await listed(2)

    async def listed(version: int) -> Response:
        headers = {"Cache-Control": f"public, max-age={FRESH.seconds}"}
        return Response(await status_list.current(version), media_type=STATUS_LIST_TYPE, headers=headers)

    return routes


def judged(claims: PermitClaims, signed: bytes, row: asyncpg.Record | None, today: date) -> Verdict:
    """The verdict on a genuine token. One that we did not issue for this number is forged, whoever signed."""
    if row is None:
        return Verdict(status="unknown")
    if row["token_digest"] != sha256(signed).hexdigest():
        return FORGED
    return Verdict(
        status=status_of(row, today),
        kind=row["kind"],
        number=claims.number,
        zone=claims.zone,
        plate=claims.plate,
        valid_from=claims.valid_from,
        valid_until=claims.valid_until,
    )
