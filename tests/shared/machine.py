"""A log with its feed and an inbox behind it, whose connection fails and whose process dies when told to."""

import asyncio
from collections import Counter
from typing import Any, Final
from uuid import UUID

import asyncpg

from shared.bus.envelope import Envelope, read
from shared.bus.handlers import ForeignEvent, Handlers
from shared.bus.inbox import Inbox
from shared.feed.sequencer import Sequencer, page
from shared.keys import KeyRing, lookup
from shared.log import Append, AppendQueue, LoadQueue, LogParts, LogReader, Unit
from shared.log.snapshots import Snapshots
from shared.testing import Databases, FixedClock
from tests.shared.delivering import settled
from tests.shared.log.conftest import empty
from tests.shared.toy.library import LIBRARY

SECRET: Final = b"s" * 32
LOST: Final = ("lost before", "lost after")
DIES: Final = ("dies before", "dies after")


class Wire:
    """A connection; before or after its next statement it may break, or never answer again."""

    def __init__(self, connection: Any, machine: "Machine") -> None:
        self._connection = connection
        self._machine = machine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, *args: Any, **kw: Any) -> Any:
        fault, self._machine.fault = self._machine.fault, ""
        if fault.endswith("before"):
            await self._break(fault)
        found = await self._connection.fetch(*args, **kw)
        if fault:
            await self._break(fault)
        return found

    async def _break(self, fault: str) -> None:
        if fault in LOST:
            raise asyncpg.ConnectionDoesNotExistError("cut")
        self._machine.silent.set()
        await asyncio.Event().wait()


class Seen(ForeignEvent):
    """What the listening side reads of a loan."""

    loan_id: UUID


class Machine:
    """The parts of two services on one database; `begin` and `end` each example."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self.fault = ""
        self.silent = asyncio.Event()

    async def open(self) -> None:
        self.pool = await asyncpg.create_pool(self._databases.log, min_size=1, max_size=4)
        self.keys_pool = await asyncpg.create_pool(self._databases.keys, min_size=1, max_size=2)

    async def close(self) -> None:
        await self.pool.close()
        await self.keys_pool.close()

    async def begin(self) -> None:
        await empty(self._databases)
        self.clock = FixedClock()
        self.sequencer = Sequencer(self.pool, LIBRARY.published)
        await self.start()
        self.listen()

    async def end(self) -> None:
        await self.queue.close()
        await self.loads.close()
        await self.inbox.close()

    async def start(self) -> None:
        """A process begins: nothing is remembered."""
        self.keys = KeyRing(self.keys_pool, SECRET, "library")
        self.queue = AppendQueue(self._connect)
        await self.queue.start()
        self.loads = LoadQueue(lambda: asyncpg.connect(self._databases.log))
        self.parts = LogParts(
            self.queue,
            LogReader(self.pool, self.keys, self.loads),
            self.keys,
            Snapshots(self.pool, self.keys),
            LIBRARY.projections,
            lookup(SECRET),
        )

    async def _connect(self) -> Any:
        return Wire(await asyncpg.connect(self._databases.log), self)

    async def die(self) -> None:
        """The process ends as it stands: nothing is flushed, nobody is told."""
        for flusher in self.queue._flushers:
            flusher.cancel()
        await asyncio.gather(*self.queue._flushers, return_exceptions=True)
        for lane in self.queue._lanes:
            if lane.connection is not None:
                lane.connection.terminate()
        await self.loads.close()

    async def append(self, append: Append, fault: str = "") -> None:
        """Appends; when the process dies meanwhile, the next one is given the same append."""
        self.fault = fault
        self.silent.clear()
        if fault not in DIES:
            await self.queue.append(append)
            return
        caller = asyncio.create_task(self.queue.append(append))
        await self.silent.wait()
        await self.die()
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        await self.start()
        await self.queue.append(append)

    def unit(self) -> Unit:
        return Unit(self.parts, self.clock.now())

    def listen(self) -> None:
        """The consuming side begins, at its cursor."""
        handlers = Handlers()
        for kind in ("book_lent", "book_returned"):
            handlers.on(f"library.{kind}.v1", Seen)(noting(kind))
        self.inbox = Inbox("library", self.pool, handlers, lambda _: self.unit(), self)
        self.inbox.start()

    async def after(self, source: str, sequence: int, limit: int) -> list[Envelope]:
        """The feed, as another service reads it."""
        return [read(raw) for _, raw in await page(self.pool, sequence, limit)]

    async def deliver(self, events: list[Envelope]) -> None:
        async with asyncio.timeout(30):
            await asyncio.gather(*(settled(self.inbox, event) for event in events))

    async def settle(self) -> list[Envelope]:
        """The whole feed, once everything is numbered and taken in."""
        async with asyncio.timeout(60):
            while await self.sequencer.holds_back():  # for whatever else runs on the server
                await self.sequencer.run_once()
                await asyncio.sleep(0.01)
            feed = await self.after("library", 0, 10_000)
            await self.deliver(feed[-1:])
        return feed

    async def logged(self) -> Counter[UUID]:
        """Events of each stream; their versions have no gap."""
        rows = await self.pool.fetch("SELECT stream_id, version FROM event")
        found = Counter(row["stream_id"] for row in rows)
        assert {(r["stream_id"], r["version"]) for r in rows} == {
            (stream, version) for stream, count in found.items() for version in range(1, count + 1)
        }
        return found

    async def rows(self) -> dict[UUID, tuple[str, str]]:
        rows = await self.pool.fetch("SELECT loan_id, title, state FROM loan")
        return {row["loan_id"]: (row["title"], row["state"]) for row in rows}

    async def held(self) -> dict[bytes, UUID]:
        rows = await self.pool.fetch("SELECT digest, stream_id FROM reservation")
        return {row["digest"]: row["stream_id"] for row in rows}

    async def effects(self) -> list[tuple[str, UUID]]:
        """What the consuming side did, each once and in the order that it did it."""
        rows = await self.pool.fetch("SELECT kind, payload->>'loan' AS loan FROM task ORDER BY task_id")
        return [(row["kind"], UUID(row["loan"])) for row in rows]

    async def cursor(self) -> int:
        found: int = await self.pool.fetchval("SELECT coalesce(max(sequence), 0) FROM inbox_cursor")
        return found


def noting(kind: str) -> Any:
    async def note(event: Seen, unit: Unit) -> None:
        unit.task(kind, {"loan": str(event.loan_id)})

    return note
