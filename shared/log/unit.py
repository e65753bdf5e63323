"""A unit of work: what a decision or a handler reads, decides and writes, committed together."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import msgspec

from shared.domain import Aggregate, Event, encode, is_personal
from shared.ids import new_id
from shared.keys import DataKey, KeyDestroyed
from shared.log.append import (
    Append,
    CursorMove,
    DoneTask,
    NewEvent,
    NewTask,
    Reservation,
    Row,
    StreamAppend,
    Table,
)
from shared.log.ports import Appends, Keys, StateStore, Streams
from shared.log.projection import Projections
from shared.log.reading import LATEST, Meta, StreamNotFound

A = TypeVar("A", bound=Aggregate)
_json = msgspec.json.Encoder()

IDEMPOTENCY: Final = "idempotency"


@dataclass(frozen=True, slots=True)
class Context:
    """Who acts, for what, and what set it off."""

    actor: str = "system"
    purpose: str = ""
    correlation: str = ""
    causation: str = ""
    traceparent: str = ""

    def within(self, traceparent: str) -> "Context":
        """The same in another trace."""
        return Context(self.actor, self.purpose, self.correlation, self.causation, traceparent)


@dataclass(frozen=True, slots=True)
class LogParts:
    """What a unit works with; one for each process."""

    queue: Appends
    reader: Streams
    keys: Keys
    snapshots: StateStore
    projections: Projections
    digest: Callable[[str, str], bytes]


@dataclass(slots=True)
class _Loaded:
    version: int
    subject: UUID | None
    origin: Meta | None = None


@dataclass(slots=True)
class Unit:
    """One unit of work; not shared between tasks. `commit` writes all of it or nothing."""

    parts: LogParts
    now: datetime
    context: Context = field(default_factory=Context)
    append: Append = field(default_factory=Append)
    _loaded: dict[UUID, _Loaded] = field(default_factory=dict)

    async def load(self, cls: type[A], stream_id: UUID) -> A:
        """The aggregate as of now. Raises StreamNotFound."""
        return await self.load_at(cls, stream_id, LATEST)

    async def load_at(self, cls: type[A], stream_id: UUID, version: int) -> A:
        """The aggregate as it was at `version`. Raises StreamNotFound."""
        kept = await self.parts.snapshots.find(cls, stream_id) if version == LATEST else None
        aggregate: Any
        aggregate, subject = kept or (None, None)
        after = aggregate.version if kept else 0
        events = await self.parts.reader.stream(stream_id, after=after, until=version)
        for recorded in events:
            aggregate = recorded.event.mutate(aggregate)
            subject = recorded.meta.subject or subject
        if not isinstance(aggregate, cls):
            raise StreamNotFound(f"no {cls.__name__} {stream_id}")
        if cls.SNAPSHOT_EVERY and version == LATEST and len(events) >= cls.SNAPSHOT_EVERY:
            await self.parts.snapshots.store(aggregate, subject)
        origin = events[0].meta if events and not kept else None
        self._loaded[stream_id] = _Loaded(aggregate.version, subject, origin)
        return aggregate

    async def save(self, aggregate: Aggregate, *, subject: UUID | None = None) -> None:
        """Takes the aggregate's new events and their read-model rows into this unit.

        `subject` names whose key encrypts `Personal` fields; a loaded stream remembers it. Once that key is
        destroyed, only events that say nothing personal are taken. A unit without a context of its own, such
        as on a foreign party's callback, goes on in the correlation and trace that the stream began in.

        Raises KeyDestroyed, PersonalWithoutSubject.
        """
        events = list(aggregate.pending_events)
        if not events:
            return
        loaded = self._loaded.setdefault(aggregate.id, _Loaded(0, None))
        loaded.subject = subject or loaded.subject
        key = await self._key_for(events, loaded.subject)
        meta = await self._meta_on(aggregate.id, loaded)
        meta_text = _json.encode(meta).decode()
        new = tuple(self._encode(event, key, meta_text) for event in events)
        self.append.add(StreamAppend(aggregate.id, loaded.version, new))
        for event in events:
            for row in self.parts.projections.rows(cast(Event, event), meta, key):
                self.append.put(row)
        loaded.version = aggregate.version
        aggregate.pending_events.clear()

    def reserve(self, scope: str, value: str, stream_id: UUID) -> None:
        """Holds `value` for a stream; `commit` raises ReservationTaken when another stream has it."""
        self.append.reserve.append(Reservation(scope, self.parts.digest(scope, value), stream_id))

    def release(self, scope: str, value: str, stream_id: UUID) -> None:
        """Gives `value` up, if this stream holds it."""
        self.append.release.append(Reservation(scope, self.parts.digest(scope, value), stream_id))

    async def erase(self, subject: UUID, streams: Collection[UUID]) -> None:
        """Destroys a person's key here and now, whatever becomes of this unit, and with it all they said.

        Their snapshots go; what the streams have reserved is released with the commit, though nobody knows
        the values any more. May be repeated. Another process may hold the key for CACHE_SECONDS more.
        """
        await self.parts.keys.destroy(subject)
        await self.parts.snapshots.forget(subject)
        self.append.release += await self.parts.reader.held_by(streams)

    def remember(self, key_hmac: bytes, digest: bytes, status: int, body: bytes) -> None:
        """Stores the answer to an idempotent request with the append (see `shared.web.idempotency`)."""
        answer = status.to_bytes(2, "big") + body
        self.append.reserve.append(Reservation(IDEMPOTENCY, key_hmac, new_id(), digest, answer))

    def put(self, table: Table, key: tuple[Any, ...], values: Mapping[str, Any] | None) -> None:
        """Patches one read-model row; None deletes it. For rows that no event stands for, such as drafts."""
        self.append.put(Row(table, key, values))

    def task(
        self, kind: str, payload: Mapping[str, Any], *, due: datetime | None = None, key: str | None = None
    ) -> UUID:
        """Work for after the commit; of two with the same `key` only the first is kept. No personal data."""
        task_id = new_id()
        meta = _json.encode(self._meta(None)).decode()
        body = _json.encode(payload).decode()
        self.append.tasks.append(NewTask(task_id, kind, body, meta, due or self.now, key))
        return task_id

    def move_cursor(self, source: str, before: int, after: int) -> None:
        """Binds the commit to the inbox of `source` standing at `before`."""
        self.append.cursor = CursorMove(source, before, after)

    def finish(self, task_id: UUID, lease: UUID) -> None:
        """Binds the commit to a task being held under this lease."""
        self.append.done.append(DoneTask(task_id, lease))

    async def commit(self) -> None:
        """Writes everything, or raises an AppendRefused or LogUnavailable and writes nothing."""
        if self.append.is_empty() and self.append.cursor is None:
            return
        append, self.append = self.append, Append()
        await self.parts.queue.append(append)

    async def _key_for(self, events: Sequence[Any], subject: UUID | None) -> DataKey | None:
        if subject is None:
            return None
        try:
            return await self.parts.keys.obtain(subject)
        except KeyDestroyed:
            if any(is_personal(event) for event in events):
                raise
            return None

    async def _meta_on(self, stream_id: UUID, loaded: _Loaded) -> Meta:
        meta = self._meta(loaded.subject)
        if not loaded.version:
            loaded.origin = meta
        if meta.correlation or loaded.origin is meta:
            return meta
        if loaded.origin is None:  # read from a snapshot
            loaded.origin = (await self.parts.reader.stream(stream_id, until=1))[0].meta
        meta.correlation, meta.traceparent = loaded.origin.correlation, loaded.origin.traceparent
        return meta

    def _meta(self, subject: UUID | None) -> Meta:
        c = self.context
        return Meta(c.actor, c.purpose, c.correlation, c.causation, c.traceparent, subject)

    @staticmethod
    def _encode(event: Any, key: DataKey | None, meta: str) -> NewEvent:
        name, version, payload = encode(event, key)
        return NewEvent(new_id(), name, version, payload, meta)
