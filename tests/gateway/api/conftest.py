"""A gateway before stand-ins of the services, and somebody who is signed in."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.assets.serving import Assets
from tests.gateway.api.standin import Services, browsing, gateway_before


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
async def gateway(services: Services, assets: Assets, tmp_path: Path) -> AsyncIterator[str]:
    async with gateway_before(services, tmp_path) as address:
        yield address


@pytest.fixture
async def visitor(gateway: str) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(gateway) as client:
        yield client


@pytest.fixture
async def citizen(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in, and with the token for unsafe requests."""
    services.sign_in("kim", "citizen")
    async with browsing(gateway, "kim") as client:
        client.headers["X-CSRF-Token"] = (await client.get("/api/v1/session")).json()["csrf"]
        yield client
