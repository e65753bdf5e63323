"""Lets a running service do its housekeeping now, through its own worker and with its own retentions."""

import asyncio

from shared.ids import new_id
from shared.service import Runtime
from shared.tasks import HOUSEKEEPING

_NOW = """
INSERT INTO task (task_id, kind, dedupe, payload, meta, due_at) VALUES ($1, $2, $2, '{}', '{}', $3)
ON CONFLICT (kind, dedupe) WHERE dedupe IS NOT NULL DO UPDATE SET due_at = excluded.due_at
"""
_OPEN = "SELECT due_at <= $2 OR lease IS NOT NULL FROM task WHERE kind = $1"


async def housekept(runtime: Runtime) -> None:
    """Returns after a whole run."""
    now = runtime.clock.now()
    while await runtime.pool.fetchval(_OPEN, HOUSEKEEPING, now):  # one that began by itself
        await asyncio.sleep(0.05)
    await runtime.pool.execute(_NOW, new_id(), HOUSEKEEPING, now)
    async with asyncio.timeout(20):
        while await runtime.pool.fetchval(_OPEN, HOUSEKEEPING, now):
            await asyncio.sleep(0.05)
