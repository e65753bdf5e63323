"""What one unit of work writes. All of it commits together or not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Table:
    """A read model: its name, its key columns, and the columns a patch may set.

    A `write_once` table is inserted into alone: the service's role needs no UPDATE on it.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    write_once: bool = False


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An encoded event; `meta` is a JSON text."""

    event_id: UUID
    name: str
    schema_version: int
    payload: bytes
    meta: str


@dataclass(frozen=True, slots=True)
class StreamAppend:
    """Events for one stream that is at `expected_version` (0: new)."""

    stream_id: UUID
    expected_version: int
    events: tuple[NewEvent, ...]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Holds (scope, digest) for a stream; `request` and `answer` remember an idempotent request."""

    scope: str
    digest: bytes
    stream_id: UUID
    request: bytes | None = None
    answer: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewTask:
    """Work to do after the commit; `dedupe` lets only the first of a kind in."""

    task_id: UUID
    kind: str
    payload: str
    meta: str
    due_at: datetime
    dedupe: str | None = None


@dataclass(frozen=True, slots=True)
class DoneTask:
    """A task finished under a lease: void when the lease has passed to another worker."""

    task_id: UUID
    lease: UUID


@dataclass(frozen=True, slots=True)
class CursorMove:
    """The inbox of a source moves from `before` to `after`; void when it stands elsewhere."""

    source: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Row:
    """A patch of one read-model row; `values` None deletes it. Values are JSON-able."""

    table: Table
    key: tuple[Any, ...]
    values: Mapping[str, Any] | None


@dataclass(slots=True)
class Append:
    """Everything that one decision or handler writes."""

    streams: list[StreamAppend] = field(default_factory=list)
    reserve: list[Reservation] = field(default_factory=list)
    release: list[Reservation] = field(default_factory=list)
    rows: dict[tuple[str, tuple[Any, ...]], Row] = field(default_factory=dict)
    tasks: list[NewTask] = field(default_factory=list)
    done: list[DoneTask] = field(default_factory=list)
    cursor: CursorMove | None = None

    def keys(self) -> Iterator[object]:
        """What two appends of one flush may not share."""
        for stream in self.streams:
            yield stream.stream_id
        for held in (*self.reserve, *self.release):
            yield (held.scope, held.digest)
        yield from self.rows
        for task in self.done:
            yield task.task_id
        if self.cursor is not None:
            yield self.cursor.source

    def add(self, stream: StreamAppend) -> None:
        """Adds events; those of a stream that is there already go on where it ends."""
        for n, known in enumerate(self.streams):
            if known.stream_id == stream.stream_id:
                events = (*known.events, *stream.events)
                self.streams[n] = StreamAppend(known.stream_id, known.expected_version, events)
                return
        self.streams.append(stream)

    def put(self, row: Row) -> None:
        """Adds a patch; a second one for the same row is laid over the first."""
        place = (row.table.name, row.key)
        before = self.rows.get(place)
        if before is not None and before.values is not None and row.values is not None:
            row = Row(row.table, row.key, {**before.values, **row.values})
        self.rows[place] = row

    def is_empty(self) -> bool:
        return not (self.streams or self.reserve or self.release or self.rows or self.tasks or self.done)

    def merge(self, other: "Append") -> None:
        """Takes over what another append writes; its cursor is left out."""
        self.streams += other.streams
        self.reserve += other.reserve
        self.release += other.release
        self.rows.update(other.rows)
        self.tasks += other.tasks
        self.done += other.done


class AppendRefused(Exception):
    """Nothing of the append was written."""


class VersionConflict(AppendRefused):
    """A stream has moved on since it was read: load again and decide again."""


class ReservationTaken(AppendRefused):
    """Another stream holds what was to be reserved; `scope` says which kind."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"already taken: {scope}")
        self.scope = scope


class CursorMoved(AppendRefused):
    """Another consumer has applied these events already."""


class LeaseLost(AppendRefused):
    """Another worker has taken the task over, or it is done."""


class LogUnavailable(Exception):
    """The database cannot be reached, or too much is waiting for it: nothing is known to be written."""


class LogOfAnotherServer(LogUnavailable):
    """The log holds transactions that this server has not had yet: it was restored, and nobody told it so."""
