"""What became of one task, for who waits for it. A task that was done long ago is not kept: it is done."""

from dataclasses import dataclass
from typing import Final, Literal

import asyncpg

_ONE: Final = "SELECT done_at, failed_at, last_error FROM task WHERE kind = $1 AND dedupe = $2"


@dataclass(frozen=True, slots=True)
class TaskState:
    """`error` is why it was given up, empty while it was not."""

    state: Literal["waiting", "done", "failed"]
    error: str = ""


async def task_state(pool: asyncpg.Pool, kind: str, key: str) -> TaskState:
    """Of the task of a kind that was ordered under a key."""
    row = await pool.fetchrow(_ONE, kind, key)
    if row is not None and row["failed_at"] is not None:
        return TaskState("failed", row["last_error"] or "")
    return TaskState("waiting" if row is not None and row["done_at"] is None else "done")
