"""The whole portal for the journeys: each part a process, on free ports, in an own state folder."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import aio_pika
import asyncpg
import httpx
import psutil
import yaml

from deploy.local.databases import ServiceDatabases
from deploy.local.demo.journey import Addresses
from deploy.local.fonts import install as install_fonts
from deploy.local.places import state_folder
from deploy.local.ports import DEFAULT_PORTS, free_port
from deploy.local.processes import Process, Running, Supervisor
from deploy.local.rabbit import Broker
from deploy.local.secrets import LOGS, Secrets
from deploy.local.services import SERVICES, Stack, assets, seeding
from services.applications.catalogue.loading import HERE as CATALOGUE
from services.applications.wiring import SERVICE as APPLICATIONS
from services.documents.wiring import SERVICE as DOCUMENTS
from services.identity.wiring import SERVICE as IDENTITY
from services.payments.wiring import SERVICE as PAYMENTS
from shared.settings import ServiceSettings
from shared.testing.databases import Databases, fresh

S = TypeVar("S", bound=ServiceSettings)

WITH_LOG: Final = (IDENTITY, APPLICATIONS, PAYMENTS, DOCUMENTS)
THIRD: Final = "besucherparkausweis"
QUICKER: Final[Mapping[str, Mapping[str, str]]] = {
    "identity": {"PORTAL_ARGON2_PASSES": "1", "PORTAL_ARGON2_MEMORY_KIB": "8192"},
    "applications": {"PORTAL_REGISTER_TRIES": "2"},
}
"""Settings that shorten the tests: cheap hashes, and a silent register given up after a second."""


@dataclass
class Stage:
    """The running portal, as an operator sees it: processes, databases, broker."""

    stack: Stack
    secrets: Secrets
    owners: Mapping[str, str]
    supervisor: Supervisor
    outside: httpx.AsyncClient
    pools: dict[str, "asyncpg.Pool[asyncpg.Record]"] = field(default_factory=dict)
    tell: "Tell" = field(default_factory=lambda: told)

    @property
    def addresses(self) -> Addresses:
        url = self.stack.url
        return Addresses(url("gateway"), url("mailbox"), url("girocheckout"), url("bank"))

    @property
    def exchange(self) -> str:
        return f"{self.stack.broker.name_prefix}portal.events"

    async def query(self, service: str, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Rows of a service's database, asked as its owner."""
        return list(await self.pools[service].fetch(statement, *values))

    def process(self, name: str) -> Running:
        return next(one for one in self.supervisor.running if one.process.name == name)

    @contextmanager
    def standing_still(self, name: str) -> Iterator[None]:
        """The process does nothing meanwhile (SIGSTOP)."""
        process = psutil.Process(self.process(name).child.pid)
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    def kill(self, name: str) -> None:
        """SIGKILL, as when the machine loses a process."""
        one = self.process(name)
        one.child.kill()
        one.child.wait()
        self.supervisor.running.remove(one)

    async def start(self, name: str) -> None:
        """Starts one process again and waits until it is ready."""
        service = next(service for service in SERVICES if service.name == name)
        process = self.tell(service.process(self.stack), self.stack.state)
        await asyncio.to_thread(self.supervisor.start, process, within=90)

    def settings_of(self, name: str, model: type[S]) -> S:
        """What a running process was told."""
        one = self.process(name)
        told = {
            variable.removeprefix("PORTAL_").lower(): value
            for variable, value in one.process.environment.items()
            if variable.startswith("PORTAL_")
        }
        return model.model_validate(told)


Tell = Callable[[Process, Path], Process]
"""What a process of the stage is told beside what every portal tells it; the folder is the stage's."""


def told(process: Process, state: Path) -> Process:
    """The process with the settings of these tests."""
    more = dict(QUICKER.get(process.name, {}))
    if process.name == "applications":
        more["PORTAL_CATALOGUE"] = str(state / "catalogue")
    return replace(process, environment={**process.environment, **more})


