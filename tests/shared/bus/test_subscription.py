"""The consuming side on a real broker."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import aio_pika
import pytest

from shared.bus.broker import BrokerNames, Subscription, declare_exchange
from shared.bus.envelope import Envelope, write
from shared.bus.inbox import Inbox

pytestmark = pytest.mark.integration


class Handling:
    """Stands where the inbox stands: `deliver` returns once the effects are committed."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.committed = asyncio.Event()

    async def deliver(self, envelope: Envelope, *, redelivered: bool = False) -> None:
        self.begun.set()
        await self.committed.wait()


def settled() -> Envelope:
    kind = "payments.payment_settled.v1"
    return Envelope(
        id=uuid4(), source="portal/payments", type=kind, subject="s", time=datetime.now(UTC), sequence=1,
        data={}, streamversion=1,
    )  # fmt: skip


class Bench:
    """A queue of our own, and how many messages wait in it when nobody consumes."""

    def __init__(self, url: str, channel: Any, names: BrokerNames) -> None:
        self.url, self.channel, self.names = url, channel, names

    def subscription(self, handling: Handling) -> Subscription:
        inbox = cast(Inbox, handling)
        return Subscription(self.url, self.names, "office", {"payments": inbox})

    async def publish(self, event: Envelope) -> None:
        """Until a queue is bound that takes it."""
        exchange = await declare_exchange(self.channel, self.names)
        while True:
            try:
                await exchange.publish(aio_pika.Message(write(event)), event.type, mandatory=True)
                return
            except aio_pika.exceptions.PublishError:
                await asyncio.sleep(0.05)

    async def waiting(self) -> int:
        queue = await self.channel.declare_queue(self.names.queue("office"), passive=True)
        return int(queue.declaration_result.message_count)

    async def waits_for(self, messages: int) -> None:
        async with asyncio.timeout(10):
            while await self.waiting() != messages:
                await asyncio.sleep(0.05)


@pytest.fixture
async def bench(amqp_url: str) -> AsyncIterator[Bench]:
    names = BrokerNames(f"test-{uuid4().hex[:8]}.", "portal.events")
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel(on_return_raises=True)
        yield Bench(amqp_url, channel, names)
        for queue in (names.queue("office"), names.dead("office")):
            await channel.queue_delete(queue)
        await channel.exchange_delete(names.exchange)


class TestAMessage:
    @pytest.mark.parametrize(("committed", "left"), [(False, 1), (True, 0)])
    async def test_is_forgotten_by_the_broker_once_its_effects_are_committed(
        self, bench: Bench, committed: bool, left: int
    ) -> None:
        handling = Handling()
        subscription = bench.subscription(handling)
        subscription.start()
        async with asyncio.timeout(20):
            await bench.publish(settled())
            await handling.begun.wait()
        if committed:
            handling.committed.set()
        await asyncio.sleep(0.3)  # whatever it would acknowledge has been acknowledged
        await subscription.close()
        await bench.waits_for(left)

    async def test_that_is_none_of_ours_stops_nobody(self, bench: Bench) -> None:
        handling = Handling()
        handling.committed.set()
        subscription = bench.subscription(handling)
        subscription.start()
        async with asyncio.timeout(20):
            await bench.publish(settled())
            await handling.begun.wait()
        handling.begun.clear()
        exchange = await declare_exchange(bench.channel, bench.names)
        await exchange.publish(aio_pika.Message(b"not json"), "payments.x")
        await bench.publish(settled())
        async with asyncio.timeout(10):
            await handling.begun.wait()
        await subscription.close()
        await bench.waits_for(0)
