"""The recurring task that deletes what has been kept long enough, as each table's `Retention` says.

One row in the task table: it survives restarts, and its lease lets one process at a time do it. A batch is a
statement and a transaction of its own, cut off after a second: the feeds wait for every writing transaction.
A row that somebody holds waits for the next run.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import asyncpg
import structlog

from shared.clock import Clock
from shared.log import Retention, Unit
from shared.observe.metrics import counter
from shared.tasks.worker import Later

log = structlog.get_logger()

HOUSEKEEPING: Final = "housekeeping"
EVERY: Final = timedelta(hours=1)
SOON: Final = timedelta(minutes=1)
BATCH: Final = 500
PAUSE: Final = 0.05
LIMITS: Final = "SET statement_timeout = '1s'; SET lock_timeout = '100ms'"
"""Of the session alone, until the connection goes back to the pool: the deletion is its own transaction."""
LONGEST_RUN: Final = 30.0
TOO_SLOW: Final = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)

_deleted = counter("portal_housekeeping_deleted", "Rows deleted after their time", ("table",))
_runs = counter("portal_housekeeping_runs", "Runs of the housekeeping", ("outcome",))


class Housekeeping:
    """Deletes by `retentions`; `run` is the task's handler."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, retentions: Sequence[Retention]) -> None:
        self._pool = pool
        self._clock = clock
        self._retentions = retentions

    async def run(self, _payload: Mapping[str, Any], _unit: Unit) -> None:
        """One run over all tables. Always raises Later: soon where something is left, else in an hour."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        deleted: dict[str, int] = {}
        outcomes = [await self._tidy(one, began + LONGEST_RUN, deleted) for one in self._retentions]
        outcome = next((bad for bad in ("failed", "unfinished") if bad in outcomes), "done")
        _runs.labels(outcome).inc()
        log.info("housekeeping_ran", outcome=outcome, deleted=deleted, seconds=round(loop.time() - began, 3))
        raise Later(SOON if outcome == "unfinished" else EVERY)

    async def _tidy(self, retention: Retention, until: float, deleted: dict[str, int]) -> str:
        """`done`, `unfinished` when the time was up, or `failed`: one table's failure is not the others'."""
        table = retention.table
        try:
            async for count in self._batches(retention):
                deleted[table] = deleted.get(table, 0) + count
                _deleted.labels(table).inc(count)
                if asyncio.get_running_loop().time() > until:
                    return "unfinished"
                await asyncio.sleep(PAUSE)
        except (asyncpg.PostgresError, TimeoutError) as error:
            log.error("housekeeping_failed", table=table, error=type(error).__name__)
            return "failed"
        return "done"

    async def _batches(self, retention: Retention) -> AsyncIterator[int]:
        """Deletes batch after batch and yields how many rows went; a slow one is made smaller."""
        before, size = self._clock.now() - retention.after, BATCH
        while True:
            async with self._pool.acquire() as connection:
                places = [row["ctid"] for row in await connection.fetch(_find(retention), before, size)]
                try:
                    await connection.execute(LIMITS)
                    tag = await connection.execute(_delete(retention), before, places)
                except TOO_SLOW:
                    if size == 1:
                        raise
                    size = max(size // 10, 1)
                    continue
            count = int(tag.split()[-1])
            yield count
            if len(places) < size or count == 0:
                return


def _find(retention: Retention) -> str:
    """Only reads, so a long search holds nobody up."""
    return f"SELECT ctid FROM {retention.table} WHERE {retention.over} LIMIT $2"  # noqa: S608


def _delete(retention: Retention) -> str:
    """By place and by what still holds there: a row that was changed meanwhile stays."""
    return f"DELETE FROM {retention.table} WHERE ctid = ANY($2::tid[]) AND ({retention.over})"  # noqa: S608
