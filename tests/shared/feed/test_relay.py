"""The relay on a real broker: what it sends, and what a failure in the middle of its window leaves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aio_pika
import asyncpg
import pytest

from shared.bus.broker import BrokerNames, PublishingChannel
from shared.bus.envelope import Envelope, read
from shared.feed import relay as relay_module
from shared.feed.publishing import Publisher
from shared.feed.relay import LOCK, Relay
from shared.feed.sequencer import Numbered, Sequencer, Turn, page
from tests.shared.log.conftest import Log, databases, log
from tests.shared.toy.library import LIBRARY

pytestmark = pytest.mark.integration
__all__ = ["databases", "log"]


@dataclass(slots=True)
class Post:
    """An exchange and who listens to it."""

    url: str
    names: BrokerNames
    channel: Any
    exchange: Any

    async def queue(self, **arguments: Any) -> Any:
        queue = await self.channel.declare_queue(
            exclusive=True, arguments={key.replace("_", "-"): value for key, value in arguments.items()}
        )
        await queue.bind(self.exchange, "#")
        return queue

    def line(self) -> PublishingChannel:
        return PublishingChannel(self.url, self.names, "library")


@pytest.fixture
async def post(amqp_url: str) -> AsyncIterator[Post]:
    names = BrokerNames(f"test-{uuid4().hex[:8]}.", "portal.events")
    connection = await aio_pika.connect(amqp_url)
    channel = await connection.channel()
    exchange = await channel.declare_exchange(names.exchange, "topic", durable=True)
    yield Post(amqp_url, names, channel, exchange)
    await exchange.delete()
    await connection.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "POLL", 0.1)


@asynccontextmanager
async def relaying(
    log: Log, line: PublishingChannel, sequencer: Sequencer | None = None
) -> AsyncIterator[Relay]:
    relay = Relay(log.pool, sequencer or Sequencer(log.pool, LIBRARY.published), line)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.close()
        await line.close()


async def lend(log: Log, count: int) -> None:
    """Committed, and in the feed."""
    before = await log.count("feed")
    for _ in range(count):
        await log.lend()
    sequencer = Sequencer(log.pool, LIBRARY.published)
    async with asyncio.timeout(20):
        while (await sequencer.run_once()).last < before + count:
            await asyncio.sleep(0.02)


async def published(log: Log) -> int:
    found: int = await log.pool.fetchval("SELECT published FROM relay_cursor")
    return found


async def until(log: Log, cursor: int) -> None:
    async with asyncio.timeout(25):
        while await published(log) != cursor:
            await asyncio.sleep(0.02)


async def taken(queue: Any) -> list[Envelope]:
    got = []
    while message := await queue.get(no_ack=True, fail=False):
        got.append(read(message.body))
    return got


def sending(monkeypatch: pytest.MonkeyPatch, after: Callable[[int], Any]) -> None:
    """Calls this after each send, with its number."""
    send, number = Publisher.send, 0

    async def sent(self: Publisher, events: list[Numbered]) -> None:
        nonlocal number
        number += 1
        here = number
        await send(self, list(events))
        await after(here)

    monkeypatch.setattr(Publisher, "send", sent)


class TestWhatIsSent:
    async def test_is_in_order_and_says_what_it_is(self, log: Log, post: Post) -> None:
        await lend(log, 120)
        queue = await post.queue()
        async with relaying(log, post.line()):
            await until(log, 120)
        first = await queue.get(no_ack=True)
        event = read(first.body)
        assert (event.sequence, first.routing_key, first.message_id) == (1, event.type, str(event.id))
        assert (first.type, first.app_id, first.delivery_mode) == (event.type, "library", 2)
        assert first.correlation_id == event.correlationid
        assert first.timestamp == event.time.replace(microsecond=0)
        assert [event.sequence for event in await taken(queue)] == list(range(2, 121))

    async def test_that_nobody_wants_counts_as_sent(self, log: Log, post: Post) -> None:
        await lend(log, 70)
        async with relaying(log, post.line()):
            await until(log, 70)

    async def test_larger_than_a_frame_arrives_whole(self, log: Log, post: Post) -> None:
        await log.lend("x" * 300_000)
        queue = await post.queue()
        async with relaying(log, post.line()) as relay:
            relay.wake()
            await until(log, 1)
        (event,) = await taken(queue)
        assert event.data["title"] == "x" * 300_000

    async def test_goes_out_from_memory_in_order_though_another_process_numbers_in_between(
        self, log: Log, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue, from_the_table = await post.queue(), set[int]()

        async def noted(*args: Any) -> Any:
            found = await page(*args)
            from_the_table.update(sequence for sequence, _ in found)
            return found

        async with relaying(log, post.line()) as relay:
            await lend(log, 1)
            await until(log, 1)
            monkeypatch.setattr(relay_module, "POLL", 3.0)
            await asyncio.sleep(0.3)
            monkeypatch.setattr(relay_module, "page", noted)
            await log.lend()
            relay.wake()
            await until(log, 2)
            assert from_the_table == set()
            await lend(log, 2)  # the rival's
            await log.lend()
            relay.wake()
            await until(log, 5)
        assert [event.sequence for event in await taken(queue)] == [1, 2, 3, 4, 5]


class TestAFailure:
    async def test_of_the_channel_with_fifty_on_their_way_sends_them_again(
        self, log: Log, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await lend(log, 120)
        queue, line = await post.queue(), post.line()

        async def cut(number: int) -> None:
            if number == 2:  # not a turn of the loop between: none of these fifty can be confirmed
                connection: Any = line._connection
                connection.transport.connection._reader_task.cancel()
                assert await published(log) < 100

        sending(monkeypatch, cut)
        async with relaying(log, line):
            await until(log, 120)
        got = [event.sequence for event in await taken(queue)]
        assert set(got) == set(range(1, 121))

    async def test_refused_by_a_full_queue_is_sent_again_from_there(self, log: Log, post: Post) -> None:
        await lend(log, 40)
        queue = await post.queue(x_max_length=15, x_overflow="reject-publish")
        async with relaying(log, post.line()):
            await until(log, 15)
            await asyncio.sleep(0.5)
            assert await published(log) == 15, "not beyond the first that was refused"
            got: list[Envelope] = []
            async with asyncio.timeout(20):
                while await published(log) < 40:
                    got += await taken(queue)
                    await asyncio.sleep(0.05)
            got += await taken(queue)
        assert {event.sequence for event in got} == set(range(1, 41))

    async def test_of_one_in_the_middle_keeps_the_cursor_before_it(
        self, log: Log, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The broker confirms the later ones: the cursor must not pass what it refused."""
        await lend(log, 30)
        queue, settled, refused = await post.queue(), Publisher._settled, 0

        def settling(self: Publisher, sequence: int, message_id: str, confirmation: Any) -> None:
            nonlocal refused
            if sequence == 12 and refused < 3:
                refused += 1
                confirmation = asyncio.get_running_loop().create_future()
                confirmation.set_exception(aio_pika.exceptions.DeliveryError(None, None))  # type: ignore[arg-type]
            settled(self, sequence, message_id, confirmation)

        monkeypatch.setattr(Publisher, "_settled", settling)
        async with relaying(log, post.line()):
            seen = set()
            async with asyncio.timeout(20):
                while (cursor := await published(log)) < 30:
                    assert refused == 3 or cursor < 12
                    seen.add(cursor)
                    await asyncio.sleep(0.01)
        assert refused == 3
        got = [event.sequence for event in await taken(queue)]
        assert set(got) == set(range(1, 31))
        assert got.count(12) == 4

    async def test_outlives_whatever_is_raised(
        self, log: Log, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        line, sequencer = post.line(), Sequencer(log.pool, LIBRARY.published)
        run_once, failures = sequencer.run_once, [KeyError("x"), asyncpg.InternalClientError("y")]

        async def failing(*args: Any) -> Turn:
            if failures:
                raise failures.pop()
            return await run_once(*args)

        monkeypatch.setattr(sequencer, "run_once", failing)
        await log.lend()
        async with relaying(log, line, sequencer):
            await until(log, 1)


class TestTheCursor:
    async def test_not_saved_before_a_crash_sends_again_what_was_confirmed(
        self, log: Log, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await lend(log, 80)
        queue, line = await post.queue(), post.line()
        monkeypatch.setattr(relay_module, "SAVED_AFTER", 60.0)
        relay = Relay(log.pool, Sequencer(log.pool, LIBRARY.published), line)
        await relay.start()
        try:
            got: list[Envelope] = []
            async with asyncio.timeout(20):
                while len(got) < 80:
                    got += await taken(queue)
                    await asyncio.sleep(0.02)
        finally:
            await self.die(relay)
            await line.close()
        assert await published(log) == 0
        monkeypatch.setattr(relay_module, "SAVED_AFTER", 0.01)
        async with relaying(log, post.line()):
            await until(log, 80)
        assert [event.sequence for event in await taken(queue)] == list(range(1, 81))

    @staticmethod
    async def die(relay: Relay) -> None:
        """The process ends as it stands."""
        current = {t for t in asyncio.all_tasks() if "Relay._keep_cursor" in repr(t.get_coro())}
        for task in (*current, *relay._tasks):
            task.cancel()
        await asyncio.gather(*current, *relay._tasks, return_exceptions=True)

    async def test_stays_with_one_when_the_leader_changes_in_mid_window(
        self, log: Log, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The leader loses its connection, and with it the lock, with events on their way."""
        await lend(log, 200)
        queue, owner = await post.queue(), await asyncpg.connect(log.databases.owner_log)

        async def depose(number: int) -> None:
            if number == 2:
                await owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                    "AND classid = ($1::bigint >> 32)::oid AND objid = ($1::bigint & 4294967295)::oid",
                    LOCK,
                )

        sending(monkeypatch, depose)
        async with relaying(log, post.line()), relaying(log, post.line()):
            await until(log, 200)
        await owner.close()
        got = [event.sequence for event in await taken(queue)]
        assert set(got) == set(range(1, 201))
        firsts = [n for i, n in enumerate(got) if n not in got[:i]]
        assert firsts == list(range(1, 201)), "nobody saw a later one before an earlier"
