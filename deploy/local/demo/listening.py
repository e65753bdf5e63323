"""Listens to the public events while the demo runs, as any integrator could."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika


@dataclass(frozen=True, slots=True)
class Heard:
    """A public event, with the monotonic second in which it came."""

    at: float
    service: str
    kind: str
    data: dict[str, Any]

    def is_about(self, *ids: str) -> bool:
        return any(value in ids for value in self.data.values() if isinstance(value, str))


@dataclass(slots=True)
class Listener:
    """What was heard so far, in the order it came."""

    heard: list[Heard] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, body: bytes) -> None:
        event = json.loads(body)
        service = event["source"].rpartition("/")[2]
        self.heard.append(Heard(time.monotonic(), service, event["type"], event["data"]))
        self._news.set()

    async def wait_for(self, kind: str, *ids: str, seconds: float = 20) -> Heard:
        """The first event of a kind about these ids. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                for event in self.heard:
                    if event.kind == kind and event.is_about(*ids):
                        return event
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def listening(amqp_url: str, exchange: str) -> AsyncIterator[Listener]:
    """Binds a queue of its own to all events; the queue goes with the connection."""
    listener = Listener()
    connection = await aio_pika.connect(amqp_url, timeout=5)
    async with connection:
        channel = await connection.channel()
        topic = await channel.get_exchange(exchange, ensure=False)
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        await queue.bind(topic, "#")

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            listener.take(message.body)

        await queue.consume(take, no_ack=True)
        yield listener