def write_catalogue(folder: Path) -> None:
    """The city's services, and a third that somebody made as README says, from a copied file."""
    shutil.copytree(CATALOGUE / "data", folder)
    copied = yaml.safe_load((folder / "bewohnerparkausweis" / "v1.yaml").read_text("utf-8"))
    copied |= {"key": THIRD, "number_prefix": "BSU", "reservations": []}
    copied["title"]["de"] = "Besucherparkausweis beantragen"
    copied["result"] |= {"number_prefix": "BSU"}
    copied["result"]["title"]["de"] = "Besucherparkausweis"
    copied["printed"] |= {"subject": "Besucherparken", "notes": ["Der Ausweis gilt für Ihren Besuch."]}
    (folder / THIRD).mkdir()
    text = yaml.safe_dump(copied, allow_unicode=True)
    (folder / THIRD / "v1.yaml").write_text(text, "utf-8")


@asynccontextmanager
async def staged(state: Path, admin_url: str, amqp_url: str, tell: Tell = told) -> AsyncIterator[Stage]:
    """Everything running in `state`; nothing of it is left afterwards."""
    async with AsyncExitStack() as leaving:
        made = await asyncio.gather(
            *(leaving.enter_async_context(fresh(admin_url, service)) for service in WITH_LOG)
        )
        databases = dict(zip(LOGS, made, strict=True))
        broker = Broker(amqp_url, "the tests' broker", f"journeys-{secrets.token_hex(4)}.")
        leaving.push_async_callback(_clean_up, broker)
        stack = Stack(state, _free_ports(), broker, {name: _urls(one) for name, one in databases.items()})
        owners = {name: one.owner_log for name, one in databases.items()}
        outside = await leaving.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=30))
        supervisor = Supervisor(state)
        stage = Stage(stack, Secrets(state / "secrets"), owners, supervisor, outside, tell=tell)
        leaving.push_async_callback(asyncio.to_thread, _stop, stage.supervisor)
        await asyncio.to_thread(_start, stage)
        for name, url in owners.items():
            stage.pools[name] = await leaving.enter_async_context(
                asyncpg.create_pool(url, min_size=0, max_size=2)
            )
        yield stage


def _start(stage: Stage) -> None:
    stage.secrets.generate()
    (stage.stack.state / "fonts").symlink_to(install_fonts(state_folder() / "fonts"))
    write_catalogue(stage.stack.state / "catalogue")
    state = stage.stack.state
    *others, gateway = [stage.tell(service.process(stage.stack), state) for service in SERVICES]
    started = stage.supervisor.begin(*others)
    stage.supervisor.complete(assets(), stage.tell(seeding(stage.stack), state), within=600)
    started += stage.supervisor.begin(gateway)
    stage.supervisor.await_ready(started, within=120)


def _stop(supervisor: Supervisor) -> None:
    """All at once: nobody looks any more."""
    for one in supervisor.running:
        one.child.send_signal(one.process.stops_on)
    supervisor.stop()


def _free_ports() -> dict[str, int]:
    found: set[int] = set()
    while len(found) < len(DEFAULT_PORTS):
        found.add(free_port())
    return dict(zip(DEFAULT_PORTS, sorted(found), strict=True))


def _urls(made: Databases) -> ServiceDatabases:
    return ServiceDatabases(made.log, made.keys, made.owner_log, made.owner_keys, are_new=True)


async def _clean_up(broker: Broker) -> None:
    """Quorum queues outlive their consumers: take ours away."""
    async with await aio_pika.connect(broker.url, timeout=10) as connection:
        channel = await connection.channel()
        for name in LOGS:
            for queue in (f"{name}.events", f"{name}.events.dead"):
                await channel.queue_delete(f"{broker.name_prefix}{queue}")
        await channel.exchange_delete(f"{broker.name_prefix}portal.events")
