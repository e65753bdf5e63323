"""Two processes of a service consume one queue: one at a time, and the other once that one is cut off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika
import pytest

from shared.bus import feed_reading
from shared.testing import CallerMint, Running, fresh, running
from tests.faults.proxy import Wire
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


class Pair:
    """The first process is behind a wire; each waits at a gate of its own."""

    def __init__(self, library: Running, wire: Wire) -> None:
        self.library, self.wire = library, wire
        self.gates = [Gate(), Gate(is_open=True)]
        self.processes: list[Running] = []


@pytest.fixture
async def pair(
    postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pair]:
    monkeypatch.setattr(feed_reading, "FEED_SECONDS", 600.0)  # what the second has, it has from the queue
    prefix = f"test-{uuid4().hex[:8]}."
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(_clean_up, amqp_url, prefix)
        wire = await leaving.enter_async_context(Wire(urlsplit(amqp_url).port or 5672).listening())
        library = await leaving.enter_async_context(
            running(LIBRARY, postgres_url, amqp_url, tmp_path / "library", mint=mint, name_prefix=prefix)
        )
        found = Pair(library, wire)
        made = await leaving.enter_async_context(fresh(postgres_url, listener("archive", library, Gate())))
        for gate, url in zip(found.gates, (wire.of(amqp_url), amqp_url), strict=True):
            service = listener("archive", library, gate)
            process = running(
                service,
                postgres_url,
                url,
                tmp_path / "archive",
                mint=mint,
                databases=made,
                name_prefix=prefix,
            )
            found.processes.append(await leaving.enter_async_context(process))
            await all_listen(found.processes[-1])
        yield found


async def _clean_up(amqp_url: str, prefix: str) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for queue in ("archive.events", "archive.events.dead"):
            await channel.queue_delete(f"{prefix}{queue}")
        await channel.exchange_delete(f"{prefix}portal.events")


class TestTwoConsumers:
    async def test_take_turns_and_apply_each_event_once(self, pair: Pair) -> None:
        first, second = pair.gates
        await lend(pair.library, 20)
        await all_published(pair.library)
        async with asyncio.timeout(20):
            await first.somebody_came.wait()
        assert not second.somebody_came.is_set()
        await pair.wire.cut(1.0)
        await lend(pair.library, 20)
        await all_noted(pair.library, pair.processes[1])
        first.open()  # it comes back to life with what it had in its hands
        await asyncio.sleep(0.5)
        await lend(pair.library, 5)
        await all_noted(pair.library, pair.processes[1])
        assert await noted(pair.processes[1]) == await expected(pair.library)
