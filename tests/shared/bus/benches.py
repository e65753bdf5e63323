"""Inboxes of one group on one log, and the feed that they read: a stand-in, filled by the tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.bus import inbox as inbox_module
from shared.bus.envelope import Envelope
from shared.bus.handlers import ForeignEvent, Handlers
from shared.bus.inbox import Inbox
from shared.ids import new_id
from shared.log import Unit
from tests.shared.delivering import settled
from tests.shared.log.conftest import Log


class Noted(ForeignEvent):
    """What the inbox under test reads."""

    n: int


def noted(sequence: int, stream: str = "", **data: Any) -> Envelope:
    kind = "other.noted.v1"
    return Envelope(
        id=new_id(), source="portal/other", type=kind, subject=stream or f"s{sequence}",
        time=datetime.now(UTC), sequence=sequence, data={"n": sequence, **data}, streamversion=sequence,
    )  # fmt: skip


@dataclass
class Source:
    """The other service's feed."""

    events: list[Envelope] = field(default_factory=list)
    away: bool = False
    reads: int = 0

    async def after(self, source: str, sequence: int, limit: int) -> list[Envelope]:
        self.reads += 1
        if self.away:
            raise LookupError("not now")
        return [e for e in self.events if e.sequence > sequence][:limit]


Reaction = Callable[[int, Unit], Awaitable[None]]


class Bench:
    """Makes inboxes of one group on one log."""

    def __init__(self, found: Log, stack: AsyncExitStack) -> None:
        self.log = found
        self.source = Source()
        self.seen: list[int] = []
        self.reaction: Reaction | None = None
        self._stack = stack

    def inbox(self) -> Inbox:
        handlers = Handlers()

        @handlers.on("other.noted.v1", Noted)
        async def note(event: Noted, unit: Unit) -> None:
            self.seen.append(event.n)
            if self.reaction is not None:
                await self.reaction(event.n, unit)
            unit.task("none", {"n": event.n})

        made = Inbox("other", self.log.pool, handlers, lambda _: self.log.unit(), self.source)
        self._stack.push_async_callback(made.close)
        made.start()
        return made

    async def deliver(self, to: Inbox, *events: Envelope, **kw: Any) -> None:
        async with asyncio.timeout(20):
            await asyncio.gather(*(settled(to, e, **kw) for e in events))

    async def effects(self) -> list[int]:
        rows = await self.log.pool.fetch("SELECT (payload->>'n')::int AS n FROM task ORDER BY created_at, n")
        return [r["n"] for r in rows]

    async def cursor(self) -> int:
        found: int = await self.log.pool.fetchval("SELECT coalesce(max(sequence), 0) FROM inbox_cursor")
        return found

    async def reaches(self, sequence: int) -> None:
        async with asyncio.timeout(20):
            while await self.cursor() != sequence:
                await asyncio.sleep(0.02)

    async def parked(self) -> list[int]:
        rows = await self.log.pool.fetch(
            "SELECT sequence FROM parked WHERE discarded_at IS NULL ORDER BY sequence"
        )
        return [r["sequence"] for r in rows]

    async def unparked(self) -> None:
        async with asyncio.timeout(20):
            while await self.parked():
                await asyncio.sleep(0.02)


@pytest.fixture
async def bench(log: Log, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(inbox_module, "PARKING_SECONDS", 0.2)
    monkeypatch.setattr(inbox_module, "BACK_OFF", (0.01, 0.02, 0.02, 0.05, 0.05))
    async with AsyncExitStack() as stack:
        yield Bench(log, stack)
