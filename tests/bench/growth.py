"""What grows with the log: shared buffers touched by an operation, and the memory of a rebuild.

Buffers are counted by the server (pg_statio_user_tables: found or read, tables and indexes) over many
operations of the kernel itself, so with the plans that its prepared statements have.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg

from deploy.local.places import ROOT
from shared.feed.sequencer import Sequencer, page
from shared.ids import new_id
from shared.log import Append, AppendQueue, LoadQueue, LogReader
from shared.log.append import NewEvent, StreamAppend
from tests.bench.filling import STEPS, fill_by_server
from tests.bench.measuring import Bench, Notes, Row, Side, Size
from tests.bench.office import PUBLISHED
from tests.bench.rig import Log, Rig

SMALL: Final = 10_000
OPERATIONS: Final = 200
_TOUCHED = """
SELECT relname AS part, coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0)
  + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0)
  + coalesce(tidx_blks_read, 0) + coalesce(tidx_blks_hit, 0) AS blocks FROM pg_statio_user_tables
UNION ALL SELECT indexrelname, idx_blks_read + idx_blks_hit FROM pg_statio_user_indexes
"""
_SOME = "SELECT stream_id FROM event TABLESAMPLE SYSTEM ({}) WHERE version = 10 ORDER BY random() LIMIT {}"
_EVENT: Final = (
    "bench.matter_moved",
    1,
    b'{"at":"2026-11-22T09:30:00Z","d":{"desk":"a","cents":1,"at_counter":true}}',
)


class Grown:
    """A log of some size and the operations whose buffers are counted."""

    def __init__(self, log: Log, events: int, operations: int) -> None:
        self._log, self.events, self._operations = log, events, operations
        self._used: set[UUID] = set()
        self.parts: dict[str, float] = {}
        """Buffers an operation of what was done last, by table and index."""

    async def append(self) -> float:
        """One event more for a stream from anywhere in the log, each in a flush of its own."""
        queue = AppendQueue(lambda: asyncpg.connect(self._log.databases.log))
        await queue.start()
        streams = await self._streams()
        self._used |= set(streams)

        async def work() -> None:
            for stream in streams:
                await queue.append(Append(streams=[StreamAppend(stream, STEPS, (_event(),))]))
            await queue.close()

        return await self._touched(work)

    async def load(self) -> float:
        """A whole stream of ten events; ten callers ask at once."""
        streams = await self._streams()
        loads = LoadQueue(lambda: asyncpg.connect(self._log.databases.log))
        reader = LogReader(self._log.pool, self._log.keys, loads)

        async def work() -> None:
            for some in range(0, len(streams), 10):
                found = await asyncio.gather(*map(reader.stream, streams[some : some + 10]))
                assert all(len(events) == STEPS for events in found)
            await loads.close()

        return await self._touched(work)

    async def feed(self) -> float:
        """One new event numbered, and a page of ten read from anywhere in the feed."""
        await self._settle()
        pool = await asyncpg.create_pool(self._log.databases.log, min_size=1, max_size=1)
        sequencer = Sequencer(pool, PUBLISHED)
        await sequencer.run_once()
        insert = (
            "INSERT INTO event (epoch, stream_id, version, event_id, name, schema_version, payload, meta)"
        )

        async def work() -> None:
            for _ in range(self._operations):
                await self._log.owner.execute(
                    f"{insert} VALUES (1, $1, 1, $2, $3, $4, $5, '{{}}')", new_id(), new_id(), *_EVENT
                )
                async with asyncio.timeout(30):
                    while (await sequencer.run_once()).last <= self.events:
                        pass
                await page(pool, random.randrange(self.events), 10)
            await pool.close()

        return await self._touched(work)

    async def _settle(self) -> None:
        sequencer = Sequencer(self._log.pool, PUBLISHED)
        async with asyncio.timeout(60):
            while (await sequencer.run_once()).more or await sequencer.holds_back():
                await asyncio.sleep(0.01)

    async def _streams(self) -> list[UUID]:
        share = min(100.0, self._operations * 100_000 / self.events)
        rows = await self._log.owner.fetch(_SOME.format(share, self._operations * 3))
        return [row["stream_id"] for row in rows if row["stream_id"] not in self._used][: self._operations]

    async def _touched(self, work: Callable[[], Awaitable[None]]) -> float:
        """Buffers an operation; the backends that did the work have ended, so their counts are in."""
        before = await self._count()
        await work()
        after = await self._count()
        self.parts = {part: (n - before.get(part, 0)) / self._operations for part, n in after.items()}
        return sum(self.parts.values())

    async def _count(self) -> dict[str, int]:
        await self._log.pool.expire_connections()
        await self._log.owner.execute("SELECT pg_stat_force_next_flush()")
        await asyncio.sleep(0.3)
        return dict(await self._log.owner.fetch(_TOUCHED))


def _event() -> NewEvent:
    name, schema, payload = _EVENT
    return NewEvent(new_id(), name, schema, payload, "{}")


@asynccontextmanager
async def _prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    small = min(SMALL, size.growth // 2)
    operations = min(OPERATIONS, small // 100)
    sides: dict[str, Side] = {}
    logs: list[Grown] = []
    async with AsyncExitStack() as leaving:
        for name, events in (("small", small), ("large", size.growth)):
            log = await leaving.enter_async_context(rig.log())
            await fill_by_server(log.owner, events, feed=True)
            grown = Grown(log, events, operations)
            logs.append(grown)
            sides |= {f"append {name}": grown.append, f"load {name}": grown.load, f"feed {name}": grown.feed}
        yield sides
        notes.profiles["growth, buffers of an append"] = await _parts(logs)


async def _parts(logs: list[Grown]) -> dict[str, float]:
    """Of one more append each, by table and index, on the small and on the large log."""
    for grown in logs:
        await grown.append()
    touched = {part for grown in logs for part, blocks in grown.parts.items() if blocks >= 0.1}
    return {
        f"{part}, on a log of {grown.events:,} events": grown.parts.get(part, 0.0)
        for part in sorted(touched) for grown in logs
    }  # fmt: skip


@asynccontextmanager
async def _prepare_memory(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    async with rig.log() as small, rig.log() as large:
        await fill_by_server(small.owner, min(SMALL, size.memory // 2))
        await fill_by_server(large.owner, size.memory)
        yield {"small": lambda: _peak(small), "large": lambda: _peak(large)}


async def _peak(log: Log) -> float:
    """MB at most resident in a process that rebuilds the read model of this log."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.folding", log.databases.owner_log, log.databases.owner_keys,
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"the rebuild ended with {child.returncode}")
    return float(said)


def _row(kind: str, what: str) -> Row:
    what = f"growth: {what}, on a log of {{growth:,}} events"
    return Row(f"growth-{kind}", what, "buffers", f"{kind} large",
               f"{kind} small", "on a log of 10,000", 1.1, less=True)  # fmt: skip


ROWS: Final = (
    _row("append", "append to a stream"),
    _row("load", "load ten events"),
    _row("feed", "number an event, read ten"),
)
MEMORY: Final = Row("rebuild-memory", "rebuild of {memory:,} events, most memory", "MB", "large", "small",
                    "of 10,000 events", 1.1, less=True)  # fmt: skip
BENCHES: Final = (
    Bench("growth", "growth", ROWS, _prepare, rounds=3, warm=False),
    Bench("rebuild", "memory of a rebuild", (MEMORY,), _prepare_memory, rounds=1, warm=False),
)
