"""The real log and its in-memory twin behind one face, for the contract suite."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from shared.log import Append, Context, LogParts, Table, Unit
from shared.testing import Databases
from shared.testing.memory import MemoryQueue, MemoryService
from tests.shared.log.conftest import Log, opened
from tests.shared.toy.library import LIBRARY

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Queue(Protocol):
    """What is under contract."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def append(self, append: Append) -> None: ...


class Subject(Protocol):
    """A log under contract, and what the suite looks at."""

    queue: Queue
    parts: LogParts
    committed: list[Append]

    def rival(self) -> Queue:
        """Another queue on the same log, not started."""
        ...

    async def events(self) -> list[tuple[UUID, int]]:
        """(stream, version) in the order of the log."""
        ...

    async def holder(self, scope: str) -> list[UUID]:
        """The streams that hold something of this kind."""
        ...

    async def rows(self, table: Table) -> list[dict[str, Any]]: ...

    async def tasks(self) -> list[tuple[str, bool]]:
        """(kind, done)."""
        ...

    async def lease(self, task_id: UUID, lease: UUID) -> None:
        """A worker takes the task."""
        ...

    async def cursor(self, source: str) -> int: ...

    async def destroy(self, subject: UUID) -> None: ...


def unit_on(subject: Subject, context: Context | None = None) -> Unit:
    return Unit(subject.parts, NOW, context or Context())


class RealSubject:
    """PostgreSQL."""

    def __init__(self, log: Log, committed: list[Append]) -> None:
        self.queue: Queue = log.queue
        self.parts = log.parts
        self.committed = committed
        self._log = log

    def rival(self) -> Queue:
        return self._log.rival()

    async def events(self) -> list[tuple[UUID, int]]:
        rows = await self._log.pool.fetch(
            "SELECT stream_id, version FROM event ORDER BY epoch, xid, position"
        )
        return [(row["stream_id"], row["version"]) for row in rows]

    async def holder(self, scope: str) -> list[UUID]:
        rows = await self._log.pool.fetch("SELECT stream_id FROM reservation WHERE scope = $1", scope)
        return [row["stream_id"] for row in rows]

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        rows = await self._log.pool.fetch(f"SELECT * FROM {table.name}")
        return [{k: str(v) if isinstance(v, UUID) else v for k, v in row.items()} for row in rows]

    async def tasks(self) -> list[tuple[str, bool]]:
        rows = await self._log.pool.fetch("SELECT kind, done_at FROM task ORDER BY kind")
        return [(row["kind"], row["done_at"] is not None) for row in rows]

    async def lease(self, task_id: UUID, lease: UUID) -> None:
        await self._log.pool.execute("UPDATE task SET lease = $2 WHERE task_id = $1", task_id, lease)

    async def cursor(self, source: str) -> int:
        found = await self._log.pool.fetchval("SELECT sequence FROM inbox_cursor WHERE source = $1", source)
        return found or 0

    async def destroy(self, subject: UUID) -> None:
        await self._log.keys.destroy(subject)


class MemorySubject:
    """The twin."""

    def __init__(self) -> None:
        self.service = MemoryService(LIBRARY.projections)
        self.log = self.service.log
        self.committed: list[Append] = []
        self.queue: Queue = MemoryQueue(self.log, self.committed.append)
        p = self.service.parts
        self.parts = LogParts(self.queue, p.reader, p.keys, p.snapshots, p.projections, p.digest)

    def rival(self) -> Queue:
        return MemoryQueue(self.log)

    async def events(self) -> list[tuple[UUID, int]]:
        return self.log.order

    async def holder(self, scope: str) -> list[UUID]:
        return [held.stream_id for held in self.log.reservations.values() if held.scope == scope]

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        return self.log.rows_of(table)

    async def tasks(self) -> list[tuple[str, bool]]:
        return sorted((stored.task.kind, stored.done) for stored in self.log.tasks.values())

    async def lease(self, task_id: UUID, lease: UUID) -> None:
        self.log.tasks[task_id].lease = lease

    async def cursor(self, source: str) -> int:
        return self.log.cursors.get(source, 0)

    async def destroy(self, subject: UUID) -> None:
        await self.service.keys.destroy(subject)


@asynccontextmanager
async def subject_of(kind: str, databases: Databases) -> AsyncIterator[Subject]:
    """An empty log of this kind."""
    if kind == "memory":
        yield MemorySubject()
        return
    committed: list[Append] = []
    async with opened(databases, committed.append) as log:
        yield RealSubject(log, committed)
