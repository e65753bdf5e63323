"""The one table for effects, timers, deadlines and retries, and the workers that empty it.

A task is stored with the append that wants it; what it writes commits together with its completion, under
a lease, so a worker that was too slow writes nothing. It survives restarts; failures are tried again with
back-off, and at the end it is marked failed for a person to see.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from shared import crash
from shared.bus.handlers import Permanent
from shared.clock import Clock
from shared.crash import CrashPoint
from shared.ids import new_id
from shared.log import (
    Append,
    AppendRefused,
    LeaseLost,
    LogUnavailable,
    Meta,
    Retention,
    Unit,
    VersionConflict,
)
from shared.log.outage import ASYNCPG_AWAY
from shared.log.reading import read_meta
from shared.observe.metrics import counter, histogram
from shared.observe.tracing import span_from
from shared.waking import woken

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=60)
POLL: Final = 1.0
AHEAD: Final = timedelta(minutes=1)
"""What is due within this is waited for to the moment; the poll finds the rest."""
BACK_OFF: Final = (1, 2, 5, 15, 60, 300, 900, 3600)
LASTING: Final = 80
"""Tries of a task that is not told otherwise: three days, longer than a partner is usually away."""
UNANSWERED: Final = 3
"""So often in a row a task may be begun and leave no answer; then it is taken for what kills the process."""
AT_ONCE: Final = 3
CONFLICT: Final = timedelta(milliseconds=50)
AWAY: Final = (LogUnavailable, *ASYNCPG_AWAY)  # OSError may be a provider's: that is a failure of the task

_done = counter("portal_tasks_done", "Tasks finished", ("kind",))
_retried = counter("portal_tasks_retried", "Tasks to be tried again", ("kind",))
_failed = counter("portal_tasks_failed", "Tasks given up for a person to see", ("kind",))
_seconds = histogram("portal_task_duration_seconds", "Time to do a task", ("kind",))

# a lease that a crash of the server loses is a task that is taken again
_TAKE = """
UPDATE task SET lease = $1, lease_until = $2, tries = tries + 1,
  unanswered = CASE WHEN lease IS NULL THEN 0 ELSE unanswered + 1 END
WHERE task_id IN (
  SELECT t.task_id FROM task t
  WHERE (SELECT set_config('synchronous_commit', 'off', true)) = 'off' AND t.done_at IS NULL
    AND t.failed_at IS NULL AND t.due_at <= $3
    AND (t.lease_until IS NULL OR t.lease_until < $3) AND t.kind = ANY($4::text[])
  ORDER BY t.due_at LIMIT $5 FOR UPDATE SKIP LOCKED)
RETURNING task_id, kind, payload, meta, tries, unanswered
"""
_ARM = """
INSERT INTO task AS t (task_id, kind, dedupe, payload, meta, due_at) VALUES ($1, $2, $2, '{}', '{}', $3)
ON CONFLICT (kind, dedupe) WHERE dedupe IS NOT NULL DO UPDATE
SET done_at = NULL, failed_at = NULL, tries = 0, due_at = excluded.due_at
WHERE t.done_at IS NOT NULL OR t.failed_at IS NOT NULL
"""
_LATER = """
UPDATE task SET due_at = $3, last_error = $4, lease = NULL, lease_until = NULL, tries = greatest(tries - 1, 0)
WHERE task_id = $1 AND lease = $2
"""
_AGAIN = """
UPDATE task SET due_at = $3, last_error = $4, lease = NULL, lease_until = NULL
WHERE task_id = $1 AND lease = $2
"""
_GIVE_UP = """
UPDATE task SET failed_at = $3, last_error = $4, lease = NULL, lease_until = NULL
WHERE task_id = $1 AND lease = $2
"""

DONE_TASKS: Final = Retention("task", "done_at < $1", timedelta(days=30))
"""Until then a second task with the same key is known as one; what failed stays for a person to see."""

TaskHandler = Callable[[Mapping[str, Any], Unit], Awaitable[None]]
GiveUp = Callable[[Mapping[str, Any], Unit], Awaitable[None]]


class Later(Exception):
    """Not yet: try again after `delay`, without counting it as a failure."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(f"again in {delay}")
        self.delay = delay


@dataclass(frozen=True, slots=True)
class _Kind:
    handler: TaskHandler
    give_up: GiveUp | None
    tries: int


@dataclass(frozen=True, slots=True)
class Leased:
    """A task in hand."""

    task_id: UUID
    lease: UUID
    kind: str
    payload: Mapping[str, Any]
    meta: Meta
    tries: int
    unanswered: int


