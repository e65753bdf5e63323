"""A subscription behind a wire that falls silent: it is left for a new one once the silence is over."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika
import pytest

from shared.bus import broker
from shared.bus.broker import BrokerNames, Subscription
from tests.faults.proxy import Wire

pytestmark = pytest.mark.integration


@pytest.fixture
async def wire(amqp_url: str) -> AsyncIterator[Wire]:
    async with Wire(urlsplit(amqp_url).port or 5672).listening() as wire:
        yield wire


@pytest.fixture
async def names(amqp_url: str) -> AsyncIterator[BrokerNames]:
    names = BrokerNames(f"test-{uuid4().hex[:8]}.", "portal.events")
    yield names
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for queue in (names.queue("archive"), names.dead("archive")):
            await channel.queue_delete(queue)
        await channel.exchange_delete(names.exchange)


async def consumers(amqp_url: str, names: BrokerNames) -> int:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        try:
            queue = await channel.declare_queue(names.queue("archive"), passive=True)
        except aio_pika.exceptions.AMQPError:
            return 0
        return int(queue.declaration_result.consumer_count or 0)


class TestASubscription:
    @pytest.mark.parametrize("moment", ["at_rest", "while_watching"])
    async def test_consumes_again_after_a_silence(
        self, amqp_url: str, wire: Wire, names: BrokerNames, monkeypatch: Any, moment: str
    ) -> None:
        monkeypatch.setattr(broker, "WATCH_SECONDS", 0.05 if moment == "while_watching" else 3.0)
        monkeypatch.setattr("tests.faults.proxy.SERVER_NOTICES", 4.0)
        subscription = Subscription(f"{wire.of(amqp_url)}?heartbeat=1", names, "archive", {})
        subscription.start()
        async with asyncio.timeout(60):
            while not await consumers(amqp_url, names):
                await asyncio.sleep(0.1)
            await wire.silence(4.0)
            while await consumers(amqp_url, names):
                await asyncio.sleep(0.1)
            while not await consumers(amqp_url, names):
                await asyncio.sleep(0.1)
        assert subscription._keeper is not None
        assert not subscription._keeper.done()
        await subscription.close()
