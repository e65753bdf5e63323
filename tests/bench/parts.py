"""Where the time of an append with reservation, row and cursor goes: flushes of one and of eight.

The parts of the statement are told apart by leaving them out. Processor time is the kernel's count of the one
server process that works, so that neighbours on the machine matter little; nothing waits for the disk.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from shared.log import Append
from shared.log.statement import SETTINGS, compose
from tests.bench.measuring import Size

if TYPE_CHECKING:
    from tests.bench.appending import Writer

FLUSHES: Final = (1, 8)
ALL: Final = "events, reservation, row and cursor"
PARTS: Final[dict[str, Callable[[Append], Append]]] = {
    "events alone": lambda a: Append(streams=a.streams),
    "events and reservation": lambda a: Append(streams=a.streams, reserve=a.reserve),
    "events and row": lambda a: Append(streams=a.streams, rows=a.rows),
    "events and cursor": lambda a: Append(streams=a.streams, cursor=a.cursor),
    ALL: lambda a: a,
}


class Flusher:
    """One connection and what its flushes have cost, in seconds."""

    def __init__(self, writer: "Writer", connection: Any) -> None:
        self.spent: dict[str, list[float]] = {}
        self._writer, self._connection = writer, connection
        self._server = Path(f"/proc/{connection.get_server_pid()}/schedstat")

    async def insert(self) -> None:
        """What each flush stands beside."""
        before = self._processor()
        await self._writer.insert([self._connection], 0)
        self._add("PostgreSQL: one-row INSERT", self._processor() - before)

    async def flush(self, size: int, name: str) -> None:
        callers = range(1_000 * size, 1_000 * size + size)  # with cursors of their own
        began = time.process_time()
        appends = [PARTS[name](self._writer.full(caller)[0]) for caller in callers]
        made = time.process_time()
        statement = compose(appends, 1)
        composed, before = time.process_time(), self._processor()
        assert not await self._connection.fetch(statement.text, *statement.args)
        self._add(f"PostgreSQL: flush of {size}, {name}", self._processor() - before)
        if (size, name) == (FLUSHES[-1], ALL):
            self._add(f"this process: make {size} appends", made - began)
            self._add("this process: compose their statement", composed - made)
            self._add("this process: send it and read the answer", time.process_time() - composed)
        for append, caller in zip(appends, callers, strict=True):
            if append.cursor is not None:
                self._writer.cursors[caller] = append.cursor.after

    def _processor(self) -> float:
        return int(self._server.read_text().split()[0]) / 1e9

    def _add(self, name: str, seconds: float) -> None:
        self.spent.setdefault(name, []).append(seconds)


async def profile_of_an_append(writer: "Writer", size: Size) -> dict[str, float]:
    """Medians of interleaved flushes, in microseconds of processor a flush."""
    connection = await asyncpg.connect(writer.log.databases.owner_log)
    await connection.execute(f"{SETTINGS}; SET synchronous_commit = off")
    flusher = Flusher(writer, connection)
    for _ in range(max(3, size.streams // 50)):
        await flusher.insert()
        for count in FLUSHES:
            for name in PARTS:
                await flusher.flush(count, name)
    connection.terminate()
    return {name: median(each) * 1e6 for name, each in flusher.spent.items()}
