"""The log's writing side: appends of growing weight beside single-row inserts by as many callers."""

import itertools
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from shared.domain import Event, encode
from shared.ids import new_id
from shared.log import Append, AppendRefused
from shared.log.append import CursorMove, NewEvent, Reservation, StreamAppend
from shared.log.append import Row as ModelRow
from tests.bench.measuring import Bench, Figures, Notes, Row, Side, Size
from tests.bench.office import MATTERS, NOTE, Matter, matter
from tests.bench.parts import profile_of_an_append
from tests.bench.rig import Log, Rig, meta_of
from tests.bench.steps import profile_of_a_command

CALLERS: Final = (1, 8, 32)
FULL_APPEND: Final = "append with reservation, row and cursor, microseconds of processor"
INSERT: Final = "one-row INSERT by asyncpg, as many callers"
_RAW = """
INSERT INTO raw_event (epoch, stream_id, version, event_id, name, schema_version, payload, meta)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


@dataclass(slots=True)
class Writer:
    """Makes appends like those of a service; each caller has an inbox source of its own."""

    log: Log
    name: str = ""
    schema: int = 1
    payload: bytes = b""
    meta: str = ""
    cursors: dict[int, int] = field(default_factory=dict)
    last: dict[int, tuple[UUID, bytes]] = field(default_factory=dict)
    tries: Any = field(default_factory=itertools.count)
    supply: list[UUID] = field(default_factory=list)
    subjects: list[UUID] = field(default_factory=list)

    async def prepare(self) -> None:
        self.subjects = [new_id() for _ in range(200)]
        event = cast(Event, matter(new_id(), self.log.unit().now, 1).pending_events[0])
        key = await self.log.keys.obtain(self.subjects[0])
        self.name, self.schema, self.payload = encode(event, key)
        self.meta = meta_of(self.subjects[0])
        await self.log.raw_table("raw_event")

    def event(self) -> NewEvent:
        return NewEvent(new_id(), self.name, self.schema, self.payload, self.meta)

    async def insert(self, connections: list[Any], caller: int) -> int:
        """What a program without a log would do: one row, one transaction."""
        await connections[caller].execute(
            _RAW, 1, new_id(), 1, new_id(), self.name, self.schema, self.payload, self.meta
        )
        return 1

    async def append(self, _caller: int) -> int:
        await self.log.queue.append(Append(streams=[StreamAppend(new_id(), 0, (self.event(),))]))
        return 1

    def full(self, caller: int) -> tuple[Append, UUID, bytes]:
        """An event with a reservation, a read-model row and the move of a cursor."""
        stream, digest = new_id(), os.urandom(32)
        append = Append(
            streams=[StreamAppend(stream, 0, (self.event(),))],
            reserve=[Reservation("plate", digest, stream)],
            cursor=CursorMove(
                f"source-{caller}", self.cursors.get(caller, 0), self.cursors.get(caller, 0) + 1
            ),
        )
        append.put(ModelRow(MATTERS, (str(stream),), {"title": "x", "state": "open", "steps": 1}))
        return append, stream, digest

    async def append_all(self, caller: int, *, conflicts: bool = False) -> int:
        """Returns 0 where it was refused: every twentieth is to be, by a version or by a reservation."""
        append, stream, digest = self.full(caller)
        number = next(self.tries)
        if conflicts and number % 20 == 0 and caller in self.last:
            self._spoil(append, number // 20, *self.last[caller])
        try:
            await self.log.queue.append(append)
        except AppendRefused:
            return 0
        self.cursors[caller] = self.cursors.get(caller, 0) + 1
        self.last[caller] = stream, digest
        return 1

    @staticmethod
    def _spoil(append: Append, number: int, stream: UUID, digest: bytes) -> None:
        held, begun = append.reserve[0], append.streams[0]
        if number % 2:
            append.reserve[0] = Reservation(held.scope, digest, held.stream_id)
        else:
            append.streams[0] = StreamAppend(stream, 0, begun.events)

    async def stock(self, count: int) -> None:
        """Streams of ten events for commands; each is used once."""
        if (missing := count - len(self.supply)) > 0:
            self.supply += await self.log.fill(missing, 10, self.subjects)
            random.shuffle(self.supply)

    async def command(self, _caller: int) -> int:
        """A whole command: load ten events, decrypt, fold, decide, encrypt, append with its row."""
        unit = self.log.unit()
        found = await unit.load(Matter, self.supply.pop())
        found.note(NOTE, now=unit.now)
        await unit.save(found)
        await unit.commit()
        return 1


async def _stocked(writer: Writer, rig: Rig, size: Size, callers: int) -> Figures:
    await writer.stock(int(size.seconds * 10_000) + callers)
    return await rig.timed(size.seconds, callers, writer.command)


def _prepare(callers: int) -> Callable[[Rig, Size, Notes], Any]:
    @asynccontextmanager
    async def prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
        async with rig.log() as log:
            writer = Writer(log)
            await writer.prepare()
            connections = await log.connections(callers)

            def side(work: Callable[[int], Awaitable[int]]) -> Side:
                return lambda: rig.timed(size.seconds, callers, work)

            sides = {"insert": side(partial(writer.insert, connections)), "append": side(writer.append)}
            if callers > 1:
                sides["full"] = side(writer.append_all)
                sides["conflicts"] = side(partial(writer.append_all, conflicts=True))
                sides["command"] = lambda: _stocked(writer, rig, size, callers)
            yield sides
            if callers == CALLERS[-1]:
                await writer.stock(400)
                notes.profiles["whole command"] = await profile_of_a_command(rig, writer, size)
                notes.profiles[FULL_APPEND] = await profile_of_an_append(writer, size)
            for connection in connections:
                connection.terminate()

    return prepare


def _rows(callers: int) -> tuple[Row, ...]:
    at = f"{callers} callers" if callers > 1 else "1 caller"
    reach: dict[int, tuple[float | None, ...]] = {
        1: (None,), 8: (1.3, 1.0, 0.85, 0.4), 32: (1.8, 1.3, 0.85, 0.5)
    }  # fmt: skip
    whole = "whole command: load 10, fold, decide, encrypt, append, row"
    given = (
        (f"append-{callers}", "append, one event a command", "append", "insert", INSERT),
        (f"append-all-{callers}", "append with reservation, row and cursor", "full", "insert", INSERT),
        (f"conflicts-{callers}", "the same, 5 % refused", "conflicts", "full", "without conflicts"),
        (f"command-{callers}", whole, "command", "insert", INSERT),
    )
    return tuple(
        Row(key, f"{what}, {at}", "/s", side, beside, beside_what, wanted)
        for (key, what, side, beside, beside_what), wanted in zip(given, reach[callers], strict=False)
    )


BENCHES: Final = tuple(
    Bench("append", f"append, {callers}", _rows(callers), _prepare(callers)) for callers in CALLERS
)
