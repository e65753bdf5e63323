"""Payments on real servers, with a bank that is a folder; its recurring tasks are the test's to run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.payments.wiring import SERVICE
from shared.testing import CallerMint, running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.serving import MERCHANT, PROJECTS
from tests.services.payments.bank.town import NOW, Town, secrets_of


@pytest.fixture
async def town(postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint) -> AsyncIterator[Town]:
    clock = FixedClock(NOW)
    async with running(
        SERVICE, postgres_url, amqp_url, secrets_of(tmp_path / "secrets"), mint=mint, clock=clock,
        public_url="http://portal.test", girocheckout_base_url="http://127.0.0.1:9/",
        girocheckout_merchant_id=MERCHANT, girocheckout_projects=PROJECTS,
    ) as payments:  # fmt: skip
        yield Town(payments, clock, tmp_path / "bank")
