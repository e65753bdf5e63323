"""The portal that faults happen to: every process kept up, each on wires of its own to the run's servers."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from deploy.local.places import CannotStart, state_folder
from deploy.local.processes import Process, Running
from deploy.local.secrets import LOGS
from deploy.local.services import SERVICES
from shared.crash import VARIABLE
from tests.faults.clocks import PRELOAD
from tests.faults.proxy import Wire
from tests.faults.servers import Servers
from tests.journeys.stage import Stage, staged, told

QUICKER: Final[Mapping[str, Mapping[str, str]]] = {
    "identity": {"PORTAL_ARGON2_PASSES": "1", "PORTAL_ARGON2_MEMORY_KIB": "8192"},
    "girocheckout": {"PORTAL_SANDBOX_RETRY_SECONDS": "2"},
}
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
DISTURBED: Final = frozenset({VARIABLE, PRELOAD})
UP_WITHIN: Final = 120.0
STARTS: Final = 30


@dataclass(slots=True)
class Ground:
    """The stage, its servers and its wires. Who starts a process or waits for its end holds its lock."""

    stage: Stage
    servers: Servers
    wires: Mapping[str, Wire]
    died: list[str] = field(default_factory=list)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _killed: set[int] = field(default_factory=set)

    def lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    def runs(self, name: str) -> bool:
        return (one := self._process(name)) is not None and one.child.poll() is None

    def kill(self, name: str) -> bool:
        """SIGKILL. Whether there was something to kill."""
        one = self._process(name)
        if one is None or one.child.poll() is not None:
            return False
        self._killed.add(one.child.pid)
        one.child.kill()
        one.child.wait()
        return True

    async def start(self, name: str, told: Mapping[str, str] = NOTHING) -> bool:
        """Starts it anew, perhaps to die or with a wrong clock. False if it was killed before it was ready.

        One that does not come up, since a server is away, is started again, as an orchestrator would.
        """
        for _ in range(STARTS):
            if (before := self._process(name)) is not None:
                self.kill(name)  # one that outlived what was to end it: to wait for its end would be for ever
                self._bury(before)
            one = await self._begin(name, told)
            if one.child.poll() in (None, -signal.SIGKILL):
                return one.child.poll() is None
            await asyncio.sleep(1)
        raise CannotStart(f"{name} does not come up: {one.last_lines()}")

    async def _begin(self, name: str, told: Mapping[str, str]) -> Running:
        service = next(service for service in SERVICES if service.name == name)
        process = self.stage.tell(service.process(self.stage.stack), self.stage.stack.state)
        process = replace(process, environment={**process.environment, **told})
        began = self.stage.supervisor.begin(process)
        try:
            await asyncio.to_thread(self.stage.supervisor.await_ready, began, UP_WITHIN)
        except CannotStart:
            if began[0].child.poll() is None:
                raise
        return began[0]

    async def dies(self, name: str, within: float) -> bool:
        """Whether the process kills itself in this time."""
        one = self._process(name)
        assert one is not None
        for _ in range(max(int(within / 0.05), 1)):
            if one.child.poll() is not None:
                return one.child.returncode == -signal.SIGKILL and one.child.pid not in self._killed
            await asyncio.sleep(0.05)
        return False

    async def all_up(self) -> None:
        """Servers and processes run again, whatever was done to them, and as they should."""
        for server in (self.servers.postgres, self.servers.rabbitmq):
            if server.running is None:
                await server.start()
        await asyncio.gather(*(self._up(service.name) for service in SERVICES))

    async def _up(self, name: str) -> None:
        async with self.lock(name):
            one = self._process(name)
            assert one is not None
            if one.child.poll() is not None or not DISTURBED.isdisjoint(one.process.environment):
                self.kill(name)
                await self.start(name)

    def _bury(self, one: Running) -> None:
        """A process that ended otherwise than by SIGKILL once it was up: that is a finding."""
        if one.child.wait() != -signal.SIGKILL and one.ready_after is not None:
            self.died.append(f"{one.process.name} ended with {one.child.returncode}: {one.last_lines(3)}")
        self.stage.supervisor.running.remove(one)

    def _process(self, name: str) -> Running | None:
        return next((one for one in self.stage.supervisor.running if one.process.name == name), None)


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Everything up, in a folder of its own; nothing of it is left afterwards."""
    tests = state_folder() / "test"
    tests.mkdir(exist_ok=True)
    async with AsyncExitStack() as leaving:
        folder = leaving.enter_context(
            tempfile.TemporaryDirectory(prefix="faults-", dir=tests, ignore_cleanup_errors=True)
        )
        servers = Servers(Path(folder) / "servers")
        leaving.push_async_callback(asyncio.to_thread, servers.stop)
        await servers.start()
        wires = await _wires(leaving, servers)
        state = Path(folder) / "portal"
        state.mkdir()
        broker = servers.broker.url

        def tell(process: Process, folder: Path) -> Process:
            return _by_wire(told(process, folder), wires)

        stage = await leaving.enter_async_context(staged(state, servers.admin_url, broker, tell))
        yield Ground(stage, servers, wires)


async def _wires(leaving: AsyncExitStack, servers: Servers) -> dict[str, Wire]:
    ends = {"database": urlsplit(servers.admin_url).port, "broker": urlsplit(servers.broker.url).port}
    made = {
        f"{service}-{end}": Wire(port or 0) for service in (*LOGS, "gateway") for end, port in ends.items()
    }
    for wire in made.values():
        await leaving.enter_async_context(wire.listening())
    return made


def _by_wire(process: Process, wires: Mapping[str, Wire]) -> Process:
    """The process with its settings for a quick run, and its own wires in place of the servers."""
    environment = {**process.environment, **QUICKER.get(process.name, {})}
    name = "identity" if process.name == "seed" else process.name
    for variable, end in (
        ("PORTAL_DATABASE_URL", "database"),
        ("PORTAL_KEYS_DATABASE_URL", "database"),
        ("PORTAL_RABBITMQ_URL", "broker"),
    ):
        if variable in environment:
            environment[variable] = wires[f"{name}-{end}"].of(environment[variable])
    return replace(process, environment=environment)
