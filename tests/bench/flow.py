"""What the benchmarks of the flow share: a filled feed, an exchange, a quorum queue, raw publishing."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aio_pika

from shared.bus.broker import BrokerNames, PublishingChannel, declare_exchange
from shared.bus.envelope import read
from shared.feed.relay import Relay
from shared.feed.sequencer import Sequencer, page
from shared.ids import new_id
from tests.bench.measuring import Size
from tests.bench.office import PUBLISHED
from tests.bench.rig import Log, Rig

IN_FLIGHT: Final = 100
STEPS: Final = 5
TOO_LONG: Final = 120.0


@dataclass(slots=True)
class Flow:
    """A log whose feed holds `messages`, and the broker they go to."""

    log: Log
    url: str
    names: BrokerNames
    messages: list[tuple[str, bytes]]
    channel: Any
    exchange: Any
    sequenced_a_second: float

    async def queue(self, name: str = "sink") -> Any:
        """A quorum queue bound to everything, empty."""
        full = self.names.queue(name)
        queue = await self.channel.declare_queue(
            full, durable=True, arguments={"x-queue-type": "quorum", "x-overflow": "reject-publish"}
        )
        await queue.bind(self.exchange, "office.#")
        await queue.purge()
        return queue

    async def publish(self) -> float:
        """The same bytes by aio-pika alone, with confirms, so many in flight. Returns messages a second."""
        left = iter(self.messages)
        began = time.perf_counter()
        await asyncio.gather(*(self._publisher(left) for _ in range(IN_FLIGHT)))
        return len(self.messages) / (time.perf_counter() - began)

    async def _publisher(self, left: Iterable[tuple[str, bytes]]) -> None:
        for key, body in left:
            message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await self.exchange.publish(message, key, mandatory=True, timeout=TOO_LONG)

    async def relay(self) -> float:
        """The relay from its first event to its last. Returns messages a second."""
        await self.log.owner.execute("UPDATE relay_cursor SET published = 0")
        channel = PublishingChannel(self.url, self.names, "office")
        await channel.exchange()
        relay = Relay(self.log.pool, Sequencer(self.log.pool, PUBLISHED), channel)
        began = time.perf_counter()
        await relay.start()
        async with asyncio.timeout(TOO_LONG):
            while await self.log.owner.fetchval(_PUBLISHED) < len(self.messages):
                await asyncio.sleep(0.01)
        rate = len(self.messages) / (time.perf_counter() - began)
        await relay.close()
        await channel.close()
        return rate


_PUBLISHED = "SELECT published FROM relay_cursor"


@asynccontextmanager
async def flowing(rig: Rig, size: Size) -> AsyncIterator[Flow]:
    """A filled feed and an exchange of our own; both go in the end."""
    broker = rig.broker()
    names = BrokerNames(f"{broker.name_prefix}bench-{secrets.token_hex(4)}.", "portal.events")
    async with AsyncExitStack() as leaving:
        log = await leaving.enter_async_context(rig.log())
        subjects = [new_id() for _ in range(20)]
        await log.fill(max(1, size.messages // STEPS), STEPS, subjects)
        rate = await _sequence(log)
        messages = [(read(raw).type, raw) for _, raw in await page(log.pool, 0, size.messages)]
        connection = await leaving.enter_async_context(await aio_pika.connect(broker.url, timeout=10))
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await declare_exchange(channel, names)
        yield Flow(log, broker.url, names, messages, channel, exchange, rate)
        await _clean_up(channel, names)


async def _sequence(log: Log) -> float:
    """The whole log into the feed. Returns events a second."""
    sequencer, began = Sequencer(log.pool, PUBLISHED), time.perf_counter()
    async with asyncio.timeout(TOO_LONG):
        while True:
            turn = await sequencer.run_once()
            if not turn.more and not turn.held:
                return turn.last / (time.perf_counter() - began)


async def _clean_up(channel: Any, names: BrokerNames) -> None:
    for name in ("sink", "archive"):
        await channel.queue_delete(names.queue(name))
        await channel.queue_delete(names.dead(name))
    await channel.exchange_delete(names.exchange)
