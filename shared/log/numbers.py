"""Official numbers: rising, never given twice; one that was given and not used says for what it was."""

import asyncpg

from shared import crash
from shared.crash import CrashPoint

_NEXT = """
WITH n AS (INSERT INTO number_range AS n (name, last) VALUES ($1, 1)
  ON CONFLICT (name) DO UPDATE SET last = n.last + 1 RETURNING last)
INSERT INTO number_given (name, number, purpose) SELECT $1, last, $2 FROM n RETURNING number
"""


async def next_number(pool: asyncpg.Pool, name: str, purpose: str) -> int:
    """The next number of a range, beginning with 1. It is committed before it is used.

    `purpose` says for what, without personal data: it explains the gap if nothing comes of it.
    """
    number: int = await pool.fetchval(_NEXT, name, purpose)
    crash.reach(CrashPoint.NUMBER_GIVEN)
    return number
