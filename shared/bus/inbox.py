"""The inbox of a service: the cursor is the inbox.

A source's `sequence` is gapless, so one integer a source says what was applied: cursor + 1 is applied, a
smaller one is a duplicate, a larger one a gap that is read from the source's feed. The cursor moves in the
transaction of the effects. The broker gives speed; the feed gives truth. A source that was restored is
followed from where it stands, or not at all until an operator has decided (see `shared.bus.standing`).
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import asyncpg
import structlog

from shared import crash
from shared.bus.envelope import Envelope
from shared.bus.feed_reading import FeedClient, FeedReading
from shared.bus.handlers import Handlers, Permanent
from shared.bus.parking import Parking, PoisonSuspected
from shared.bus.standing import DOUBT, Standing
from shared.crash import CrashPoint
from shared.log import AppendRefused, CursorMoved, LogUnavailable, Unit, VersionConflict
from shared.log.outage import DATABASE_AWAY
from shared.observe.metrics import counter, gauge
from shared.waking import woken

log = structlog.get_logger()

BATCH: Final = 64
FEED_BATCH: Final = 250
"""Of what comes from the feed more go together: nobody waits for one of them, nor for room in a prefetch."""
TOGETHER: Final = 8
"""So many events of a run are handled side by side: what they read comes through a pool."""
GAP_GRACE: Final = 0.05
PARKING_SECONDS: Final = 2.0
BACK_OFF: Final = (0.05, 0.2, 0.5, 1.0, 2.0)
OUTAGE: Final = (LogUnavailable, *DATABASE_AWAY)
CONFLICTS: Final = 50
CONFLICT_SECONDS: Final = 0.01

_duplicates = counter("portal_inbox_duplicates", "Events seen again and ignored", ("source",))
_applied = counter("portal_inbox_applied", "Events applied", ("source",))
_healed = counter(
    "portal_inbox_healed", "Events read from a feed because the broker had lost them", ("source",)
)
_cursor_gauge = gauge("portal_inbox_sequence", "Last sequence applied", ("source",))

MakeUnit = Callable[[Envelope], Unit]
Settle = Callable[[], None]


class Inbox:
    """Applies the events of one source, in order, once."""

    def __init__(
        self, source: str, pool: asyncpg.Pool, handlers: Handlers, make_unit: MakeUnit, feed: FeedClient
    ) -> None:
        self.source = source
        self._pool = pool
        self._handlers = handlers
        self._make_unit = make_unit
        self._feed = FeedReading(source, feed)
        self._parking = Parking(source, pool)
        self._standing = Standing(source, pool)
        self._waiting: dict[int, tuple[Envelope, list[Settle]]] = {}
        self._wake = asyncio.Event()
        self._suspects: set[int] = set()
        self._cursor = -1
        self._parking_due = 0.0
        self._begun = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"inbox-{self.source}")
        self._wake.set()

    async def close(self) -> None:
        """Stops after the batch in hand; what waits is not settled, and is delivered again later."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._feed.forget()

    def deliver(self, envelope: Envelope, settle: Settle, *, redelivered: bool = False) -> None:
        """Calls `settle` once the event is applied, parked or known; then the broker may forget it.

        One that was delivered before and never answered may be what kills the process: its tries are counted.
        """
        if not self._standing.admits(envelope):
            self._ask_feed()
            settle()
            return
        if 0 <= envelope.sequence <= self._cursor:
            _duplicates.labels(self.source).inc()
            settle()
            return
        if redelivered:
            self._suspects.add(envelope.sequence)
        self._waiting.setdefault(envelope.sequence, (envelope, []))[1].append(settle)
        self._wake.set()

    async def _run(self) -> None:
        failures = 0
        certain = False
        while True:
            try:
                if not certain:
                    await self._catch_up()
                    certain = True
                certain = await self._step()
                failures = 0
            except CursorMoved:
                certain = False
            except Exception as error:
                # ours or the database's outage: pause, park nothing
                failures += 1
                certain = False
                log.warning("inbox_paused", source=self.source, error=type(error).__name__, detail=str(error))
                await asyncio.sleep(BACK_OFF[min(failures, len(BACK_OFF)) - 1])

    async def _catch_up(self) -> None:
        """Where the inbox stands, which streams are parked, and what the feed has beyond that."""
        await self._feed.forget()
        self._cursor = await self._standing.load()
        await self._parking.refresh()
        if self._feed.is_due or not self._begun or self._standing.ahead:
            await self._heal(suspect=not self._begun)
        self._begun = True

    async def _step(self) -> bool:
        """One run, or one wait. Whether the cursor is still known for certain."""
        if self._standing.ahead:
            await asyncio.sleep(PARKING_SECONDS)
            return False
        if not self._waiting and not self._feed.goes_on:
            await self._look_at_parking()
            await woken(self._wake, min(PARKING_SECONDS, self._feed.seconds))
        elif _now() >= self._parking_due + PARKING_SECONDS:  # never idle
            await self._look_at_parking()
        if self._feed.goes_on and self._cursor + 1 not in self._waiting:
            await self._heal()
        self._drop_known()
        run = self._next_run()
        if run:
            await self._apply(run)
        elif self._waiting:
            await self._grace()
            if self._cursor + 1 not in self._waiting and self._feed.may_be_asked:
                await self._heal()
        else:
            return self._feed.goes_on or not self._feed.is_due
        return True

    async def _grace(self) -> None:
        """What is missing may be on its way: waits for it, and for nothing else, a little."""
        until = _now() + GAP_GRACE
        while self._cursor + 1 not in self._waiting and (left := until - _now()) > 0:
            await woken(self._wake, left)

    def _ask_feed(self) -> None:
        """The broker brought what is not of the history followed here: what holds is in the feed."""
        self._feed.ask_soon()
        self._wake.set()

    async def _look_at_parking(self) -> None:
        if _now() >= self._parking_due:
            await self._parking.retry_released(self._apply_alone)
            self._parking_due = _now() + PARKING_SECONDS

    def _drop_known(self) -> None:
        for sequence in [s for s in self._waiting if s <= self._cursor]:
            _duplicates.labels(self.source).inc()
            self._release(sequence)
        for sequence in [s for s, (e, _) in self._waiting.items() if not self._standing.admits(e)]:
            self._release(sequence)
            self._ask_feed()

    def _next_run(self) -> list[Envelope]:
        """The events that follow the cursor without a gap, each stream once; one that stands apart alone."""
        run: list[Envelope] = []
        streams: set[str] = set()
        most = FEED_BATCH if self._feed.goes_on else BATCH
        while len(run) < most and (found := self._waiting.get(self._cursor + len(run) + 1)):
            envelope = found[0]
            apart = self._parking.holds(envelope.subject) or self._standing.doubts(envelope)
            if envelope.subject in streams or (run and apart):
                break
            streams.add(envelope.subject)
            run.append(envelope)
            if apart:
                break
        return run

    async def _heal(self, *, suspect: bool = False) -> None:
        """Reads from the feed what the broker has not delivered: where a gap shows, and now and then.

        A process that begins suspects the first run: it may be what killed the last one.
        """
        missing = await self._feed.after(self._cursor)
        if missing is None:
            return
        agreed = await self._standing.agree(self._cursor, missing)
        self._drop_known()
        if not agreed:
            self._feed.ask_soon()
            await self._feed.forget()
            return
        known = [e for e in missing if e.sequence not in self._waiting]
        for envelope in known:
            self._waiting[envelope.sequence] = (envelope, [])
        if suspect:
            self._suspects |= {e.sequence for e in missing if e.sequence <= self._cursor + FEED_BATCH}
        if known:
            _healed.labels(self.source).inc(len(known))
            self._wake.set()
        if self._waiting and self._cursor + 1 not in self._waiting:  # a source restored from before
            self._feed.ask_late()
            log.error("feed_lacks_an_event", source=self.source, sequence=self._cursor + 1)

    async def _apply(self, run: list[Envelope]) -> None:
        """Handles a run together and commits it together; where that fails, one by one."""
        together = len(run) > 1 and await self._apply_together(run)
        if not together:
            for envelope in run:
                await self._apply_one(envelope)

    async def _apply_together(self, run: list[Envelope]) -> bool:
        """Whether the run is applied and committed; else nothing of it is.

        Of suspects the first is counted for all: if that kills the process, the next goes one by one.
        """
        suspected = any(e.sequence in self._suspects for e in run)
        if suspected and not await self._parking.begin(run[0]):
            return False
        try:
            applied = await self._commit_together(run, suspected)
        except Exception:  # an answer, as a refusal is: the process lives
            if suspected:
                await self._parking.uncount_attempt(run[0])
            raise
        if suspected and not applied:
            await self._parking.uncount_attempt(run[0])
        return applied

    async def _commit_together(self, run: list[Envelope], suspected: bool) -> bool:
        units = [self._make_unit(envelope) for envelope in run]
        if not await self._handle(zip(run, units, strict=True)):
            return False
        whole = self._make_unit(run[0])
        written: set[object] = set()
        for unit in units:
            keys = set(unit.append.keys())
            if not written.isdisjoint(keys):
                return False
            written |= keys
            whole.append.merge(unit.append)
        if suspected:
            self._parking.forget_attempts(run[0], whole)
        whole.move_cursor(self.source, self._cursor, run[-1].sequence)
        crash.reach(CrashPoint.HANDLED)
        try:
            await whole.commit()
        except (CursorMoved, *OUTAGE):
            raise
        except Exception as error:  # refused, or a value that the database does not take: whose is it?
            log.info("run_taken_apart", source=self.source, size=len(run), error=type(error).__name__)
            return False
        self._applied(run)
        return True

    async def _handle(self, each: Iterator[tuple[Envelope, Unit]]) -> bool:
        """Whether the reactions to all of them went well."""

        async def some() -> None:
            for envelope, unit in each:
                await self._handlers.apply(envelope, unit)

        outcomes = await asyncio.gather(*(some() for _ in range(TOGETHER)), return_exceptions=True)
        return not any(isinstance(outcome, BaseException) for outcome in outcomes)

    async def _apply_one(self, envelope: Envelope) -> None:
        behind = "an earlier event of this stream is parked"
        if self._parking.holds(envelope.subject) and await self._park(envelope, behind, follows=True):
            return
        if self._standing.doubts(envelope) and self._handlers.wants(envelope):
            await self._park(envelope, DOUBT)
            return
        if failure := await self._failure(envelope):
            await self._park(envelope, failure)

    async def _failure(self, envelope: Envelope) -> str:
        """Why an event cannot be applied, after some tries; "" once it is applied.

        Somebody who writes to the same stream is not the event's fault, unless it never ends.
        """
        failure, waits, conflicts = "", list(BACK_OFF), 0
        while waits:
            try:
                await self._try(envelope)
                return ""
            except (CursorMoved, *OUTAGE):
                raise
            except (Permanent, PoisonSuspected) as error:
                return str(error)
            except Exception as error:
                failure = repr(error)
                log.warning("handler_failed", type=envelope.type, id=str(envelope.id), error=failure[:300])
                conflicts += isinstance(error, VersionConflict)
                in_vain = not isinstance(error, VersionConflict) or conflicts > CONFLICTS
                wait = waits.pop(0) if in_vain else CONFLICT_SECONDS
                await asyncio.sleep(0 if in_vain and isinstance(error, AppendRefused) else wait)
        return failure

    async def _try(self, envelope: Envelope) -> None:
        unit = self._make_unit(envelope)
        suspected = envelope.sequence in self._suspects
        if suspected:
            await self._parking.count_attempt(envelope)
        try:
            await self._handlers.apply(envelope, unit)
            if suspected:
                self._parking.forget_attempts(envelope, unit)
            unit.move_cursor(self.source, self._cursor, envelope.sequence)
            crash.reach(CrashPoint.HANDLED)
            await unit.commit()
        except Exception:  # an answer, if a bad one: the process lives
            if suspected:
                await self._parking.uncount_attempt(envelope)
            raise
        self._applied([envelope])

    async def _apply_alone(self, envelope: Envelope) -> None:
        """A parked event, released by an operator; the cursor has passed it."""
        unit = self._make_unit(envelope)
        await self._handlers.apply(envelope, unit)
        self._parking.forget_parked(envelope, unit)
        await unit.commit()

    async def _park(self, envelope: Envelope, error: str, *, follows: bool = False) -> bool:
        if not await self._parking.park(envelope, self._cursor, error, follows=follows):
            return False
        log.error(
            "event_parked", type=envelope.type, id=str(envelope.id), stream=envelope.subject, error=error
        )
        self._applied([envelope])
        return True

    def _applied(self, run: list[Envelope]) -> None:
        self._cursor = run[-1].sequence
        self._suspects = {s for s in self._suspects if s > self._cursor}
        _cursor_gauge.labels(self.source).set(self._cursor)
        _applied.labels(self.source).inc(len(run))
        for envelope in run:
            self._release(envelope.sequence)

    def _release(self, sequence: int) -> None:
        for settle in self._waiting.pop(sequence)[1]:
            settle()


def _now() -> float:
    return asyncio.get_running_loop().time()
