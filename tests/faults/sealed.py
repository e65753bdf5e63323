"""The audit chain of a service as an auditor reads it: from its log, its anchors and the public key."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg

from shared.audit.anchors import AnchorConflict, FolderAnchors
from shared.audit.sealer import Sealer
from shared.audit.seals import ForeignSeal, SealKey
from shared.audit.verification import verify
from shared.clock import SystemClock
from tests.faults.world import Chain

SETTLED_WITHIN: Final = 10.0


async def chain(pool: asyncpg.Pool, service: str, anchors: Path, pem: str) -> Chain:
    """What verification finds. First a last seal over what the service has not sealed yet: the chain made
    under faults must be one that goes on.
    """
    key, kept = SealKey(pem), FolderAnchors(anchors)
    sealer = Sealer(service, pool, key, kept, SystemClock(), every=timedelta(0))
    async with pool.acquire() as connection:
        for _ in range(int(SETTLED_WITHIN)):  # an older transaction of the server may still hold events back
            try:
                await sealer.look()
            except (ForeignSeal, AnchorConflict) as broken:
                return Chain(violations=(f"[broken] {broken}",))
            report = await verify(connection, service, kept, key.keys())
            if report.violations or not report.unsealed:
                break
            await asyncio.sleep(1)
    return Chain(report.seals, report.events, report.unsealed, tuple(map(str, report.violations)))
