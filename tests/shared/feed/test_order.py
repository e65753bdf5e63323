"""The feed follows the numbers of transactions, whatever their length."""

import asyncio

import asyncpg
import pytest

from shared.bus.envelope import read
from shared.feed.sequencer import Sequencer, page
from tests.shared.log.conftest import Log, databases, log
from tests.shared.toy.library import LIBRARY

pytestmark = pytest.mark.integration
__all__ = ["databases", "log"]
RENUMBERED = "UPDATE event SET xid = $1::text::xid8 WHERE stream_id = $2"


class TestTheFeed:
    async def test_has_the_hundredth_transaction_after_the_ninety_ninth_and_once(self, log: Log) -> None:
        """As texts they would stand the other way round, and the later one be read again or left out."""
        loans = [await log.lend() for _ in range(2)]
        owner = await asyncpg.connect(log.databases.owner_log)
        for xid, loan in zip(("99", "100"), loans, strict=True):
            await owner.execute(RENUMBERED, xid, loan.id)
        await owner.close()
        sequencer = Sequencer(log.pool, LIBRARY.published)
        async with asyncio.timeout(10):
            while (await sequencer.run_once())[0] < 2:
                await asyncio.sleep(0.02)
        assert (await sequencer.run_once())[0] == 2
        feed = [read(raw).subject for _, raw in await page(log.pool, 0, 10)]
        assert feed == [str(loan.id) for loan in loans]
