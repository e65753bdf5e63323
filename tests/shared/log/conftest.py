"""A log of its own, without broker or service: queue, reader, keys."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.clock import SystemClock
from shared.ids import new_id
from shared.keys import KeyRing, lookup
from shared.log import Append, AppendQueue, LoadQueue, LogParts, LogReader, Unit
from shared.log.append import NewEvent, StreamAppend
from shared.log.snapshots import Snapshots
from shared.testing import Databases, fresh
from tests.shared.toy.library import LIBRARY, Loan

EMPTY = """
TRUNCATE event, snapshot, reservation, inbox_cursor, task, parked, inbox_attempt, feed, number_range, loan,
  audit_seal, audit_anchored, log_restore, inbox_ahead, number_given;
UPDATE log_epoch SET epoch = 1;
UPDATE feed_head SET sequence = 0, epoch = 0, xid = '0', position = 0;
UPDATE relay_cursor SET published = 0;
"""


@dataclass(slots=True)
class Log:
    """What a service has of the log."""

    databases: Databases
    pool: Any
    keys: KeyRing
    queue: AppendQueue
    parts: LogParts

    def unit(self) -> Unit:
        return Unit(self.parts, SystemClock().now())

    def rival(self) -> AppendQueue:
        """Another process's queue on the same log."""
        return AppendQueue(lambda: asyncpg.connect(self.databases.log))

    async def lend(self, title: str = "Faust", subject: UUID | None = None) -> Loan:
        unit = self.unit()
        loan = Loan.lend(id=new_id(), now=unit.now, title=title, reader="Łukasz")
        await unit.save(loan, subject=subject or new_id())
        await unit.commit()
        return loan

    async def count(self, table: str) -> int:
        found: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")
        return found


def events(stream: UUID, expected: int, count: int = 1, payload: bytes = b"{}") -> Append:
    """An append of raw events."""
    new = tuple(NewEvent(new_id(), "raw", 1, payload, "{}") for _ in range(count))
    return Append(streams=[StreamAppend(stream, expected, new)])


@pytest.fixture(scope="module")
async def databases(postgres_url: str) -> AsyncIterator[Databases]:
    """Made once a module: to make and drop them takes longer than most tests."""
    async with fresh(postgres_url, LIBRARY) as found:
        yield found


@asynccontextmanager
async def opened(
    databases: Databases, on_commit: Callable[[Append], None] = lambda _: None
) -> AsyncIterator[Log]:
    """An empty log with a queue that runs."""
    await empty(databases)
    pool = await asyncpg.create_pool(databases.log, min_size=1, max_size=8)
    keys_pool = await asyncpg.create_pool(databases.keys, min_size=1, max_size=2)
    keys = KeyRing(keys_pool, os.urandom(32), "library")
    queue = AppendQueue(lambda: asyncpg.connect(databases.log), on_commit)
    await queue.start()
    loads = LoadQueue(lambda: asyncpg.connect(databases.log))
    parts = LogParts(
        queue,
        LogReader(pool, keys, loads),
        keys,
        Snapshots(pool, keys),
        LIBRARY.projections,
        lookup(os.urandom(32)),
    )
    yield Log(databases, pool, keys, queue, parts)
    await queue.close()
    await loads.close()
    await pool.close()
    await keys_pool.close()


async def empty(databases: Databases) -> None:
    """As if nothing had ever happened."""
    owner = await asyncpg.connect(databases.owner_log)
    await owner.execute(EMPTY)
    await owner.close()


@pytest.fixture
async def log(databases: Databases) -> AsyncIterator[Log]:
    async with opened(databases) as found:
        yield found
