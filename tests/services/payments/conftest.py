"""Payments at work on real servers, beside the sandbox bank."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from services.payments.wiring import SERVICE
from shared.testing import CallerMint, Running, running
from tests.deploy.sandbox.serving import MERCHANT, PASSPHRASES, PROJECTS, Sandbox, Shop, running_sandbox
from tests.services.payments.paying import PORTAL, Citizen
from tests.serving import serving


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("bank")) as sandbox:
        yield sandbox


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Stands where the gateway stands: keeps what the bank sends to the notify address."""
    shop = Shop()

    async def notified(request: Any) -> Any:
        shop.queries.append(request.scope["query_string"])
        return Response(status_code=200)

    app = Starlette(routes=[Route("/zahlung/girocheckout/notify", notified)])
    with serving(app) as url:
        shop.url = url
        yield shop


@pytest.fixture
async def payments(
    request: pytest.FixtureRequest,
    postgres_url: str,
    amqp_url: str,
    tmp_path: Path,
    mint: CallerMint,
    bank: Sandbox,
    shop: Shop,
) -> AsyncIterator[Running]:
    secrets = tmp_path / "payments"
    secrets.mkdir()
    (secrets / "girocheckout_passphrases.json").write_text(json.dumps(PASSPHRASES))
    async with running(
        SERVICE, postgres_url, amqp_url, secrets, mint=mint, public_url=PORTAL, payments_public_url=shop.url,
        girocheckout_base_url=bank.api, girocheckout_merchant_id=MERCHANT, girocheckout_projects=PROJECTS,
        **getattr(request, "param", {}),
    ) as found:  # fmt: skip
        yield found


@pytest.fixture
async def citizen(payments: Running) -> Citizen:
    citizen = Citizen(payments)
    await citizen.owes()
    return citizen
