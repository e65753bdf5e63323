"""Servers shared by a whole test session: whichever are found, else private ones."""

from collections.abc import Iterator

import pytest

from deploy.local.testservers import postgres_for_tests, rabbitmq_for_tests
from shared.observe.logs import configure_logging
from shared.testing import CallerMint

configure_logging("test", "warning")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An administrator's URL; tests make databases of their own."""
    with postgres_for_tests() as url:
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
