"""The append queue: it commits together what the coroutines of a process have pending.

Under load two flushes run side by side, each on a connection of its own: while the server works on one, this
process prepares the other. What touches the same stream, row or cursor is never in both.

Guarantees: an append is written whole or not at all; its caller learns which, once; a loser does not
disturb its neighbours; a lost connection is retried with the same event ids, so an ambiguous commit is
recognised; cancelling a caller neither loses nor doubles what it has handed over.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
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
from shared.log.statement import SETTINGS, compose

log = structlog.get_logger()

BATCH: Final = 128
PENDING: Final = 10_000
LANES: Final = 2
SHARED_FROM: Final = 24
"""So many keys that wait are worth two flushes: for a few plain appends one is faster."""
TRIES: Final = 8
ANSWERED_WITHIN: Final = 10.0
RIVALS: Final = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError)

_FROM_ELSEWHERE: Final = """
SELECT EXISTS (SELECT FROM event WHERE epoch = (SELECT l.epoch FROM log_epoch l)
  AND xid >= pg_snapshot_xmax(pg_current_snapshot()))
"""

Item = tuple[Append, "asyncio.Future[None]", frozenset[object]]
"""What is to be written, who waits for it, and its keys."""
Connect = Callable[[], Awaitable[asyncpg.Connection]]


@dataclass(slots=True, eq=False)
class Lane:
    """A connection on which one flush runs at a time; made when it is first needed."""

    connection: asyncpg.Connection | None = None
    epoch: int = 0
    is_busy: bool = False


class AppendQueue:
    """Use as `async with`, or `start` and `close`; `close` flushes what is pending."""

    def __init__(self, connect: Connect, on_commit: Callable[[Append], None] = lambda _: None) -> None:
        self._connect = connect
        self._on_commit = on_commit
        self._pending: deque[Item] = deque()
        self._waiting_keys = 0
        self._flushes = 0
        self._held: set[object] = set()
        self._wake = asyncio.Event()
        self._closing = False
        self._lanes = [Lane() for _ in range(LANES)]
        self._flushers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connects and begins to flush. Raises LogOfAnotherServer, and what the database raises."""
        await self._reconnect(self._lanes[0])
        self._flushers = [
            asyncio.create_task(self._run(lane), name=f"append-queue-{n}")
            for n, lane in enumerate(self._lanes)
        ]

    async def close(self) -> None:
        """Writes what is pending, then stops."""
        self._closing = True
        self._wake.set()
        await asyncio.gather(*self._flushers)
        for lane in self._lanes:
            if lane.connection is not None:
                await lane.connection.close(timeout=5)

    async def append(self, append: Append) -> None:
        """Writes an append. Raises an AppendRefused, LogUnavailable, or the database's word on bad data."""
        if self._closing or len(self._pending) >= PENDING:
            raise LogUnavailable("too much is waiting to be written")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        keys = frozenset(append.keys())
        self._waiting_keys += len(keys)
        self._pending.append((append, written, keys))
        self._wake.set()
        await written  # a caller that is cancelled takes back its ear, not what it has handed over

    def _pick(self) -> list[Item]:
        """What the next flush takes; its keys are held until it has ended."""
        batch: list[Item] = []
        later: deque[Item] = deque()
        used = set(self._held)
        most = self._share()
        while self._pending and len(batch) < most:
            item = self._pending.popleft()
            keys = item[2]
            if used.isdisjoint(keys):
                batch.append(item)
                self._held |= keys
                self._waiting_keys -= len(keys)
            else:
                later.append(item)
            used |= keys  # one that waits holds its keys too: first come, first served
        self._pending.extendleft(reversed(later))
        return batch

    def _is_up(self, lane: Lane) -> bool:
        """Whether the lanes before this one are all at work."""
        return all(other.is_busy for other in self._lanes[: self._lanes.index(lane)])

    def _share(self) -> int:
        """How many the next flush takes at most: half of many, where another lane can take the others."""
        if self._waiting_keys < SHARED_FROM or any(lane.is_busy for lane in self._lanes):
            return BATCH
        return min(BATCH, -(-len(self._pending) // len(self._lanes)))

    async def _run(self, lane: Lane) -> None:
        while True:
            batch = self._pick() if self._is_up(lane) else []
            if batch:
                if self._pending:
                    self._wake.set()
                await self._flush(lane, batch)
                if self._pending or self._closing:  # the other lane may wait for what this one held
                    self._wake.set()
            elif self._closing and not self._pending:
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    async def _flush(self, lane: Lane, batch: list[Item]) -> None:
        lane.is_busy, before = True, self._flushes
        try:
            if not await self._flush_together(lane, batch):
                for item in batch:
                    await self._flush_together(lane, [item])
        except Exception as error:
            self._tell(batch, error)
            if self._flushes == before:  # no other lane gets through either: nobody is to wait for his turn
                self._tell(self._pending, error)
                self._pending.clear()
                self._waiting_keys = 0
        finally:
            lane.is_busy = False
            for _, _, keys in batch:
                self._held -= keys

    @staticmethod
    def _tell(items: Iterable[Item], error: Exception) -> None:
        for _, written, _ in items:
            _settle(written, error)

    async def _flush_together(self, lane: Lane, batch: list[Item]) -> bool:
        """Whether every append of the batch was settled; else they are to be tried one by one."""
        for attempt in range(TRIES):
            try:
                await self._write(lane, batch)
                return True
            except RIVALS as error:  # a rival process committed first: judge again, its rows are visible now
                if attempt >= 2 and len(batch) > 1:
                    return False
                if attempt == TRIES - 1:  # no rival: it clashes with itself, or with a rule of a read model
                    _settle(batch[0][1], error)
                    return True
            except DATABASE_AWAY as error:
                log.warning("append_connection_lost", error=type(error).__name__, attempt=attempt)
                await self._recover(lane, attempt)
            except Exception as error:  # a poison value of one: the neighbours go on without it
                if len(batch) > 1:
                    return False
                _settle(batch[0][1], error)
                return True
        raise LogUnavailable("the database does not answer")

    async def _write(self, lane: Lane, batch: Sequence[Item]) -> None:
        connection = lane.connection or await self._reconnect(lane)
        statement = compose([append for append, _, _ in batch], lane.epoch)
        crash.reach(CrashPoint.BEFORE_COMMIT)
        rows = await connection.fetch(statement.text, *statement.args, timeout=ANSWERED_WITHIN)
        crash.reach(CrashPoint.AFTER_COMMIT)
        self._flushes += 1
        lost = {row["i"]: _refusal(row["state"], row["scope"]) for row in rows}
        for i, (append, written, _) in enumerate(batch):
            refusal = lost.get(i)
            if refusal is None:
                self._on_commit(append)
            _settle(written, refusal)

    async def _recover(self, lane: Lane, attempt: int) -> None:
        if lane.connection is not None:
            lane.connection.terminate()
            lane.connection = None
        await asyncio.sleep(min(0.05 * 2**attempt, 2))

    async def _reconnect(self, lane: Lane) -> asyncpg.Connection:
        lane.connection = None
        connection = await self._connect()
        try:
            lane.epoch = await _prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        lane.connection = connection
        return connection


async def _prepare(connection: asyncpg.Connection) -> int:
    """The log's epoch. Raises LogOfAnotherServer: what that wrote would sort before what is there."""
    await connection.execute(SETTINGS, timeout=ANSWERED_WITHIN)
    if await connection.fetchval(_FROM_ELSEWHERE, timeout=ANSWERED_WITHIN):
        raise LogOfAnotherServer("this log was written on another server: run `portal restore` first")
    epoch: int = await connection.fetchval("SELECT epoch FROM log_epoch", timeout=ANSWERED_WITHIN)
    return epoch


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
