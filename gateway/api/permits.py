"""Permits, for anybody: does this one hold, and what an offline check needs. No personal data."""

import re
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel
from starlette.requests import Request

from gateway.portal import Portal

PURPOSE: Final = "check-permit"
TOKEN: Final = re.compile(r"[A-Za-z2-7]{16,700}")

router = APIRouter(tags=["permits"])


class Verdict(BaseModel):
    """What holds today; days are inclusive. A code that is no token of ours at all is `unknown`."""

    status: Literal[
        "valid", "not_yet_valid", "expired", "suspended", "superseded", "revoked", "unknown", "forged"
    ]
    kind: str | None = None
    number: str | None = None
    zone: str | None = None
    plate: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


async def verdict_on(portal: Portal, token: str) -> Verdict:
    """documents' word on a token. Raises RemoteProblem, RemoteUnavailable."""
    if not TOKEN.fullmatch(token):
        return Verdict(status="unknown")
    found = await portal.calls.get("documents", f"/verification/{quote(token)}", purpose=PURPOSE)
    return Verdict.model_validate(found)


async def passed_on(portal: Portal, path: str) -> Response:
    """A public answer of documents with its type and how long it may be kept."""
    answer = await portal.calls.request("GET", "documents", path, purpose=PURPOSE)
    kept = {"Cache-Control": answer.headers.get("cache-control", "no-store")}
    return Response(answer.content, headers=kept, media_type=answer.headers.get("content-type"))


@router.get("/verification/{token}")
async def check_permit(request: Request, token: Annotated[str, Path(max_length=1000)]) -> Verdict:
    """The token is what follows /P/ in the permit's QR code."""
    return await verdict_on(_portal(request), token)


@router.get("/status-list", response_class=Response)
async def status_list(request: Request) -> Response:
    """As version 2, for who reads version 1 alone: what is suspended is among the revoked."""
    return await passed_on(_portal(request), "/status-list")


@router.get("/status-list/2", response_class=Response)
async def status_list_2(request: Request) -> Response:
    """Permits that do not count, signed and dated (COSE_Sign1): revoked, superseded, suspended."""
    return await passed_on(_portal(request), "/status-list/2")


@router.get("/verification-keys")
async def verification_keys(request: Request) -> Any:
    """The city's public keys (JWKS)."""
    return await passed_on(_portal(request), "/verification-keys")


def _portal(request: Request) -> Portal:
    portal: Portal = request.app.state.portal
    return portal
