"""From the feed to the broker: in order, confirmed, by an integer cursor; the broker may forget everything.

One relay of a service publishes at a time (an advisory lock says which). What this process has numbered goes
out from memory, the rest is read from the table. The cursor follows behind the last event up to which all
are confirmed: an event may go out twice, never not at all.
"""

import asyncio
from collections import deque
from typing import Final, Protocol

import asyncpg
import structlog
from aio_pika.abc import AbstractExchange
from asyncpg.pool import PoolConnectionProxy

from shared import crash
from shared.crash import CrashPoint
from shared.feed.publishing import Publisher
from shared.feed.sequencer import Numbered, Sequencer, page
from shared.feed.window import Window
from shared.observe.metrics import gauge
from shared.waking import being_cancelled, woken

log = structlog.get_logger()

IN_FLIGHT: Final = 300
AT_ONCE: Final = 50
"""Events in one write to the broker, at most."""
KEPT: Final = 2_000
"""Events that wait in memory, at most; more are read from the table again."""
TIMEOUT: Final = 10.0
POLL: Final = 1.0
SAVED_AFTER: Final = 0.01
"""Seconds by which the cursor follows: a lost one publishes again, which harms nobody."""
SOON: Final = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256)
"""Looks again after these seconds while an older transaction of the server holds events back."""
LOCK: Final = 0x72656C6179

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
        self._new: deque[Numbered] = deque(maxlen=KEPT)
        self._last = 0
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
        """Stops once what is on its way is confirmed."""
        self._stopping = True
        self._committed.set()
        self._sequenced.set()
        await asyncio.wait(self._tasks, timeout=TIMEOUT)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _sequence(self) -> None:
        while not self._stopping:
            try:
                async with self._pool.acquire() as connection:
                    await self._number(connection)
            except Exception as error:  # whatever it is, this loop goes on
                log.warning("feed_sequencing_failed", error=type(error).__name__, detail=str(error)[:200])
                await asyncio.sleep(POLL)

    async def _number(self, connection: PoolConnectionProxy) -> None:
        looks, wait = -1, 0.0
        while not self._stopping:
            await woken(self._committed, wait)
            reached, more = self._last, True
            while more:
                self._last, more, held, new = await self._sequencer.run_once(connection)
                self._new.extend(new)
                if self._last > reached:
                    self._sequenced.set()
            looks = -1 if not held else 0 if self._last > reached else (looks + 1) % (len(SOON) + 1)
            wait = (*SOON, POLL)[looks]

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

    async def _lead(self, connection: PoolConnectionProxy) -> None:
        # a cursor that a crash of the server loses is one that publishes again, which harms nobody
        await connection.execute("SET synchronous_commit = off")
        try:
            cursor = await connection.fetchval("SELECT published FROM relay_cursor")
            while not self._stopping:
                cursor = await self._publish_after(cursor, connection)
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)

    async def _publish_after(self, cursor: int, connection: PoolConnectionProxy) -> int:
        """Publishes until it is to stop, or the broker fails. Returns up to where all is confirmed.

        Raises what the database raises, with which the right to publish is gone.
        """
        window = Window(cursor, IN_FLIGHT, self._sequenced.set)
        keeper = asyncio.create_task(self._keep_cursor(window, connection))
        keeper.add_done_callback(lambda _: window.fail(ConnectionError("the cursor is no longer kept")))
        try:
            async with asyncio.timeout(TIMEOUT):
                exchange = await self._broker.exchange()
            await self._send_all(await Publisher.on(exchange, window), window)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and being_cancelled():
                raise
            if not keeper.done():
                log.warning("relay_publish_failed", error=type(error).__name__)
                await self._broker.reset()
                await asyncio.sleep(POLL)
        finally:
            window.end()
            await keeper
        return window.confirmed

    async def _send_all(self, publisher: Publisher, window: Window) -> None:
        while not self._stopping:
            batch = self._next_in_memory(window.sent) or await page(self._pool, window.sent, IN_FLIGHT)
            at_end = len(batch) < IN_FLIGHT and not self._new
            while batch:
                while not (room := min(window.room, AT_ONCE)):
                    await woken(window.freed, POLL)
                await publisher.send(batch[:room])
                del batch[:room]
            if at_end:
                await woken(self._sequenced, POLL)
            window.check()
        while not window.is_empty:
            await woken(window.changed, POLL)
            window.check()

    def _next_in_memory(self, sent: int) -> list[Numbered]:
        """What follows without a gap; empty where another process has numbered in between."""
        batch: list[Numbered] = []
        while self._new and self._new[0][0] <= sent + 1 and len(batch) < IN_FLIGHT:
            event = self._new.popleft()
            if event[0] == sent + 1:
                batch.append(event)
                sent += 1
        return batch

    async def _keep_cursor(self, window: Window, connection: PoolConnectionProxy) -> None:
        saved = window.confirmed
        while True:
            await woken(window.changed, POLL)
            if window.is_stuck(TIMEOUT):
                window.fail(TimeoutError("the broker does not confirm"))
            if not window.has_ended:
                await asyncio.sleep(SAVED_AFTER)
            ended = window.has_ended
            _behind.set(max(self._last, window.sent) - window.confirmed)
            if saved != window.confirmed:
                saved = window.confirmed
                crash.reach(CrashPoint.PUBLISHED)
                await connection.execute("UPDATE relay_cursor SET published = $1", saved, timeout=TIMEOUT)
            elif connection.is_closed():
                raise ConnectionError("the right to publish is lost")
            if ended:
                return
