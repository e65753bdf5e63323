"""Two processes write, number and publish one log's events; who publishes is killed, and comes again."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any, Final
from uuid import uuid4

import aio_pika
import asyncpg
import pytest

from shared.bus.broker import BrokerNames, PublishingChannel
from shared.bus.envelope import Envelope, read
from shared.feed.relay import LOCK, Relay
from shared.feed.sequencer import Sequencer
from tests.shared.feed.counting import PUBLISHED
from tests.shared.feed.town import Town
from tests.shared.log.conftest import Log, databases, log

pytestmark = pytest.mark.integration
__all__ = ["databases", "log"]
ENOUGH: Final = 50
"""Events that each life of a process is told are written."""
WITHIN: Final = 60.0
LEADS: Final = """
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
  AND l.classid = ($1::bigint >> 32)::oid AND l.objid = ($1::bigint & 4294967295)::oid
"""
LOGGED: Final = "SELECT event_id FROM event WHERE name = 'counter.counted'"
LEFT: Final = "SELECT h.sequence - r.published FROM feed_head h, relay_cursor r"


class Post:
    """One who hears all that is published."""

    def __init__(self, url: str, prefix: str) -> None:
        self.url = url
        self.prefix = prefix
        self.heard: list[Envelope] = []
        self._connection: Any = None
        self._exchange: Any = None

    async def listen(self) -> None:
        self._connection = await aio_pika.connect(self.url)
        channel = await self._connection.channel()
        self._exchange = await channel.declare_exchange(f"{self.prefix}portal.events", "topic", durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(self._exchange, "#")
        await queue.consume(self._hear, no_ack=True)

    async def _hear(self, message: Any) -> None:
        self.heard.append(read(message.body))

    async def close(self) -> None:
        await self._exchange.delete()
        await self._connection.close()


@pytest.fixture
async def post(amqp_url: str) -> AsyncIterator[Post]:
    made = Post(amqp_url, f"test-{uuid4().hex[:8]}.")
    await made.listen()
    yield made
    await made.close()


@pytest.fixture
async def town(log: Log, post: Post) -> AsyncIterator[Town]:
    made = Town(log, post.url, post.prefix)
    await made.begin()
    yield made
    await made.end()


async def leader(pool: asyncpg.Pool, among: list[Process]) -> Process:
    """The one of the processes that publishes, once one does."""
    named = {f"counting-{process.pid}": process for process in among}
    while (name := await pool.fetchval(LEADS, LOCK)) not in named:
        await asyncio.sleep(0.02)
    return named[name]


async def publish_the_rest(log: Log, post: Post) -> None:
    """What the last life of the processes left: the next one publishes it."""
    sequencer = Sequencer(log.pool, PUBLISHED)
    line = PublishingChannel(post.url, BrokerNames(post.prefix, "portal.events"), "counter")
    relay = Relay(log.pool, sequencer, line)
    await relay.start()
    while await sequencer.holds_back() or await log.pool.fetchval(LEFT):
        await asyncio.sleep(0.02)
    await relay.close()
    await line.close()
    last = await log.pool.fetchval("SELECT sequence FROM feed_head")
    while last not in {event.sequence for event in post.heard[-50:]}:
        await asyncio.sleep(0.02)


class TestTwoPublishingProcesses:
    async def test_one_of_them_killed_miss_reorder_and_double_nothing_but_what_was_on_its_way(
        self, log: Log, town: Town, post: Post
    ) -> None:
        async with asyncio.timeout(WITHIN):
            alive = [await town.process(), await town.process()]
            await asyncio.gather(*(town.listen(process, ENOUGH) for process in alive))
            killed = await leader(log.pool, alive)
            killed.kill()
            await town.hear_out(killed)
            alive.remove(killed)
            alive.append(await town.process())
            assert await leader(log.pool, alive) is not killed
            await asyncio.gather(*(town.listen(process, ENOUGH) for process in alive))
            for process in alive:
                process.terminate()
                await town.hear_out(process)
            await publish_the_rest(log, post)
        self.everything_came_in_order(post.heard)
        written = {row["event_id"] for row in await log.pool.fetch(LOGGED)}
        assert {event.id for event in post.heard} == written
        assert town.acknowledged <= written
        self.streams_are_whole(post.heard)

    @staticmethod
    def everything_came_in_order(heard: list[Envelope]) -> None:
        sequences = [event.sequence for event in heard]
        firsts = list(dict.fromkeys(sequences))
        assert firsts == list(range(1, len(firsts) + 1))
        assert len({(event.sequence, event.id) for event in heard}) == len(firsts), "a number is of one event"
        back = [now for before, now in pairwise(sequences) if now <= before]
        assert len(back) <= 1, "only who follows one that was killed goes back"

    @staticmethod
    def streams_are_whole(heard: list[Envelope]) -> None:
        counts: dict[str, dict[int, None]] = {}
        for event in heard:
            counts.setdefault(event.subject, {})[event.data["count"]] = None
        assert all(list(found) == list(range(1, len(found) + 1)) for found in counts.values())
