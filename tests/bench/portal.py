"""The whole portal as processes, for the benchmarks that go through the gateway."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.places import state_folder
from tests.bench.rig import Rig
from tests.journeys.stage import Stage, staged


@dataclass(slots=True)
class Portal:
    """The running portal. `cpu` tells what its processes have used."""

    stage: Stage
    rig: Rig

    async def cpu(self) -> dict[str, float]:
        """Seconds of processor by process so far, PostgreSQL among them."""
        alive = [one for one in self.stage.supervisor.running if one.child.poll() is None]
        times = {one.process.name: psutil.Process(one.child.pid).cpu_times() for one in alive}
        found = {name: time.user + time.system for name, time in times.items()}
        return found | {"postgresql": await self.rig.server_seconds()}


async def portal(rig: Rig) -> Portal:
    """Everything running on the rig's servers, until the rig ends; nothing of it is left then."""
    return await rig.keep("portal", lambda: _started(rig))


@asynccontextmanager
async def _started(rig: Rig) -> AsyncIterator[Portal]:
    tests = state_folder() / "test"
    tests.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=tests, ignore_cleanup_errors=True) as folder:
        async with staged(Path(folder), rig.admin_url, rig.broker().url) as stage:
            await asyncio.sleep(1)  # what starts with a process has ended: pools, first catch-up
            yield Portal(stage, rig)
