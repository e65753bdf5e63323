"""Seals the settled log of a service, a minute or some thousand events at a time, and anchors the seals.

One process at a time does it (an advisory lock says which); two could not seal the same interval twice, for
a number is taken once. Nothing is held while the log is read: what is settled does not change. A process
that dies between seal and anchor leaves a seal that the next one anchors.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import structlog

from shared.audit.anchors import AnchorConflict, Anchors
from shared.audit.entries import Entry, listed, settled, waiting
from shared.audit.merkle import root_of
from shared.audit.seals import FIRST, ForeignSeal, Restored, SealKey, Statement, before_all, digest, unproven
from shared.clock import Clock
from shared.observe.metrics import gauge

log = structlog.get_logger()

EVERY: Final = timedelta(minutes=1)
AT_ONCE: Final = 2_000
"""Seals without waiting for the minute when so many events are settled; no seal covers more."""
LOOK: Final = 5.0
LOCK: Final = 0x6175646974

_sealed = gauge(
    "portal_audit_last_sealed_timestamp_seconds",
    "When sealing last went through: all older than a minute is sealed and anchored",
    ("service",),
)

_HEAD = "SELECT number, seal FROM audit_seal ORDER BY number DESC LIMIT 1"
_INSERT = """
INSERT INTO audit_seal (number, seal, listing)
SELECT $1, $2, $3 WHERE (SELECT epoch FROM log_epoch) = $4 ON CONFLICT DO NOTHING
"""
_TO_ANCHOR = """
SELECT s.number, s.seal FROM audit_seal s
WHERE s.number > coalesce((SELECT max(number) FROM audit_anchored), 0) ORDER BY s.number LIMIT 100
"""
_ANCHORED = "INSERT INTO audit_anchored (number) VALUES ($1) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Head:
    """The last seal of a chain: what it says, and the digest that the next one names."""

    statement: Statement
    digest: str


class Sealer:
    """Seals one service's log."""

    def __init__(
        self,
        service: str,
        pool: asyncpg.Pool,
        key: SealKey,
        anchors: Anchors,
        clock: Clock,
        *,
        every: timedelta = EVERY,
        at_once: int = AT_ONCE,
    ) -> None:
        self._service = service
        self._pool = pool
        self._key = key
        self._keys = key.keys()
        self._anchors = anchors
        self._clock = clock
        self._every = every
        self._at_once = at_once
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="audit-sealer")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except (ForeignSeal, AnchorConflict) as error:
                log.error("audit_chain_broken", service=self._service, detail=str(error))
            except Exception as error:  # whatever it is, this loop goes on
                log.warning("audit_sealing_paused", error=type(error).__name__, detail=str(error)[:200])
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Seals what is due and anchors what is sealed, unless another process does.

        Raises ForeignSeal when the last seal is not ours, AnchorConflict, and what the database raises.
        """
        async with self._pool.acquire() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                return
            try:
                while await self._seal(connection):
                    pass
                await self._anchor(connection)
            finally:
                if not connection.is_closed():
                    await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)

    async def _seal(self, connection: Any) -> bool:
        """Whether there may be more to seal now."""
        head = await self.head(connection)
        now = self._clock.now()
        waited = head.statement.number == 0 or now - head.statement.time >= self._every
        if not waited and await waiting(connection, head.statement.last, self._at_once) < self._at_once:
            return False
        entries = [entry async for entry in settled(connection, head.statement.last, self._at_once)]
        if not entries:
            return False
        epoch = await connection.fetchval("SELECT epoch FROM log_epoch")
        statement = next_statement(head, epoch, entries, now)
        seal = self._key.sign(statement)
        await connection.execute(_INSERT, statement.number, seal, listed(entries), epoch)
        log.info("audit_sealed", service=self._service, number=statement.number, events=statement.count)
        return len(entries) >= self._at_once

    async def head(self, connection: Any) -> Head:
        """The last seal, or what comes before all. Raises ForeignSeal.

        After a change of keys the last seal is an older key's: it counts if it is the one that is anchored.
        """
        row = await connection.fetchrow(_HEAD)
        if row is None:
            return Head(before_all(self._service, self._clock.now()), FIRST)
        try:
            statement = self._keys.open(row["seal"])
        except ForeignSeal:
            statement = unproven(row["seal"])
            if await self._anchors.get(self._service, (statement.epoch, row["number"])) != row["seal"]:
                raise
        if (statement.service, statement.number) != (self._service, row["number"]):
            raise ForeignSeal(f"seal {row['number']} is another's")
        return Head(statement, digest(row["seal"]))

    async def _anchor(self, connection: Any) -> None:
        while rows := await connection.fetch(_TO_ANCHOR):
            for row in rows:
                name = (self._keys.open(row["seal"]).epoch, row["number"])
                await self._anchors.put(self._service, name, row["seal"])
                await connection.execute(_ANCHORED, row["number"])
        _sealed.labels(self._service).set(self._clock.now().timestamp())


def next_statement(
    head: Head, epoch: int, entries: list[Entry], now: datetime, restored: Restored | None = None
) -> Statement:
    """What the seal after `head` says of these events, or of a restore."""
    last = head.statement
    return Statement(
        service=last.service,
        number=last.number + 1,
        epoch=epoch,
        first=entries[0].place if entries else None,
        last=entries[-1].place if entries else last.last,
        count=len(entries),
        total=last.total + len(entries),
        root=root_of(entry.leaf() for entry in entries).hex(),
        previous=head.digest,
        time=now,
        restored=restored,
    )
