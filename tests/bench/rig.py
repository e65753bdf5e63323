"""The rig: real servers, logs of their own, and what the raw sides use beside them.

PostgreSQL is the project's own (from the wheel, fsync on) unless PORTAL_POSTGRES_URL names one; RabbitMQ is
whichever the tests would find. Everything is on loopback, in databases and names of its own, and goes in the
end.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, TypeVar, cast
from uuid import UUID, uuid4

import asyncpg
import msgspec
import psutil

from deploy.local.rabbit import Broker
from deploy.local.testservers import postgres_for_tests, rabbitmq_for_tests
from shared.clock import SystemClock
from shared.domain import Event, encode
from shared.ids import new_id
from shared.keys import KeyRing, lookup
from shared.log import AppendQueue, Context, LoadQueue, LogParts, LogReader, Meta, Unit
from shared.log.snapshots import Snapshots
from shared.service import Service
from shared.testing import Databases, fresh
from tests.bench.measuring import Figures
from tests.bench.office import OFFICE, matter

T = TypeVar("T")
ASKED: Final = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method",
                "shared_buffers", "max_wal_size")  # fmt: skip


class NotDurable(RuntimeError):
    """The server does not write its log to disk before it answers: its figures would mean nothing."""


@dataclass(slots=True)
class Log:
    """What one service has of its log; `owner` is a pool of the tables' owner."""

    service: Service
    databases: Databases
    pool: Any
    keys_pool: Any
    owner: Any
    master: bytes
    keys: KeyRing
    queue: AppendQueue
    parts: LogParts

    def unit(self, context: Context | None = None) -> Unit:
        return Unit(self.parts, SystemClock().now(), context or Context("account:bench", "bench"))

    def cold_keys(self) -> KeyRing:
        """A key ring that has read no key yet, as in a process that has just begun."""
        return KeyRing(self.keys_pool, self.master, self.service.name)

    async def raw_table(self, name: str, like: str = "event") -> None:
        """A table of the same columns and indexes for the raw side."""
        await self.owner.execute(f"CREATE TABLE IF NOT EXISTS {name} (LIKE {like} INCLUDING ALL)")

    async def connections(self, count: int) -> list[Any]:
        return [await asyncpg.connect(self.databases.owner_log) for _ in range(count)]

    async def fill(
        self, streams: int, steps: int, subjects: list[UUID], *, personal: bool = True
    ) -> list[UUID]:
        """New streams of `steps` events, written by COPY in the order in which a log has them.

        All streams begin before the first goes on, as in an office where many matters are open. Without
        `personal` no event names whose it is, as in a log about things.
        """
        ids = [new_id() for _ in range(streams)]
        now = SystemClock().now()
        matters = [(matter(i, now, steps, personal=personal), subjects[n % len(subjects)])
                   for n, i in enumerate(ids)]  # fmt: skip
        keys = {subject: await self.keys.obtain(subject) for subject in subjects}
        metas = {subject: meta_of(subject if personal else None) for subject in subjects}
        records = [
            (1, stream.id, event.originator_version, new_id(),
             *encode(cast(Event, event), keys[subject]), metas[subject])
            for stream, subject in matters for event in stream.pending_events
        ]  # fmt: skip
        records.sort(key=itemgetter(2))
        columns = ["epoch", "stream_id", "version", "event_id", "name", "schema_version", "payload", "meta"]
        await self.owner.copy_records_to_table("event", records=records, columns=columns)
        return ids


def meta_of(subject: UUID | None) -> str:
    """The meta of an event as a unit writes it."""
    meta = Meta("account:bench", "bench", str(uuid4()), "", "", subject)
    return msgspec.json.encode(meta).decode()


