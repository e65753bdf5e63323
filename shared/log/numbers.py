"""Official numbers: rising, never given twice; one given and not used leaves a gap."""

import asyncpg

_NEXT = """
INSERT INTO number_range AS n (name, last) VALUES ($1, 1)
ON CONFLICT (name) DO UPDATE SET last = n.last + 1 RETURNING last
"""


async def next_number(pool: asyncpg.Pool, name: str) -> int:
    """The next number of a range, beginning with 1. It is committed before it is used."""
    number: int = await pool.fetchval(_NEXT, name)
    return number
