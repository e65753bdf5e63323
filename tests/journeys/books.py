"""What the portal has written down: counted events, the ledger, the time that tasks wait for."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from deploy.local.demo.listening import Heard, Listener
from deploy.local.secrets import LOGS
from tests.journeys.people import Official
from tests.journeys.stage import Stage

QUIET_SECONDS: Final = 0.15
DUE: Final = """
SELECT kind, tries, last_error FROM task
WHERE done_at IS NULL AND failed_at IS NULL AND (due_at <= now() OR kind = 'render_document')
"""
HEAD: Final = """
SELECT sequence, (SELECT published FROM relay_cursor) AS published,
  EXISTS (SELECT 1 FROM event e WHERE (e.epoch, e.xid, e.position) > (h.epoch, h.xid, h.position)) AS behind
FROM feed_head h
"""


@dataclass(slots=True)
class Books:
    """Looks at what is stored, from outside of the services."""

    stage: Stage
    listener: Listener
    treasurer: Official

    async def counted(self) -> dict[str, int]:
        """Events in each service's log."""
        return {name: await self._count(name, "SELECT count(*) FROM event") for name in LOGS}

    async def _count(self, service: str, statement: str) -> int:
        return int((await self.stage.query(service, statement))[0][0])

    async def settled(self, seconds: float = 20) -> dict[str, int]:
        """The counts once nothing is due, nothing is on its way between services and nothing changes."""
        before, until = await self.counted(), time.monotonic() + seconds
        while True:
            await asyncio.sleep(QUIET_SECONDS)
            now, waiting = await self.counted(), await self._unfinished()
            if now == before and not waiting:
                return now
            assert time.monotonic() < until, f"never at rest: {waiting}"
            before = now

    async def _unfinished(self) -> list[str]:
        """Tasks at work or due, events not yet published, events not yet taken in by those who listen."""
        found, heads = [], {}
        for name in LOGS:
            found += [f"{name} has to do {dict(row)}" for row in await self.stage.query(name, DUE)]
            (head,) = await self.stage.query(name, HEAD)
            heads[name] = head["sequence"]
            if head["behind"] or head["published"] < head["sequence"]:
                found.append(f"{name} has to publish {dict(head)}")
        for name in LOGS:
            for row in await self.stage.query(name, "SELECT source, sequence FROM inbox_cursor"):
                source = row["source"].rpartition("/")[2]
                if row["sequence"] < heads[source]:
                    found.append(f"{name} has to read {source} from {row['sequence']} to {heads[source]}")
        return found

    @asynccontextmanager
    async def untouched(self) -> AsyncIterator[None]:
        """What is done inside leaves every log as it was."""
        before = await self.settled()
        yield
        assert await self.settled() == before

    async def assert_balanced(self) -> None:
        found = await self.treasurer.get("payments", "/ledger/trial-balance")
        assert found["sum_cents"] == 0, found

    async def money_tasks(self, claim_id: str) -> list[dict[str, Any]]:
        """What the treasurer has to see to in a claim."""
        found = await self.treasurer.get("payments", "/money-tasks")
        return [task for task in found["tasks"] if task["claim_id"] == claim_id]

    async def hurry(self, service: str, kind: str, about: str) -> None:
        """Time passes: a task that waits is due now. `about` is an id in its payload."""
        changed = await self.stage.query(
            service,
            "UPDATE task SET due_at = now() WHERE kind = $1 AND payload::text LIKE '%' || $2 || '%'"
            " AND done_at IS NULL RETURNING task_id",
            kind,
            about,
        )
        assert changed, f"no task {kind} waits for {about}"

    def heard(self, *ids: str) -> list[Heard]:
        """Events about these ids, in the order they came."""
        return [event for event in self.listener.heard if event.is_about(*ids)]

    def kinds(self, *ids: str) -> list[str]:
        """The names of the events about these ids."""
        return [event.kind.removesuffix(".v1") for event in self.heard(*ids)]

    async def metric(self, service: str, name: str) -> float:
        """A sample of a service's metrics; 0 where nothing was counted."""
        text = (await self.stage.outside.get(f"{self.stage.stack.url(service)}/metrics")).text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))
