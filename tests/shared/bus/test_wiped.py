"""The broker loses all it had, in mid-flight: queues, messages, bindings. What it forgot is in the feeds."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import aio_pika
import pytest

from deploy.local.processes import Supervisor
from shared.bus import broker, inbox
from shared.bus.handlers import ForeignEvent, Handlers
from shared.bus.published import Published
from shared.feed import relay
from shared.ids import new_id
from shared.log import Unit
from shared.service import Parts, Runtime, Service
from shared.testing import CallerMint, Running, running
from tests.faults.servers import Node, private_broker
from tests.shared.toy.library import ARCHIVE, LIBRARY, Loan

pytestmark = pytest.mark.integration
NOTED: Final = "SELECT payload->>'title' AS title FROM task WHERE kind = 'note'"


class Door:
    """Where the consumers read the library's feed: over HTTP, without a socket."""

    def __init__(self, library: Running) -> None:
        self._library = library

    async def get(self, source: str, path: str, *, purpose: str) -> Any:
        headers = self._library.mint.service("archive", "library")
        return (await self._library.http.get(path, headers=headers)).raise_for_status().json()

    async def aclose(self) -> None:
        pass


class Lent(ForeignEvent):
    title: str


def consumer(name: str, door: Door, gate: asyncio.Event) -> Service:
    """Leaves a task for each event, so that one applied twice shows; waits while the gate is shut."""

    def build(runtime: Runtime) -> Parts:
        handlers = Handlers()

        @handlers.on("library.book_lent.v1", Lent)
        async def note(event: Lent, unit: Unit) -> None:
            await gate.wait()
            unit.task("note", {"title": event.title})

        return Parts(handlers=handlers)

    calls: Any = lambda _settings: door  # noqa: E731
    return replace(ARCHIVE, name=name, published=Published(name), build=build, calls=calls)


class Town:
    """A library that publishes, and two services that listen, on a broker of their own."""

    def __init__(
        self, node: Node, url: str, library: Running, listeners: list[Running], gate: asyncio.Event
    ) -> None:
        self.node, self.url, self.library, self.listeners = node, url, library, listeners
        self.gate = gate
        self.lent: list[str] = []

    async def lend(self, count: int) -> None:
        for _ in range(count):
            unit = self.library.runtime.unit()
            title = f"book {len(self.lent)}"
            await unit.save(Loan.lend(id=new_id(), now=unit.now, title=title, reader="Ł"), subject=new_id())
            await unit.commit()
            self.lent.append(title)

    async def all_published(self) -> None:
        """The broker has confirmed all of it: nobody will send it again."""
        async with asyncio.timeout(30):
            while await self.library.runtime.pool.fetchval("SELECT published FROM relay_cursor") < len(
                self.lent
            ):
                await asyncio.sleep(0.05)

    async def all_listen(self) -> None:
        """Each has its queue, and consumes."""
        async with asyncio.timeout(60):
            while not all([await self._listens(one) for one in self.listeners]):
                await asyncio.sleep(0.1)

    async def _listens(self, one: Running) -> bool:
        settings = one.runtime.settings
        try:
            async with await aio_pika.connect(self.url, timeout=5) as connection:
                name = f"{settings.name_prefix}{one.runtime.name}.events"
                queue = await (await connection.channel()).declare_queue(name, passive=True)
                return bool(queue.declaration_result.consumer_count)
        except (aio_pika.exceptions.AMQPError, OSError):
            return False

    async def noted(self, one: Running) -> "Counter[str]":
        return Counter(row["title"] for row in await one.runtime.pool.fetch(NOTED))

    async def all_noted(self) -> None:
        """Each has noted as many as were lent, at least."""
        async with asyncio.timeout(60):
            while any([(await self.noted(one)).total() < len(self.lent) for one in self.listeners]):
                await asyncio.sleep(0.1)


@pytest.fixture
async def town(
    postgres_url: str, tmp_path: Path, mint: CallerMint, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    monkeypatch.setattr(broker, "PREFETCH", 5)
    monkeypatch.setattr(broker, "WATCH_SECONDS", 0.5)
    monkeypatch.setattr(inbox, "FEED_SECONDS", 600.0)  # the gap alone leads to the feed
    monkeypatch.setattr(relay, "TIMEOUT", 3.0)
    supervisor = Supervisor(tmp_path / "broker")
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(asyncio.to_thread, supervisor.stop)
        found, node = private_broker(tmp_path / "broker", supervisor)
        await node.start()

        async def begin(service: Service) -> Running:
            made = running(
                service, postgres_url, found.url, tmp_path / service.name, mint=mint, name_prefix=prefix
            )
            return await leaving.enter_async_context(made)

        prefix = f"test-{uuid4().hex[:8]}."
        library = await begin(LIBRARY)
        gate, door = asyncio.Event(), Door(library)
        listeners = [await begin(consumer(name, door, gate)) for name in ("archive", "annex")]
        yield Town(node, found.url, library, listeners, gate)


class TestAWipedBroker:
    async def test_costs_no_consumer_an_event_and_brings_none_twice(self, town: Town) -> None:
        await town.all_listen()
        await town.lend(30)
        await town.all_published()
        async with asyncio.TaskGroup() as group:
            group.create_task(town.node.wipe_and_start(0.3))
            group.create_task(town.lend(30))
        town.gate.set()
        await town.all_listen()
        await town.lend(5)
        await town.all_noted()
        for one in town.listeners:
            assert await town.noted(one) == Counter(town.lent)
            assert await one.runtime.pool.fetchval("SELECT sequence FROM inbox_cursor") == len(town.lent)
            assert await one.runtime.pool.fetchval("SELECT count(*) FROM parked") == 0
