"""Identity at work on real servers, with a mail server that keeps what it gets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from aiosmtpd.smtp import SMTP

from services.identity.wiring import SERVICE
from shared.testing import CallerMint, FixedClock, running
from tests.services.identity.gateway_side import Applications, Identity, Mailbox, Payments, write_own_secrets
from tests.serving import serving


@pytest.fixture(scope="session")
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="mail.test", loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()


@pytest.fixture(scope="session")
def applications() -> Iterator[Applications]:
    found = Applications()
    with serving(found.app()) as url:
        found.url = url
        yield found


@pytest.fixture(scope="session")
def payments() -> Iterator[Payments]:
    found = Payments()
    with serving(found.app()) as url:
        found.url = url
        yield found


@pytest.fixture(scope="session")
async def identity(
    postgres_url: str,
    amqp_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    mailbox: Mailbox,
    mint: CallerMint,
    applications: Applications,
    payments: Payments,
) -> AsyncIterator[Identity]:
    """One for all tests, each with addresses of its own. Its clock begins now and is only moved on."""
    tmp_path = tmp_path_factory.mktemp("identity")
    clock = FixedClock(datetime.now(UTC))
    write_own_secrets(tmp_path, mint)
    async with running(
        SERVICE,
        postgres_url,
        amqp_url,
        tmp_path,
        mint=mint,
        clock=clock,
        applications_url=applications.url,
        payments_url=payments.url,
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        public_url="https://portal.test",
        argon2_memory_kib=64,
        argon2_passes=1,
        argon2_threads=1,
    ) as found:
        yield Identity(found, mailbox, clock)