@dataclass(slots=True)
class Rig:
    """The servers of one run. The broker is started by whoever needs it first."""

    admin_url: str
    settings: dict[str, str]
    _stack: ExitStack
    _later: AsyncExitStack
    _kept: dict[str, Any] = field(default_factory=dict)
    _broker: Broker | None = None
    _postmaster: psutil.Process | None = None

    def broker(self) -> Broker:
        if self._broker is None:
            self._broker = self._stack.enter_context(rabbitmq_for_tests())
            self.settings["rabbitmq"] = self._broker.described
        return self._broker

    async def keep(self, name: str, make: Callable[[], AbstractAsyncContextManager[T]]) -> T:
        """What takes long to start: started by whoever needs it first, there until the rig ends."""
        if name not in self._kept:
            self._kept[name] = await self._later.enter_async_context(make())
        kept: T = self._kept[name]
        return kept

    @asynccontextmanager
    async def log(self, service: Service = OFFICE) -> AsyncIterator[Log]:
        """A fresh log with its queue at work."""
        async with AsyncExitStack() as leaving:
            databases = await leaving.enter_async_context(fresh(self.admin_url, service))
            pools = []
            for url, size in ((databases.log, 10), (databases.keys, 4), (databases.owner_log, 4)):
                pool = await asyncpg.create_pool(url, min_size=1, max_size=size)
                leaving.push_async_callback(_terminate, pool)
                pools.append(pool)
            pool, keys_pool, owner = pools
            master = os.urandom(32)
            keys = KeyRing(keys_pool, master, service.name)
            queue = AppendQueue(lambda: asyncpg.connect(databases.log))
            await queue.start()
            leaving.push_async_callback(queue.close)
            loads = LoadQueue(lambda: asyncpg.connect(databases.log))
            leaving.push_async_callback(loads.close)
            parts = LogParts(queue, LogReader(pool, keys, loads), keys, Snapshots(pool, keys),
                             service.projections, lookup(os.urandom(32)))  # fmt: skip
            yield Log(service, databases, pool, keys_pool, owner, master, keys, queue, parts)

    async def server_seconds(self) -> float:
        """Seconds of processor that the whole PostgreSQL server has used so far."""
        if self._postmaster is None:
            connection = await asyncpg.connect(self.admin_url)
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            self._postmaster = psutil.Process(psutil.Process(pid).ppid())
            await connection.close()
        return sum(_seconds(process) for process in _family(self._postmaster))

    async def spent(self, work: Callable[[], Awaitable[Any]]) -> tuple[float, float, float]:
        """Seconds that `work` took: by the clock, of this process, of the server."""
        server = (
            await self.server_seconds()
        )  # outside of the client's own time: it looks through all processes
        began, client = time.perf_counter(), time.process_time()
        await work()
        taken = time.perf_counter() - began, time.process_time() - client
        return *taken, await self.server_seconds() - server

    async def timed(self, seconds: float, callers: int, work: Callable[[int], Awaitable[int]]) -> Figures:
        """Operations a second of so many callers, each doing one after the other until the time is up.

        `work` takes the caller's number and returns how many operations it has done.
        Beside it the microseconds of processor for one operation: this process (`client`), the server.
        """
        done = 0.0

        async def caller(number: int, until: float) -> None:
            nonlocal done
            while time.perf_counter() < until:
                count = await work(number)  # not in one line with the sum, which others change meanwhile
                done += count

        async def callers_together() -> None:
            until = time.perf_counter() + seconds
            await asyncio.gather(*(caller(n, until) for n in range(callers)))

        elapsed, client, server = await self.spent(callers_together)
        return {
            "": done / elapsed,
            "operations": done,
            "client": client / done * 1e6,
            "server": server / done * 1e6,
        }


def _family(postmaster: psutil.Process) -> Iterator[psutil.Process]:
    yield postmaster
    yield from postmaster.children()


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


async def _terminate(pool: asyncpg.Pool) -> None:
    pool.terminate()


@asynccontextmanager
async def rigged() -> AsyncIterator[Rig]:
    """Servers for one run. Raises NotDurable."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres_for_tests(own=True))
        settings = await _asked(url)
        if settings["fsync"] != "on" or settings["synchronous_commit"] != "on":
            raise NotDurable("fsync and synchronous_commit must be on")
        async with AsyncExitStack() as later:
            yield Rig(url, settings, stack, later)


async def _asked(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    found = {name: await connection.fetchval(f"SELECT current_setting('{name}')") for name in ASKED}
    await connection.close()
    return {"postgresql": found.pop("server_version"), **found}
