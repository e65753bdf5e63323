"""The broker loses all it had, in mid-flight: queues, messages, bindings. What it forgot is in the feeds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.processes import Supervisor
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


@pytest.fixture
async def town(
    postgres_url: str, tmp_path: Path, mint: CallerMint, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    monkeypatch.setattr(broker, "PREFETCH", 5)
    monkeypatch.setattr(broker, "WATCH_SECONDS", 0.5)
    monkeypatch.setattr(feed_reading, "FEED_SECONDS", 600.0)  # the gap alone leads to the feed
    monkeypatch.setattr(relay, "TIMEOUT", 3.0)
    supervisor = Supervisor(tmp_path / "broker")
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(asyncio.to_thread, supervisor.stop)
        found, node = private_broker(tmp_path / "broker", supervisor)
        await node.start()
        prefix = f"test-{uuid4().hex[:8]}."

        async def begin(service: Service) -> Running:
            made = running(
                service, postgres_url, found.url, tmp_path / service.name, mint=mint, name_prefix=prefix
            )
            return await leaving.enter_async_context(made)

        library, gate = await begin(LIBRARY), Gate()
        listeners = [await begin(listener(name, library, gate)) for name in ("archive", "annex")]
        yield Town(node, library, listeners, gate)


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
