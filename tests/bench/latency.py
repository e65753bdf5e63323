"""From the commit in one service to the commit of a handler in another, at fifty events a second.

The bare hop does the least: insert, publish with confirm, consume, insert. Both run in this one process, so
that one clock tells the time; the raw side is measured first in each round.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import aio_pika

from shared.ids import new_id
from shared.log import Append
from shared.testing import CallerMint, Running, running
from tests.bench.flow import TOO_LONG
from tests.bench.measuring import Bench, Figures, Notes, Row, Side, Size, quantile
from tests.bench.office import ARCHIVE, OFFICE, SEEN, matter
from tests.bench.rig import Rig
from tests.bench.stages import Stages, looking_on

EACH_SECOND: Final = 50
ROUND_SECONDS: Final = 6.0
_INSERT = "INSERT INTO {} (matter_id, step) VALUES ($1, 1)"


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds between two commits, by id."""

    began: dict[UUID, float] = field(default_factory=dict)
    taken: list[float] = field(default_factory=list)

    def arrived(self, id: UUID) -> None:
        if (began := self.began.pop(id, None)) is not None:
            self.taken.append((time.perf_counter() - began) * 1000)

    async def run(self, count: int, send: Callable[[UUID], Coroutine[Any, Any, None]]) -> Figures:
        """Sends at a steady rate whatever comes back, then waits for the last."""
        self.taken.clear()
        sending: list[asyncio.Task[None]] = []
        start = time.perf_counter()
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / EACH_SECOND - time.perf_counter()))
            sending.append(asyncio.create_task(send(new_id())))
        await asyncio.gather(*sending)
        async with asyncio.timeout(TOO_LONG):
            while len(self.taken) < count:
                await asyncio.sleep(0.005)
        return {"p50": quantile(self.taken, 0.5), "p99": quantile(self.taken, 0.99)}


@asynccontextmanager
async def _bare(rig: Rig) -> AsyncIterator[Callable[[int], Awaitable[Figures]]]:
    """A publish-consume hop between two inserts."""
    watch = Stopwatch()
    async with AsyncExitStack() as leaving:
        log = await leaving.enter_async_context(rig.log(ARCHIVE))
        for name in ("raw_sent", "raw_seen"):
            await log.owner.execute(f"CREATE TABLE {name} (LIKE seen_matter INCLUDING ALL)")
        sender, receiver = await log.connections(2)
        connections = [await aio_pika.connect(rig.broker().url, timeout=10) for _ in range(2)]
        for connection in connections:
            await leaving.enter_async_context(connection)
        out = await connections[0].channel(publisher_confirms=True)
        inbound = await connections[1].channel()
        await inbound.set_qos(200)
        queue = await inbound.declare_queue(
            f"bench-{uuid4().hex[:8]}", durable=True, arguments={"x-queue-type": "quorum"}
        )
        turn, turn_back = asyncio.Lock(), asyncio.Lock()  # one connection each, as a queue of appends has

        async def receive(message: Any) -> None:
            id = UUID(bytes=message.body)
            async with turn_back:
                await receiver.execute(_INSERT.format("raw_seen"), id)
            watch.arrived(id)
            await message.ack()

        async def send(id: UUID) -> None:
            async with turn:
                await sender.execute(_INSERT.format("raw_sent"), id)
            watch.began[id] = time.perf_counter()
            message = aio_pika.Message(id.bytes, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await out.default_exchange.publish(message, queue.name, timeout=TOO_LONG)

        tag = await queue.consume(receive)
        yield lambda count: watch.run(count, send)
        await queue.cancel(tag)
        await inbound.queue_delete(queue.name)
        for connection in (sender, receiver):
            connection.terminate()


@asynccontextmanager
async def _services(rig: Rig, stages: Stages) -> AsyncIterator[Callable[[int], Awaitable[Figures]]]:
    """Two whole services: log, sequencer, relay, broker, subscription, inbox, handler."""
    prefix, mint, watch = f"bench-{uuid4().hex[:8]}.", CallerMint(), Stopwatch()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        at = Path(folder)
        async with (
            running(
                OFFICE, rig.admin_url, rig.broker().url, at / "o", mint=mint, name_prefix=prefix
            ) as office,
            running(
                ARCHIVE, rig.admin_url, rig.broker().url, at / "a", mint=mint, name_prefix=prefix
            ) as archive,
        ):
            _notice(archive, watch, stages)
            await _listens(rig, f"{prefix}archive.events")

            async def send(id: UUID) -> None:
                unit = office.runtime.unit()
                await unit.save(matter(id, unit.now, 1), subject=new_id())
                await unit.commit()
                watch.began[id] = time.perf_counter()
                stages.mark("committed", id)

            yield lambda count: watch.run(count, send)
        await _delete(rig, prefix)


def _notice(archive: Running, watch: Stopwatch, stages: Stages) -> None:
    """Takes the time when the archive's queue of appends tells that a handler's append is committed."""
    queue: Any = archive.runtime.log.queue
    before = queue._on_commit

    def committed(append: Append) -> None:
        before(append)
        for table, key in append.rows:
            if table == SEEN.name:
                watch.arrived(UUID(key[0]))
                stages.mark("handler committed", key[0])

    queue._on_commit = committed


async def _listens(rig: Rig, queue: str) -> None:
    async with asyncio.timeout(30):
        while True:
            async with await aio_pika.connect(rig.broker().url) as connection:
                channel = await connection.channel()
                try:
                    found = await channel.declare_queue(queue, passive=True)
                except aio_pika.exceptions.AMQPError:
                    found = None
            if found is not None and found.declaration_result.consumer_count:
                return
            await asyncio.sleep(0.1)


async def _delete(rig: Rig, prefix: str) -> None:
    async with await aio_pika.connect(rig.broker().url) as connection:
        channel = await connection.channel()
        for name in ("archive.events", "archive.events.dead"):
            await channel.queue_delete(prefix + name)
        await channel.exchange_delete(f"{prefix}portal.events")


@asynccontextmanager
async def _prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    count = max(3, int(ROUND_SECONDS * EACH_SECOND * size.seconds))
    stages = Stages()
    async with _bare(rig) as bare, _services(rig, stages) as services:
        yield {"hop": lambda: bare(count), "services": lambda: services(count)}
        with looking_on(stages):
            await services(count)
        notes.profiles["latency, milliseconds"] = stages.medians()


HOP: Final = "bare publish-consume hop between the same two inserts"
WHAT: Final = "commit → handler committed in another service, 50 events/s"
ROWS: Final = (
    Row("latency-p50", f"{WHAT}, p50", "ms", "services.p50", "hop.p50", HOP, 1.5, less=True),
    Row("latency-p99", f"{WHAT}, p99", "ms", "services.p99", "hop.p99", HOP, 2.0, less=True),
)
BENCHES: Final = (Bench("latency", "latency", ROWS, _prepare, rounds=5),)
