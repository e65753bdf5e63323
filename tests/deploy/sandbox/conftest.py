from collections.abc import Iterator

import pytest

from tests.deploy.sandbox.paypal_serving import Listener, PayPalSandbox, running_listener, running_paypal
from tests.deploy.sandbox.serving import Sandbox, Shop, running_sandbox, running_shop
from tests.deploy.sandbox.xbezahldienste_serving import PlatformSandbox, running_platform


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture
def sandbox(bank: Sandbox) -> Sandbox:
    """The one bank of the session, with an empty book and nothing told."""
    bank.reset()
    return bank


@pytest.fixture(scope="session")
def corner_shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


@pytest.fixture
def shop(corner_shop: Shop) -> Shop:
    """The one shop of the session, having heard nothing yet."""
    corner_shop.forget()
    return corner_shop


@pytest.fixture(scope="session")
def one_paypal() -> Iterator[PayPalSandbox]:
    with running_paypal() as running:
        yield running


@pytest.fixture
def paypal(one_paypal: PayPalSandbox) -> PayPalSandbox:
    """The one PayPal of the session, with an empty book, nothing told, and webhooks going nowhere."""
    one_paypal.reset()
    return one_paypal


@pytest.fixture
def listener() -> Iterator[Listener]:
    with running_listener() as running:
        yield running


@pytest.fixture(scope="session")
def one_platform() -> Iterator[PlatformSandbox]:
    with running_platform() as running:
        yield running


@pytest.fixture
def platform(one_platform: PlatformSandbox) -> PlatformSandbox:
    """The one paying platform of the session, with an empty book and nothing told."""
    one_platform.reset()
    return one_platform
