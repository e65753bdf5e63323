"""`python -m tests.bench.folding LOG KEYS`: rebuilds a read model beside the live one; prints its peak MB."""

import asyncio
import os
import resource
import sys

import asyncpg

from shared import heap
from shared.cli.rebuilding import Fold
from shared.keys import KeyRing
from tests.bench.office import MATTERS, OFFICE


async def fold(log: str, keys: str) -> int:
    """The number of events folded."""
    pool = await asyncpg.create_pool(log, min_size=1, max_size=2)
    keys_pool = await asyncpg.create_pool(keys, min_size=1, max_size=1)
    folded = Fold(OFFICE, MATTERS, pool, KeyRing(keys_pool, os.urandom(32), OFFICE.name))
    await folded.begin()
    await folded.go_on(settled=False)
    await pool.close()
    await keys_pool.close()
    return folded.count


if __name__ == "__main__":
    heap.set_apart()
    asyncio.run(fold(*sys.argv[1:3]))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
