"""Whether the portal is at rest: nothing due, nothing tried again, nothing on its way between services."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from deploy.local.secrets import LOGS
from tests.journeys.books import HEAD
from tests.journeys.stage import Stage

MOVED_EVERY: Final = 10.0
LEFT: Final = """
SELECT kind, tries, last_error FROM task
WHERE done_at IS NULL AND failed_at IS NULL
  AND dedupe IS DISTINCT FROM kind  -- what comes again and again is never done
  AND (due_at <= now() OR tries > 0 OR kind = ANY('{render_document,send_mail,ask_register}'))
"""
FAILED: Final = "SELECT kind, tries, last_error FROM task WHERE failed_at IS NOT NULL"
PARKED: Final = "SELECT source, sequence, error FROM parked WHERE discarded_at IS NULL"
MOVED_ON: Final = """
UPDATE task SET due_at = least(due_at, now()),
  lease_until = CASE WHEN lease_until IS NOT NULL THEN now() - interval '1 second' END
WHERE done_at IS NULL AND failed_at IS NULL AND tries > 0
"""


async def rest(stage: Stage, seconds: float) -> list[str]:
    """Waits until nothing is left to do; what still is after that time, in sentences."""
    until = time.monotonic() + seconds
    quiet = 0
    while time.monotonic() < until:
        left = await unfinished(stage)
        quiet = 0 if left else quiet + 1
        if quiet >= 3:
            return []
        await asyncio.sleep(0.5)
    return await unfinished(stage)


@asynccontextmanager
async def hurried(stage: Stage) -> AsyncIterator[None]:
    """Meanwhile what was tried before waits for no back-off and for no dead worker's lease."""
    moving = asyncio.create_task(_move_on(stage))
    try:
        yield
    finally:
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)


async def _move_on(stage: Stage) -> None:
    """Every few seconds, so that a task at work is not taken from its worker over and over."""
    while True:
        for name in LOGS:
            await stage.query(name, MOVED_ON)
        await asyncio.sleep(MOVED_EVERY)


async def unfinished(stage: Stage) -> list[str]:
    """Tasks to do or given up, events not published, not read, or parked."""
    found, heads = [], {}
    for name in LOGS:
        found += [f"{name} has to do {dict(row)}" for row in await stage.query(name, LEFT)]
        found += [f"{name} has given up {dict(row)}" for row in await stage.query(name, FAILED)]
        found += [f"{name} has parked {dict(row)}" for row in await stage.query(name, PARKED)]
        (head,) = await stage.query(name, HEAD)
        heads[name] = head["sequence"]
        if head["behind"] or head["published"] < head["sequence"]:
            found.append(f"{name} has to publish {dict(head)}")
    for name in LOGS:
        for row in await stage.query(name, "SELECT source, sequence FROM inbox_cursor"):
            source = row["source"].rpartition("/")[2]
            if row["sequence"] < heads[source]:
                found.append(f"{name} has to read {source} from {row['sequence']} to {heads[source]}")
    return found
