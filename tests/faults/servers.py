"""The run's own PostgreSQL and RabbitMQ: started, stopped, killed and started again; never the machine's."""

import asyncio
import os
import secrets
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from deploy.local.ports import free_port
from deploy.local.postgres import private_postgres, superuser_url
from deploy.local.processes import Process, Running, Supervisor
from deploy.local.rabbit import Broker, own_broker
from deploy.local.rabbit_node import NodePorts

STARTS_WITHIN: Final = 120.0
SHORT_OF: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "memory": (("set_vm_memory_high_watermark", "0"), ("set_vm_memory_high_watermark", "0.2")),
    "disk": (("set_disk_free_limit", "9000000GB"), ("set_disk_free_limit", "50MB")),
}
"""What is told to the node so that its alarm goes off, and what lifts it."""


@dataclass(slots=True)
class Server:
    """One server process that may be ended in any way and comes back with its data."""

    process: Process
    supervisor: Supervisor
    running: Running | None = None

    async def start(self) -> None:
        """Returns when it answers."""
        began = self.supervisor.begin(self.process)
        self.running = began[0]
        await asyncio.to_thread(self.supervisor.await_ready, began, STARTS_WITHIN)

    async def end(self, by: signal.Signals) -> None:
        """The signal goes to the server alone; for SIGKILL to all of it, as when the machine fails."""
        assert self.running is not None
        one, self.running = self.running, None
        if by == signal.SIGKILL:
            _kill_family(one.child.pid)
        else:
            one.child.send_signal(by)
        await asyncio.to_thread(one.child.wait, 60)
        self.supervisor.running.remove(one)

    async def end_and_start(self, by: signal.Signals, away: float) -> None:
        """Gone for `away` seconds and as long as it takes to come back."""
        await self.end(by)
        await asyncio.sleep(away)
        await self.start()


def _kill_family(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


@dataclass(slots=True)
class Node(Server):
    """The broker: it may lose all it had, and run short of memory or disk."""

    folder: Path = Path()

    async def wipe_and_start(self, away: float) -> None:
        """Killed, its data folder removed: it comes back without a queue, a message, an exchange."""
        await self.end(signal.SIGKILL)
        await asyncio.to_thread(shutil.rmtree, self.folder / "mnesia")
        await asyncio.sleep(away)
        await self.start()

    @asynccontextmanager
    async def short_of(self, what: str) -> AsyncIterator[None]:
        """An alarm of `memory` or `disk`: until it is lifted the node takes nothing from who publishes."""
        goes_off, lifted = SHORT_OF[what]
        await self._tell(*goes_off)
        try:
            yield
        finally:
            await self._tell(*lifted)

    async def _tell(self, *words: str) -> None:
        *prefix, server = self.process.command
        told = await asyncio.create_subprocess_exec(
            *prefix, str(Path(server).with_name("rabbitmqctl")), *words,
            env=dict(self.process.environment), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(told.communicate(), 60)
        if told.returncode:
            raise RuntimeError(f"rabbitmqctl {' '.join(words)}: {said.decode(errors='replace')}")


def private_broker(folder: Path, supervisor: Supervisor) -> tuple[Broker, Node]:
    """A node of its own below `folder`, not started yet."""
    ports = NodePorts(free_port(), free_port(), free_port())
    broker = own_broker(folder, ports, secrets.token_hex(24), lambda _text: None)
    *before, node = broker.processes
    supervisor.start(*before)
    return broker, Node(node, supervisor, folder=folder / "rabbitmq")


@dataclass(slots=True)
class Servers:
    """Both servers in one folder. `start` before use, `stop` afterwards."""

    folder: Path
    supervisor: Supervisor = field(init=False)
    postgres: Server = field(init=False)
    rabbitmq: Node = field(init=False)
    broker: Broker = field(init=False)
    admin_url: str = field(init=False)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.folder)
        port, password = free_port(), secrets.token_urlsafe(24)
        self.postgres = Server(private_postgres(self.folder / "postgres", port, password), self.supervisor)
        self.admin_url = superuser_url(port, password)
        self.broker, self.rabbitmq = private_broker(self.folder, self.supervisor)

    async def start(self) -> None:
        await asyncio.gather(self.postgres.start(), self.rabbitmq.start())

    def stop(self) -> None:
        self.supervisor.stop()
