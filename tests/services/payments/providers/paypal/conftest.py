from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.deploy.sandbox.paypal_serving import Listener, PayPalSandbox, running_listener, running_paypal
from tests.services.payments.providers.paypal.paying import SandboxPayer
from tests.services.payments.providers.paypal.posting import Net


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PayPalSandbox, Listener]]:
    with running_paypal() as sandbox, running_listener() as listener:
        yield sandbox, listener


@pytest.fixture
def payer(servers: tuple[PayPalSandbox, Listener]) -> SandboxPayer:
    """At a sandbox with an empty book, whose webhooks come here."""
    sandbox, listener = servers
    sandbox.reset()
    listener.forget()
    sandbox.send_to(listener.url)
    return SandboxPayer(sandbox, listener)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
async def memory(net: Net) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(net)) as client:
        yield client
