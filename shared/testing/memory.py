"""The in-memory twin of the log: domain tests of a service run on it without a server.

It passes the contract suite of the real one (tests/shared/log/test_contract.py). What it does not know is
the DDL: a value is refused where PostgreSQL could not take it in any column, not where a column forbids it;
row values are kept as they were given.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.bus.envelope import Envelope
from shared.bus.published import Published
from shared.domain import Aggregate, decode
from shared.keys import DataKey, KeyDestroyed, lookup
from shared.log import queue as real
from shared.log.append import (
    Append,
    AppendRefused,
    CursorMoved,
    LeaseLost,
    LogUnavailable,
    NewEvent,
    NewTask,
    Reservation,
    ReservationTaken,
    Table,
    VersionConflict,
)
from shared.log.projection import Projections
from shared.log.reading import BEGINNING, LATEST, Place, Recorded, read_meta
from shared.log.unit import Context, LogParts, Unit


class ValueRefused(ValueError):
    """A value that no column of the database takes, or one key twice in one append."""


@dataclass(slots=True)
class StoredTask:
    """A task and how it stands."""

    task: NewTask
    lease: UUID | None = None
    done: bool = False


@dataclass(slots=True)
class MemoryLog:
    """What is stored, open to the eyes of a test, and the judgement that the real statement makes."""

    streams: dict[UUID, list[NewEvent]] = field(default_factory=dict)
    order: list[tuple[UUID, int]] = field(default_factory=list)
    reservations: dict[tuple[str, bytes], Reservation] = field(default_factory=dict)
    rows: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)
    tasks: dict[UUID, StoredTask] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)

    def write(self, append: Append) -> None:
        """Writes all of it. Raises an AppendRefused or ValueRefused, and then wrote nothing."""
        _check_values(append)
        verdicts = dict(self._verdicts(append))
        match min(verdicts, default="ok"):  # as the statement does: the first by name
            case "ok":
                self._write(append)
            case "done":
                pass
            case first:
                raise verdicts[first] or AssertionError(first)

    def rows_of(self, table: Table) -> list[dict[str, Any]]:
        """The rows of a read model with their key columns."""
        found = self.rows.get(table.name, {})
        return [dict(zip(table.key, key, strict=True)) | values for key, values in found.items()]

    def _verdicts(self, append: Append) -> Iterator[tuple[str, AppendRefused | None]]:
        for s in append.streams:
            known = self.streams.get(s.stream_id, [])
            if len(known) > s.expected_version:
                if known[s.expected_version].event_id == s.events[0].event_id:
                    yield "done", None
                else:
                    yield "version", VersionConflict("the stream has moved on")
            elif len(known) < s.expected_version:
                yield "version", VersionConflict("the stream has moved on")
        if append.cursor and self.cursors.get(append.cursor.source, 0) != append.cursor.before:
            yield "cursor", CursorMoved("applied already")
        for r in append.reserve:
            held = self.reservations.get((r.scope, r.digest))
            if held is not None and held.stream_id != r.stream_id:
                yield "taken", ReservationTaken(r.scope)
        for d in append.done:
            task = self.tasks.get(d.task_id)
            if task is None or task.done or task.lease != d.lease:
                yield "task", LeaseLost("the task is no longer ours")

    def _write(self, append: Append) -> None:
        for s in append.streams:
            known = self.streams.setdefault(s.stream_id, [])
            for event in s.events:
                known.append(event)
                self.order.append((s.stream_id, len(known)))
        self._hold(append)
        for row in append.rows.values():
            self._patch(row.table, row.key, row.values)
        kept = {(t.task.kind, t.task.dedupe) for t in self.tasks.values() if t.task.dedupe}
        for new in append.tasks:
            if (new.kind, new.dedupe) not in kept:
                self.tasks.setdefault(new.task_id, StoredTask(new))
                kept |= {(new.kind, new.dedupe)} if new.dedupe else set()
        for d in append.done:
            self.tasks[d.task_id].done, self.tasks[d.task_id].lease = True, None
        if append.cursor:
            self.cursors[append.cursor.source] = append.cursor.after

    def _hold(self, append: Append) -> None:
        before = dict(self.reservations)
        for r in append.reserve:
            self.reservations.setdefault((r.scope, r.digest), r)
        for r in append.release:
            held = before.get((r.scope, r.digest))
            if held is not None and held.stream_id == r.stream_id:
                del self.reservations[r.scope, r.digest]

    def _patch(self, table: Table, key: tuple[Any, ...], values: Any) -> None:
        rows = self.rows.setdefault(table.name, {})
        if values is None:
            rows.pop(key, None)
        elif not (table.write_once and key in rows):
            rows.setdefault(key, {}).update(values)


def _check_values(append: Append) -> None:
    texts = [t for task in append.tasks for t in (task.kind, task.payload, task.meta)]
    texts += [e.name + e.meta for s in append.streams for e in s.events]
    for row in append.rows.values():
        values = {name: repr(v) if isinstance(v, bytes) else v for name, v in (row.values or {}).items()}
        texts.append(msgspec.json.encode([list(row.key), values]).decode())
    if any("\x00" in text or "\\u0000" in text for text in texts):
        raise ValueRefused("a text holds a NUL")
    held = [(r.scope, r.digest) for r in append.reserve]
    if len(held) != len(set(held)):
        raise ValueRefused("one append reserves the same twice")


class MemoryQueue:
    """The twin of `AppendQueue`: what its callers hand over in one turn of the loop is one flush."""

    def __init__(self, log: MemoryLog, on_commit: Callable[[Append], None] = lambda _: None) -> None:
        self._log = log
        self._on_commit = on_commit
        self._pending: deque[tuple[Append, asyncio.Future[None]]] = deque()
        self._closing = False

    async def start(self) -> None:
        """There is nothing to connect to."""

    async def close(self) -> None:
        """Writes what is pending, then takes no more."""
        self._closing = True
        self._flush()

    async def append(self, append: Append) -> None:
        """Writes an append. Raises an AppendRefused, LogUnavailable, or a word on bad data."""
        if self._closing or len(self._pending) >= real.PENDING:
            raise LogUnavailable("too much is waiting to be written")
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        if not self._pending:
            loop.call_soon(self._flush)
        self._pending.append((append, written))
        await asyncio.shield(written)

    def _flush(self) -> None:
        while self._pending:
            append, written = self._pending.popleft()
            try:
                self._log.write(append)
            except Exception as error:
                written.set_exception(error)
            else:
                self._on_commit(append)
                written.set_result(None)


class MemoryReader:
    """The twin of `LogReader`."""

    def __init__(self, log: MemoryLog, keys: "MemoryKeys") -> None:
        self._log = log
        self._keys = keys

    async def stream(self, stream_id: UUID, *, after: int = 0, until: int = LATEST) -> list[Recorded]:
        """Events of a stream with after < version <= until; empty where there is none."""
        last = min(until, len(self._log.streams.get(stream_id, [])))
        return [await self._recorded(stream_id, version) for version in range(after + 1, last + 1)]

    async def held_by(self, streams: Collection[UUID]) -> list[Reservation]:
        """What these streams have reserved."""
        return [held for held in self._log.reservations.values() if held.stream_id in streams]

    async def everything(self, after: Place = BEGINNING) -> AsyncIterator[Recorded]:
        """The log in the order of its appends."""
        for position, (stream_id, version) in enumerate(self._log.order[after[2] :], after[2] + 1):
            yield await self._recorded(stream_id, version, (1, position, position))

    async def _recorded(self, stream_id: UUID, version: int, place: Place = BEGINNING) -> Recorded:
        new = self._log.streams[stream_id][version - 1]
        meta = read_meta(new.meta)
        key = await self._keys.find(meta.subject) if meta.subject else None
        event = decode(stream_id, version, new.name, new.schema_version, new.payload, key)
        return Recorded(event, new.event_id, new.name, meta, place)


class MemoryKeys:
    """The twin of `KeyRing`."""

    def __init__(self) -> None:
        self._keys: dict[UUID, DataKey | None] = {}

    async def find(self, subject: UUID) -> DataKey | None:
        """The key, or None where there is none or it was destroyed."""
        return self._keys.get(subject)

    async def obtain(self, subject: UUID) -> DataKey:
        """The key, made now if there was none. Raises KeyDestroyed."""
        key = self._keys.setdefault(subject, DataKey(os.urandom(32)))
        if key is None:
            raise KeyDestroyed(f"the key of {subject} was destroyed")
        return key

    async def destroy(self, subject: UUID) -> None:
        """Erases the key for ever; may be repeated."""
        self._keys[subject] = None


class NoSnapshots:
    """A snapshot is never the truth: the twin does without."""

    async def find(self, cls: type[Any], stream_id: UUID) -> None:
        """None: the stream is folded."""

    async def store(self, aggregate: Aggregate, subject: UUID | None) -> None:
        """Keeps nothing."""

    async def forget(self, subject: UUID) -> None:
        """Has nothing to forget."""


class MemoryService:
    """What a domain test needs of a service: units to decide in, and all that they wrote in `log`."""

    def __init__(self, projections: Projections | None = None) -> None:
        self.log = MemoryLog()
        self.keys = MemoryKeys()
        self.reader = MemoryReader(self.log, self.keys)
        self.parts = LogParts(
            MemoryQueue(self.log),
            self.reader,
            self.keys,
            NoSnapshots(),
            projections or Projections(),
            lookup(os.urandom(32)),
        )

    def unit(self, now: datetime, context: Context | None = None) -> Unit:
        """A fresh unit of work."""
        return Unit(self.parts, now, context or Context())

    async def feed(self, published: Published) -> list[Envelope]:
        """What the world is told, numbered as the feed numbers it."""
        found: list[Envelope] = []
        async for recorded in self.reader.everything():
            envelope = published.envelope(recorded, len(found) + 1)
            if envelope is not None:
                found.append(envelope)
        return found
