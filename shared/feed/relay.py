"""From the feed to the broker: in order, confirmed, by an integer cursor; the broker may forget everything.

One relay of a service publishes at a time (an advisory lock says which). The cursor is saved after all
confirms of a batch: an event may go out twice, never not at all.
"""

import asyncio
from typing import Final, Protocol

import aio_pika
import aio_pika.exceptions
import asyncpg
import structlog
from aio_pika.abc import AbstractExchange

from shared import crash
from shared.bus.envelope import read
from shared.crash import CrashPoint
from shared.feed.sequencer import Sequencer, page
from shared.observe.metrics import counter, gauge
from shared.waking import being_cancelled, woken

log = structlog.get_logger()

IN_FLIGHT: Final = 300
TIMEOUT: Final = 10.0
POLL: Final = 1.0
SOON: Final = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256)
"""Looks again after these seconds while an older transaction of the server holds events back."""
LOCK: Final = 0x72656C6179

_published = counter("portal_feed_published", "Events confirmed by the broker")
_unroutable = counter("portal_feed_unroutable", "Events that no queue wanted")
_behind = gauge("portal_feed_unpublished_events", "Events in the feed that the broker has not confirmed")


class ExchangeSource(Protocol):
    """Gives a channel's exchange, connecting again when it was lost."""

    async def exchange(self) -> AbstractExchange: ...

    async def reset(self) -> None: ...


class Relay:
    """Sequences what was committed and publishes it; wake it after each append."""

    def __init__(self, pool: asyncpg.Pool, sequencer: Sequencer, broker: ExchangeSource) -> None:
        self._pool = pool
        self._sequencer = sequencer
        self._broker = broker
        self._committed = asyncio.Event()
        self._sequenced = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def wake(self) -> None:
        """Something was committed."""
        self._committed.set()

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._sequence(), name="feed-sequencer"),
            asyncio.create_task(self._publish(), name="feed-relay"),
        ]

    async def close(self) -> None:
        """Stops after the batch in hand."""
        self._stopping = True
        self._committed.set()
        self._sequenced.set()
        await asyncio.wait(self._tasks, timeout=TIMEOUT)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _sequence(self) -> None:
        reached, looks = 0, -1
        while not self._stopping:
            await woken(self._committed, (*SOON, POLL)[looks])
            try:
                last, full = await self._sequencer.run_once()
                while full:
                    last, full = await self._sequencer.run_once()
                self._sequenced.set()
                held = await self._sequencer.holds_back()
                looks = -1 if not held else 0 if last > reached else (looks + 1) % (len(SOON) + 1)
                reached = last
            except Exception as error:  # whatever it is, this loop goes on
                log.warning("feed_sequencing_failed", error=type(error).__name__, detail=str(error)[:200])
                await asyncio.sleep(POLL)

    async def _publish(self) -> None:
        while not self._stopping:
            try:
                async with self._pool.acquire() as connection:
                    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                        await self._lead(connection)
                if not self._stopping:
                    await asyncio.sleep(POLL)
            except Exception as error:
                log.warning("relay_paused", error=type(error).__name__, detail=str(error)[:200])
                await asyncio.sleep(POLL)

    async def _lead(self, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        # a cursor that a crash of the server loses is one that publishes again, which harms nobody
        await connection.execute("SET synchronous_commit = off")
        try:
            done = await connection.fetchval("SELECT published FROM relay_cursor")
            while not self._stopping:
                batch = await page(connection, done, IN_FLIGHT)
                _behind.set(len(batch))
                if not batch:
                    await woken(self._sequenced, POLL)
                elif await self._send(batch):
                    crash.reach(CrashPoint.PUBLISHED)
                    done = batch[-1][0]
                    await connection.execute("UPDATE relay_cursor SET published = $1", done)
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)

    async def _send(self, batch: list[tuple[int, bytes]]) -> bool:
        """Whether every event was confirmed; if not, waits a little before the next try."""
        try:
            async with asyncio.timeout(TIMEOUT):
                exchange = await self._broker.exchange()
                async with asyncio.TaskGroup() as group:
                    for _, raw in batch:
                        group.create_task(_publish_one(exchange, raw))
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and being_cancelled():
                raise
            log.warning("relay_publish_failed", error=type(error).__name__)
            await self._broker.reset()
            await asyncio.sleep(POLL)
            return False
        _published.inc(len(batch))
        return True


async def _publish_one(exchange: AbstractExchange, raw: bytes) -> None:
    envelope = read(raw)
    message = aio_pika.Message(
        raw,
        message_id=str(envelope.id),
        type=envelope.type,
        correlation_id=envelope.correlationid or None,
        content_type="application/cloudevents+json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        timestamp=envelope.time,
        app_id=envelope.service,
        headers={"traceparent": envelope.traceparent} if envelope.traceparent else {},
    )
    try:
        await exchange.publish(message, envelope.type, mandatory=True, timeout=TIMEOUT)
    except aio_pika.exceptions.PublishError:
        _unroutable.inc()  # nobody listens yet: the feed keeps it for whoever comes
    crash.reach(CrashPoint.PUBLISHING)
