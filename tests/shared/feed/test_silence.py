"""A relay whose broker falls silent in the middle of its work: nothing is lost, and it goes on."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.feed import relay
from shared.ids import new_id
from shared.testing import CallerMint, Running, running
from tests.faults.proxy import Wire
from tests.shared.toy.library import LIBRARY, Loan

pytestmark = pytest.mark.integration


async def lend(library: Running) -> None:
    unit = library.runtime.unit()
    loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
    await unit.save(loan, subject=new_id())
    await unit.commit()


async def published(library: Running, count: int) -> None:
    async with asyncio.timeout(40):
        while await library.runtime.pool.fetchval("SELECT published FROM relay_cursor") != count:
            await asyncio.sleep(0.05)


class TestARelay:
    @pytest.mark.parametrize("silent", [0.5, 7.0])
    async def test_publishes_after_a_silence_what_it_could_not(
        self, postgres_url: str, amqp_url: str, tmp_path: Any, mint: CallerMint, monkeypatch: Any,
        silent: float,
    ) -> None:  # fmt: skip
        """Shorter, and longer than the connection takes to find out (heartbeats of one second)."""
        monkeypatch.setattr(relay, "TIMEOUT", 1.0 if silent < 1 else 20.0)
        async with Wire(urlsplit(amqp_url).port or 5672).listening() as wire:
            url = f"{wire.of(amqp_url)}?heartbeat=1"
            async with running(LIBRARY, postgres_url, url, tmp_path, mint=mint) as library:
                await lend(library)
                await published(library, 1)
                silence = asyncio.create_task(wire.silence(silent))
                await asyncio.sleep(0)
                for _ in range(5):
                    await lend(library)
                await silence
                await published(library, 6)
