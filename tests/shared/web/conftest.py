"""A signer as identity has one, and an app with a few routes that stand for a service."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Annotated

import httpx
import pytest
from cryptography.hazmat.primitives import serialization as formats
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, Field

from shared.observe.tracing import configure_tracing
from shared.web.app import create_app
from shared.web.probes import Probes
from shared.web.problems import Problem
from shared.web.token_signing import CallerTokenSigner
from shared.web.tokens import Caller, CallerTokens, require, require_service

ACCOUNT = "01890000-0000-7000-8000-000000000001"
AUDIENCE = "lamps"


def make_signer() -> CallerTokenSigner:
    pem = Ed25519PrivateKey.generate().private_bytes(
        formats.Encoding.PEM, formats.PrivateFormat.PKCS8, formats.NoEncryption()
    )
    return CallerTokenSigner(pem)


@pytest.fixture(scope="session")
def signer() -> CallerTokenSigner:
    return make_signer()


@pytest.fixture(scope="session")
def token_for(signer: CallerTokenSigner) -> Callable[..., str]:
    def sign(*roles: str, subject: str = ACCOUNT, kind: str = "account", audience: str = AUDIENCE) -> str:
        now = datetime.now(UTC)
        return signer.sign(subject, kind, roles, audience, "own-lamp", "mail", now)  # type: ignore[arg-type]

    return sign


class Lamp(BaseModel):
    colour: str = Field(max_length=8)
    watts: int


def lamps_router() -> APIRouter:
    router = APIRouter(prefix="/lamps")

    @router.get("/{lamp_id}")
    async def lamp(
        lamp_id: int, caller: Annotated[Caller, Depends(require("citizen", "clerk"))]
    ) -> dict[str, object]:
        return {"lamp": lamp_id, "for": caller.subject, "purpose": caller.purpose}

    @router.post("", status_code=201)
    async def add(lamp: Lamp) -> Lamp:
        return lamp

    @router.post("/photo")
    async def photo(lamp: Lamp) -> int:
        return lamp.watts

    @router.post("/dark")
    async def dark() -> None:
        raise RuntimeError("the canary anna.canary@example.org sings")

    @router.post("/burnt")
    async def burnt() -> None:
        raise Problem("lamp_burnt", 409, "The lamp is burnt", "Buy another.", since=1999)

    @router.get("/inside/feed")
    async def feed(caller: Annotated[Caller, Depends(require_service("applications"))]) -> str:
        return caller.subject

    return router


@pytest.fixture
def probes() -> Probes:
    return Probes()


@pytest.fixture
def app(signer: CallerTokenSigner, probes: Probes) -> FastAPI:
    configure_tracing("lamps")
    return create_app(
        AUDIENCE,
        "1.0",
        [lamps_router()],
        caller_tokens=CallerTokens(signer.public_jwks(), AUDIENCE),
        probes=probes,
        body_limit=1000,
        body_limits={"/lamps/photo": 5000},
    )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://lamps") as client,
    ):
        yield client