class Tasks:
    """The kinds of task a service knows."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self.recurring: list[str] = []

    def on(
        self, kind: str, *, tries: int = LASTING, give_up: GiveUp | None = None
    ) -> Callable[[TaskHandler], TaskHandler]:
        """Registers `async (payload, unit) -> None`. It may call out; what it writes goes into the unit.

        After `tries` failures (or Permanent) `give_up` writes what then holds, and the task counts as failed.
        """

        def register(handler: TaskHandler) -> TaskHandler:
            self._kinds[kind] = _Kind(handler, give_up, tries)
            return handler

        return register

    def recur(self, kind: str, handler: TaskHandler) -> None:
        """Registers work that comes again and again, one at a time among all processes.

        The handler always ends with Later; a row that has ended all the same begins anew with the process.
        """
        self.on(kind)(handler)
        self.recurring.append(kind)

    def kinds(self) -> list[str]:
        return sorted(self._kinds)

    def __getitem__(self, kind: str) -> _Kind:
        return self._kinds[kind]


class Worker:
    """Takes due tasks, some at a time."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        tasks: Tasks,
        make_unit: Callable[[Leased], Unit],
        clock: Clock,
        width: int = 8,
    ) -> None:
        self._pool = pool
        self._tasks = tasks
        self._make_unit = make_unit
        self._clock = clock
        self._width = width
        self._wake = asyncio.Event()
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    def committed(self, append: Append) -> None:
        """Takes notice of the tasks that were stored with an append."""
        if append.tasks:
            self._wake_in(min(task.due_at for task in append.tasks) - self._clock.now())

    def start(self) -> None:
        if self._tasks.kinds():
            self._loop = asyncio.create_task(self._run(), name="task-worker")

    async def close(self) -> None:
        """Takes no more; waits a little for what runs. What does not finish runs again after its lease."""
        self._stopping = True
        self._wake.set()
        if self._loop is not None:
            await asyncio.wait([self._loop, *self._running], timeout=5)
            left = [task for task in (self._loop, *self._running) if not task.done()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _run(self) -> None:
        armed = False
        while not self._stopping:
            try:
                if not armed:
                    await self._arm()
                    armed = True
                await self._take()
            except Exception as error:  # whatever it is, this loop goes on
                log.warning("task_worker_paused", error=type(error).__name__)
                await asyncio.sleep(POLL)
            await woken(self._wake, POLL)

    async def _arm(self) -> None:
        for kind in self._tasks.recurring:
            await self._pool.execute(_ARM, new_id(), kind, self._clock.now())

    def _wake_in(self, delay: timedelta) -> None:
        if delay <= timedelta(0):
            self._wake.set()
        elif delay <= AHEAD:
            asyncio.get_running_loop().call_later(delay.total_seconds(), self._wake.set)

    async def _take(self) -> None:
        """Begins as many of the tasks that are due as there is room for."""
        room = self._width - len(self._running)
        if room <= 0 or self._stopping:
            return
        now, lease = self._clock.now(), new_id()
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_TAKE, lease, now + LEASE, now, self._tasks.kinds(), room)
            for r in rows:  # they begin while the connection goes back to the pool
                payload, meta = json.loads(r["payload"]), read_meta(r["meta"])
                self._begin(
                    Leased(r["task_id"], lease, r["kind"], payload, meta, r["tries"], r["unanswered"])
                )

    def _begin(self, leased: Leased) -> None:
        job = asyncio.create_task(self._do(leased), name=f"task-{leased.kind}")
        self._running.add(job)
        job.add_done_callback(self._finished)

    def _finished(self, job: asyncio.Task[None]) -> None:
        if len(self._running) >= self._width:  # there was no room: others may be waiting
            self._wake.set()
        self._running.discard(job)

    async def _do(self, leased: Leased) -> None:
        kind = self._tasks[leased.kind]
        crash.reach(CrashPoint.TASK_TAKEN)
        try:
            if leased.unanswered > UNANSWERED:
                raise Permanent(f"begun {leased.unanswered} times without an answer")
            with (
                span_from(leased.meta.traceparent, f"task {leased.kind}"),
                _seconds.labels(leased.kind).time(),
            ):
                await self._write(kind.handler, leased)
            _done.labels(leased.kind).inc()
        except LeaseLost:
            log.info("task_ignored_as_taken_over", kind=leased.kind, id=str(leased.task_id))
        except Later as later:
            await self._again(leased, later.delay, "", counts=False)
        except VersionConflict as error:
            await self._again(leased, _after(leased.tries, error), repr(error), counts=False)
        except AWAY as error:
            await self._again(leased, _delay(leased.tries), repr(error), counts=False)
        except Permanent as error:
            await self._fail(kind, leased, error)
        except Exception as error:
            if leased.tries >= kind.tries:
                await self._fail(kind, leased, error)
            else:
                await self._again(leased, _after(leased.tries, error), repr(error))

    async def _write(self, handler: TaskHandler, leased: Leased) -> None:
        unit = self._make_unit(leased)
        async with asyncio.timeout(LEASE.total_seconds()):  # later than that it could not write anyway
            await handler(leased.payload, unit)
        crash.reach(CrashPoint.TASK_DONE)
        unit.finish(leased.task_id, leased.lease)
        await unit.commit()

    async def _again(self, leased: Leased, delay: timedelta, error: str, *, counts: bool = True) -> None:
        if error:
            _retried.labels(leased.kind).inc()
            log.warning("task_retried", kind=leased.kind, id=str(leased.task_id), error=error[:300])
        due = self._clock.now() + delay
        await self._safely(_AGAIN if counts else _LATER, leased, due, error)
        self._wake_in(delay)

    async def _fail(self, kind: _Kind, leased: Leased, error: Exception) -> None:
        _failed.labels(leased.kind).inc()
        log.error("task_failed", kind=leased.kind, id=str(leased.task_id), error=repr(error)[:300])
        if kind.give_up is not None:
            try:
                await self._write(kind.give_up, leased)
                return
            except Exception as second:
                await self._again(leased, _delay(leased.tries), repr(second), counts=False)
                return
        await self._safely(_GIVE_UP, leased, self._clock.now(), repr(error))

    async def _safely(self, statement: str, leased: Leased, when: Any, error: str) -> None:
        try:
            await self._pool.execute(statement, leased.task_id, leased.lease, when, error[:2000])
        except Exception as away:
            log.warning("task_state_not_saved", error=type(away).__name__)  # the lease runs out by itself


def _after(tries: int, error: Exception) -> timedelta:
    """Somebody else was first: decided again at once some times, since now their write can be seen."""
    if isinstance(error, AppendRefused) and tries <= AT_ONCE:
        return timedelta(0)
    return CONFLICT if isinstance(error, VersionConflict) else _delay(tries)


def _delay(tries: int) -> timedelta:
    return timedelta(seconds=BACK_OFF[min(tries, len(BACK_OFF)) - 1])
