"""The consuming side on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import aio_pika
import pytest

from shared.bus import broker
from shared.bus.broker import BrokerNames, Subscription, declare_exchange
from shared.bus.envelope import Envelope, write
from shared.bus.inbox import Inbox

pytestmark = pytest.mark.integration


class Handling:
    """Stands where the inboxes stand: each event is settled when the test says so."""

    def __init__(self) -> None:
        self.open: dict[int, Callable[[], None]] = {}
        self.seen: list[tuple[int, bool]] = []

    def deliver(self, envelope: Envelope, settle: Callable[[], None], *, redelivered: bool = False) -> None:
        self.open[envelope.sequence] = settle
        self.seen.append((envelope.sequence, redelivered))

    def settle(self, *sequences: int) -> None:
        for sequence in sequences:
            self.open.pop(sequence)()

    async def has(self, *sequences: int) -> None:
        async with asyncio.timeout(20):
            while not set(sequences) <= set(self.open):
                await asyncio.sleep(0.02)


def settled(sequence: int = 1) -> Envelope:
    kind = "payments.payment_settled.v1"
    return Envelope(
        id=uuid4(), source="portal/payments", type=kind, subject="s", time=datetime.now(UTC),
        sequence=sequence, data={}, streamversion=1,
    )  # fmt: skip


class Bench:
    """A queue of our own, and how many messages wait in it when nobody consumes."""

    def __init__(self, url: str, channel: Any, names: BrokerNames) -> None:
        self.url, self.channel, self.names = url, channel, names
        self._made: list[Subscription] = []

    def subscribe(self, handling: Handling) -> Subscription:
        inbox = cast(Inbox, handling)
        made = Subscription(self.url, self.names, "office", {"payments": inbox})
        self._made.append(made)
        made.start()
        return made

    async def close(self) -> None:
        for subscription in self._made:
            await subscription.close()

    async def publish(self, *events: Envelope) -> None:
        for event in events:
            await self.send(write(event), event.type)

    async def send(self, body: bytes, key: str) -> None:
        """Until a queue is bound that takes it."""
        exchange = await declare_exchange(self.channel, self.names)
        async with asyncio.timeout(20):
            while True:
                try:
                    await exchange.publish(aio_pika.Message(body), key, mandatory=True)
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

    async def left(self, subscription: Subscription) -> int:
        """What a closed subscription leaves to the next one."""
        await asyncio.sleep(0.3)  # whatever it would acknowledge has been acknowledged
        await subscription.close()
        await asyncio.sleep(0.3)
        return await self.waiting()


@pytest.fixture
async def bench(amqp_url: str) -> AsyncIterator[Bench]:
    names = BrokerNames(f"test-{uuid4().hex[:8]}.", "portal.events")
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel(on_return_raises=True)
        made = Bench(amqp_url, channel, names)
        yield made
        await made.close()
        for queue in (names.queue("office"), names.dead("office")):
            await channel.queue_delete(queue)
        await channel.exchange_delete(names.exchange)


class TestAMessage:
    @pytest.mark.parametrize(("committed", "left"), [(False, 1), (True, 0)])
    async def test_is_forgotten_by_the_broker_once_its_effects_are_committed(
        self, bench: Bench, committed: bool, left: int
    ) -> None:
        handling = Handling()
        subscription = bench.subscribe(handling)
        await bench.publish(settled())
        await handling.has(1)
        if committed:
            handling.settle(1)
        assert await bench.left(subscription) == left

    @pytest.mark.parametrize("body", [b"not json", b"\xff\xfe", b"", b"[" * 9999, b'{"id": 7}'])
    async def test_that_is_none_of_ours_stops_nobody(self, bench: Bench, body: bytes) -> None:
        handling = Handling()
        subscription = bench.subscribe(handling)
        await bench.publish(settled(1))
        await bench.send(body, "payments.x")
        await bench.publish(settled(2))
        await handling.has(1, 2)
        handling.settle(1, 2)
        assert await bench.left(subscription) == 0

    async def test_keeps_those_waiting_that_are_not_settled_before_or_after_it(self, bench: Bench) -> None:
        handling = Handling()
        subscription = bench.subscribe(handling)
        await bench.publish(*(settled(n) for n in range(1, 7)))
        await handling.has(*range(1, 7))
        handling.settle(2, 1)
        handling.settle(4, 6)  # 3 and 5 are still in hand: these wait for them
        assert await bench.left(subscription) == 4
        again = Handling()
        bench.subscribe(again)
        await again.has(3, 4, 5, 6)
        assert again.seen == [(3, True), (4, True), (5, True), (6, True)]

    async def test_behind_many_that_stand_still_goes_by_itself(self, bench: Bench, monkeypatch: Any) -> None:
        monkeypatch.setattr(broker, "PREFETCH", 5)
        handling = Handling()
        subscription = bench.subscribe(handling)
        await bench.publish(*(settled(n) for n in range(1, 10)))
        await handling.has(*range(1, 6))
        assert len(handling.seen) == 5  # the prefetch bounds what is here
        handling.settle(2, 3, 5)
        await handling.has(1, 4, 6, 7, 8)
        handling.settle(1, 4, 6, 7, 8)
        await handling.has(9)
        assert await bench.left(subscription) == 1


class TestASubscription:
    @pytest.fixture(autouse=True)
    def told_by_the_broker_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(broker, "WATCH_SECONDS", 3600)

    async def test_whose_channel_died_begins_anew_and_nothing_is_lost(self, bench: Bench) -> None:
        handling = Handling()
        subscription = bench.subscribe(handling)
        await bench.publish(settled(1), settled(2))
        await handling.has(1, 2)
        before = dict(handling.open)
        handling.open.clear()
        await kill_channel(subscription)
        await handling.has(1, 2)
        for settle in before.values():
            settle()  # too late: the channel that delivered them is gone
        await bench.publish(settled(3))
        await handling.has(3)
        handling.settle(1)
        assert await bench.left(subscription) == 2

    async def test_whose_queue_was_deleted_declares_it_again(self, bench: Bench) -> None:
        handling = Handling()
        subscription = bench.subscribe(handling)
        await bench.publish(settled(1))
        await handling.has(1)
        await bench.channel.queue_delete(bench.names.queue("office"))
        await bench.publish(settled(2))
        await handling.has(2)
        handling.settle(2)
        assert await bench.left(subscription) == 0

    async def test_beside_another_gets_nothing_until_that_one_ends(self, bench: Bench) -> None:
        first, second = Handling(), Handling()
        active = bench.subscribe(first)
        await bench.publish(settled(1))
        await first.has(1)
        bench.subscribe(second)
        await asyncio.sleep(0.3)
        await bench.publish(*(settled(n) for n in range(2, 7)))
        await first.has(*range(2, 7))
        assert second.seen == []
        first.settle(1, 2, 3, 4)
        await asyncio.sleep(0.3)
        await active.close()
        await second.has(5, 6)
        assert second.seen == [(5, True), (6, True)]


async def kill_channel(subscription: Subscription) -> None:
    """Lets the broker close the channel that consumes, as it does where an acknowledgement takes too long."""
    assert subscription._broker is not None
    connection: Any = await subscription._broker.connect()
    for channel in list(connection.transport.connection.channels.values()):
        await channel.basic_ack(4711)  # a tag that was never given out
