"""The load queue: what many coroutines want to read of their streams at once is read in one statement.

A lone caller's request goes at once, over a connection of the queue's own: no pool's check-out, no reset.
Those that come while a statement is on its way wait for the next one and go together. Guarantees: a statement
carries only requests that were made before it was sent, so a caller reads what was committed before it asked;
an error reaches those whose requests it concerns; a caller that is cancelled disturbs no other; a long
stream is read in parts between which others get their turn.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from shared.log.append import LogUnavailable
from shared.log.outage import ASYNCPG_AWAY, DATABASE_AWAY

log = structlog.get_logger()

LANES: Final = 2
BATCH: Final = 64
PART: Final = 256
"""Events of one stream in one statement, at most."""
ANSWERED_WITHIN: Final = 10.0
LATEST: Final = 2**31 - 1
"""As high as a version can be."""

STREAM: Final = """
SELECT 0 AS i, version, event_id, name, schema_version, payload, meta FROM event
WHERE stream_id = $1 AND version > $2 AND version <= $3 ORDER BY version LIMIT $4
"""
_STREAMS: Final = """
SELECT q.i - 1 AS i, e.*
FROM unnest($1::uuid[], $2::int[], $3::int[]) WITH ORDINALITY AS q(stream, after, until, i),
LATERAL (SELECT version, event_id, name, schema_version, payload, meta FROM event
  WHERE stream_id = q.stream AND version > q.after AND version <= q.until ORDER BY version LIMIT $4) e
ORDER BY q.i, e.version
"""
_SETTINGS: Final = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"
"""Every look-up goes by the primary key; to plan it anew each time takes the server longer than to do it."""

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class _Request(NamedTuple):
    stream: UUID
    after: int
    until: int
    answer: "asyncio.Future[list[Any]]"


class LoadQueue:
    """Reads parts of streams over `lanes` connections of its own, made when they are first needed.

    `connect` makes a connection. Nothing is to be started; `close` answers what waits, then takes no more.
    """

    def __init__(self, connect: Connect, lanes: int = LANES) -> None:
        self._waiting: deque[_Request] = deque()
        self._free = [_Lane(connect) for _ in range(lanes)]
        self._lanes = tuple(self._free)
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    async def rows(self, stream: UUID, after: int, until: int) -> list[Any]:
        """Records (i, version, event_id, name, schema_version, payload, meta) with after < version <= until.

        Raises LogUnavailable once closed, and what the database or the way to it raises.
        """
        after, until = min(after, LATEST), min(until, LATEST)
        part = found = await self._part(stream, after, until)
        while len(part) == PART:
            part = await self._part(stream, part[-1]["version"], until)
            found += part
        return found

    async def close(self) -> None:
        """Answers what is waiting, then stops."""
        self._closing = True
        while self._running:
            await asyncio.wait(self._running)
        for lane in self._lanes:
            await lane.close()

    async def _part(self, stream: UUID, after: int, until: int) -> list[Any]:
        if self._closing:
            raise LogUnavailable("the log is being closed")
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Request(stream, after, until, answer))
        if self._free:
            task = asyncio.create_task(self._serve(self._free.pop()), name="load-queue")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await answer

    async def _serve(self, lane: "_Lane") -> None:
        """Sends what waits, until nothing does."""
        try:
            while batch := self._pick():
                await _answer(lane, batch)
        finally:
            self._free.append(lane)

    def _pick(self) -> list[_Request]:
        batch: list[_Request] = []
        while self._waiting and len(batch) < BATCH:
            request = self._waiting.popleft()
            if not request.answer.done():  # its caller was cancelled meanwhile
                batch.append(request)
        return batch


async def _answer(lane: "_Lane", batch: Sequence[_Request]) -> None:
    try:
        found: list[list[Any]] = [[] for _ in batch]
        for row in await lane.fetch(batch):
            found[row[0]].append(row)
    except DATABASE_AWAY as error:
        _fail(batch, error)
    except Exception as error:
        if len(batch) == 1:
            _fail(batch, error)
        else:  # a page of the table that cannot be read, say: the neighbours go on without it
            for request in batch:
                await _answer(lane, [request])
    except BaseException:  # the loop ends
        for request in batch:
            request.answer.cancel()
        raise
    else:
        for request, rows in zip(batch, found, strict=True):
            if not request.answer.done():
                request.answer.set_result(rows)


def _fail(batch: Sequence[_Request], error: Exception) -> None:
    for request in batch:
        if not request.answer.done():
            request.answer.set_exception(error)


class _Lane:
    """One connection; made when it is needed, and anew after it was lost."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None

    async def fetch(self, batch: Sequence[_Request]) -> list[Any]:
        """The rows of all requests, by number and version. A lost connection is noticed by its first use
        after, so what is only read is asked for once more over a new one."""
        if self._connection is not None:
            try:
                return await self._fetch(self._connection, batch)
            except (*ASYNCPG_AWAY, ConnectionError) as error:
                log.warning("load_connection_lost", error=type(error).__name__)
                self._drop()
        self._connection = await self._open()
        return await self._fetch(self._connection, batch)

    async def _open(self) -> asyncpg.Connection:
        connection = await self._connect()
        try:
            await connection.execute(_SETTINGS, timeout=ANSWERED_WITHIN)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _fetch(self, connection: asyncpg.Connection, batch: Sequence[_Request]) -> list[Any]:
        try:
            if len(batch) == 1:
                return await connection.fetch(STREAM, *batch[0][:3], PART, timeout=ANSWERED_WITHIN)
            streams, afters, untils, _ = zip(*batch, strict=True)
            return await connection.fetch(_STREAMS, streams, afters, untils, PART, timeout=ANSWERED_WITHIN)
        except TimeoutError:
            self._drop()
            raise

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(*DATABASE_AWAY):
                await self._connection.close(timeout=5)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
