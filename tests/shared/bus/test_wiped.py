"""A broker that loses all it had, or takes nothing for a while: what it lacks is in the feeds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.processes import Supervisor
from deploy.local.rabbit import Broker
from shared.bus import broker, feed_reading
from shared.feed import relay
from shared.service import Service
from shared.testing import CallerMint, Running, running
from tests.faults.servers import Node, private_broker
from tests.shared.bus.listening import (
    Gate,
    all_listen,
    all_noted,
    all_published,
    expected,
    lend,
    listener,
    noted,
)
from tests.shared.toy.library import LIBRARY

pytestmark = pytest.mark.integration


class Town:
    """A library that publishes, and two services that listen, on a broker of their own."""

    def __init__(self, node: Node, library: Running, listeners: list[Running], gate: Gate) -> None:
        self.node, self.library, self.listeners, self.gate = node, library, listeners, gate


@pytest.fixture(scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Broker, Node]]:
    """Nobody else's: it may be wiped and blocked."""
    folder = tmp_path_factory.mktemp("broker")
    supervisor = Supervisor(folder)
    try:
        broker, node = private_broker(folder, supervisor)
        await node.start()
        yield broker, node
    finally:
        await asyncio.to_thread(supervisor.stop)


@pytest.fixture
async def town(
    node: tuple[Broker, Node],
    postgres_url: str,
    tmp_path: Path,
    mint: CallerMint,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Town]:
    monkeypatch.setattr(broker, "PREFETCH", 5)
    monkeypatch.setattr(broker, "WATCH_SECONDS", 0.5)
    monkeypatch.setattr(feed_reading, "FEED_SECONDS", 600.0)  # the gap alone leads to the feed
    monkeypatch.setattr(relay, "TIMEOUT", 3.0)
    async with AsyncExitStack() as leaving:
        prefix = f"test-{uuid4().hex[:8]}."

        async def begin(service: Service) -> Running:
            made = running(
                service, postgres_url, node[0].url, tmp_path / service.name, mint=mint, name_prefix=prefix
            )
            return await leaving.enter_async_context(made)

        library, gate = await begin(LIBRARY), Gate()
        listeners = [await begin(listener(name, library, gate)) for name in ("archive", "annex")]
        yield Town(node[1], library, listeners, gate)


class TestABrokerShortOfMemory:
    async def test_holds_the_relay_up_until_it_takes_messages_again(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An alarm longer than the relay's patience: it gives the connection up, and tries again."""
        monkeypatch.setattr(relay, "TIMEOUT", 1.0)
        town.gate.open()
        await all_listen(*town.listeners)
        await lend(town.library, 3)
        await all_published(town.library)
        async with town.node.short_of("memory"):
            await lend(town.library, 10)
            await asyncio.sleep(2.0)
            published = await town.library.runtime.pool.fetchval("SELECT published FROM relay_cursor")
            assert published < 13, "what was not confirmed is not taken for published"
        await all_published(town.library)
        await all_noted(town.library, *town.listeners)
        for one in town.listeners:
            assert await noted(one) == await expected(town.library)


class TestAWipedBroker:
    async def test_costs_no_consumer_an_event_and_brings_none_twice(self, town: Town) -> None:
        await all_listen(*town.listeners)
        await lend(town.library, 30)
        await all_published(town.library)  # five are in each consumer's hands, the others in the queues
        async with asyncio.TaskGroup() as group:
            group.create_task(town.node.wipe_and_start(0.3))
            group.create_task(lend(town.library, 30))
        town.gate.open()
        await all_listen(*town.listeners)
        await lend(town.library, 5)
        await all_noted(town.library, *town.listeners)
        for one in town.listeners:
            assert await noted(one) == await expected(town.library)
            assert await one.runtime.pool.fetchval("SELECT sequence FROM inbox_cursor") == 65
            assert await one.runtime.pool.fetchval("SELECT count(*) FROM parked") == 0
