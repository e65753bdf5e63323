"""Servers shared by a whole test session: whichever are found, else private ones."""

import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import certifi
import pytest

from deploy.local.testservers import postgres_for_tests, rabbitmq_for_tests
from shared.observe.logs import configure_logging
from shared.testing import CallerMint
from shared.testing.kept import keeping

configure_logging("test", "warning")


@pytest.fixture(scope="session", autouse=True)
def authorities_read_once() -> Iterator[None]:
    """To read the world's certification authorities takes longer than many a test, and each client does."""
    create, world = ssl.create_default_context, ssl.create_default_context(cafile=certifi.where())

    def created(*purpose: ssl.Purpose, **given: Any) -> ssl.SSLContext:
        if not purpose and given == {"cafile": certifi.where()}:
            return world
        return create(*purpose, **given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ssl, "create_default_context", created)
        yield


@pytest.fixture(scope="session")
async def postgres_url() -> AsyncIterator[str]:
    """An administrator's URL; tests make databases of their own, and give them back."""
    with postgres_for_tests() as url:
        async with keeping(url):
            yield url


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    """A broker; each service under test keeps to a name prefix of its own."""
    with rabbitmq_for_tests() as broker:
        yield broker.url


@pytest.fixture(scope="session")
def mint() -> CallerMint:
    """Signs caller tokens as identity would."""
    return CallerMint()
