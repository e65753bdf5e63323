"""The append queue: one flusher a process commits together what its coroutines have pending.

Guarantees: an append is written whole or not at all; its caller learns which, once; a loser does not
disturb its neighbours; a lost connection is retried with the same event ids, so an ambiguous commit is
recognised; cancelling a caller neither loses nor doubles what it has handed over.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import asyncpg
import structlog

from shared import crash
from shared.crash import CrashPoint
from shared.log.append import (
    Append,
    AppendRefused,
    CursorMoved,
    LeaseLost,
    LogOfAnotherServer,
    LogUnavailable,
    ReservationTaken,
    VersionConflict,
)
from shared.log.outage import DATABASE_AWAY
from shared.log.statement import compose

log = structlog.get_logger()

BATCH: Final = 128
PENDING: Final = 10_000
TRIES: Final = 8
ANSWERED_WITHIN: Final = 10.0
RIVALS: Final = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError)

_FROM_ELSEWHERE: Final = """
SELECT EXISTS (SELECT FROM event WHERE epoch = (SELECT l.epoch FROM log_epoch l)
  AND xid >= pg_snapshot_xmax(pg_current_snapshot()))
"""

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class AppendQueue:
    """Use as `async with`, or `start` and `close`; `close` flushes what is pending."""

    def __init__(self, connect: Connect, on_commit: Callable[[Append], None] = lambda _: None) -> None:
        self._connect = connect
        self._on_commit = on_commit
        self._pending: deque[tuple[Append, asyncio.Future[None]]] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._connection: asyncpg.Connection | None = None
        self._epoch = 0
        self._flusher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connects and begins to flush. Raises LogOfAnotherServer, and what the database raises."""
        await self._reconnect()
        self._flusher = asyncio.create_task(self._run(), name="append-queue")

    async def close(self) -> None:
        """Writes what is pending, then stops."""
        self._closing = True
        self._wake.set()
        if self._flusher is not None:
            await self._flusher
        if self._connection is not None:
            await self._connection.close(timeout=5)

    async def append(self, append: Append) -> None:
        """Writes an append. Raises an AppendRefused, LogUnavailable, or the database's word on bad data."""
        if self._closing or len(self._pending) >= PENDING:
            raise LogUnavailable("too much is waiting to be written")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((append, written))
        self._wake.set()
        await asyncio.shield(written)

    def _pick(self) -> list[tuple[Append, asyncio.Future[None]]]:
        used: set[object] = set()
        batch: list[tuple[Append, asyncio.Future[None]]] = []
        later: deque[tuple[Append, asyncio.Future[None]]] = deque()
        while self._pending and len(batch) < BATCH:
            item = self._pending.popleft()
            keys = set(item[0].keys())
            (batch if used.isdisjoint(keys) else later).append(item)
            used |= keys  # one that waits holds its keys too: first come, first served
        self._pending.extendleft(reversed(later))
        return batch

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            while self._pending:
                batch = self._pick()
                try:
                    await self._flush(batch)
                except Exception as error:
                    for _, written in batch:
                        _settle(written, error)
            self._wake.clear()
            if self._closing and not self._pending:
                return

    async def _flush(self, batch: list[tuple[Append, asyncio.Future[None]]]) -> None:
        if await self._flush_together(batch):
            return
        for item in batch:
            await self._flush_together([item])

    async def _flush_together(self, batch: list[tuple[Append, asyncio.Future[None]]]) -> bool:
        """Whether every append of the batch was settled; else they are to be tried one by one."""
        for attempt in range(TRIES):
            try:
                await self._write(batch)
                return True
            except RIVALS as error:  # a rival process committed first: judge again, its rows are visible now
                if attempt >= 2 and len(batch) > 1:
                    return False
                if attempt == TRIES - 1:  # no rival: it clashes with itself, or with a rule of a read model
                    _settle(batch[0][1], error)
                    return True
            except DATABASE_AWAY as error:
                log.warning("append_connection_lost", error=type(error).__name__, attempt=attempt)
                await self._recover(attempt)
            except Exception as error:  # a poison value of one: the neighbours go on without it
                if len(batch) > 1:
                    return False
                _settle(batch[0][1], error)
                return True
        raise LogUnavailable("the database does not answer")

    async def _write(self, batch: Sequence[tuple[Append, asyncio.Future[None]]]) -> None:
        if self._connection is None:
            await self._reconnect()
        assert self._connection is not None
        statement = compose([append for append, _ in batch], self._epoch)
        crash.reach(CrashPoint.BEFORE_COMMIT)
        rows = await self._connection.fetch(statement.text, *statement.args, timeout=ANSWERED_WITHIN)
        crash.reach(CrashPoint.AFTER_COMMIT)
        lost = {row["i"]: (row["state"], row["scope"]) for row in rows}
        for i, (append, written) in enumerate(batch):
            refusal = _refusal(*lost[i]) if i in lost else None
            if refusal is None:
                self._on_commit(append)
            _settle(written, refusal)

    async def _recover(self, attempt: int) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
        await asyncio.sleep(min(0.05 * 2**attempt, 2))

    async def _reconnect(self) -> None:
        self._connection = await self._connect()
        if await self._connection.fetchval(_FROM_ELSEWHERE, timeout=ANSWERED_WITHIN):
            # what it wrote would sort before what is there
            raise LogOfAnotherServer("this log was written on another server: run `portal restore` first")
        self._epoch = await self._connection.fetchval("SELECT epoch FROM log_epoch", timeout=ANSWERED_WITHIN)


def _refusal(state: str, scope: str | None) -> AppendRefused | None:
    match state:
        case "done":
            return None
        case "version":
            return VersionConflict("the stream has moved on")
        case "taken":
            return ReservationTaken(scope or "")
        case "cursor":
            return CursorMoved("applied already")
        case _:
            return LeaseLost("the task is no longer ours")


def _settle(written: asyncio.Future[None], error: Exception | None) -> None:
    if written.done():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)
