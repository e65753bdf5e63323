"""The whole portal on this machine, started step by step and stopped in the reverse order."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.local.databases import provide_databases, without_password
from deploy.local.fonts import install as install_fonts
from deploy.local.migrated import MigrationStamps
from deploy.local.places import CannotStart
from deploy.local.ports import ports, require_free
from deploy.local.postgres import private_postgres, superuser_url
from deploy.local.processes import Running, Supervisor, accepts_tcp, end
from deploy.local.progress import Progress
from deploy.local.rabbit import STANDARD_PORT, Broker, find_broker, own_name
from deploy.local.rabbit_node import AMQP_GREETING, NodePorts
from deploy.local.rabbit_shared import remove_virtual_host
from deploy.local.record import ProcessRecord
from deploy.local.secrets import LOGS, Secrets
from deploy.local.services import SERVICES, Stack, assets, migration, seeding
from deploy.local.whereabouts import Whereabouts, forget_whereabouts

OURSELVES = "portal"  # the supervisor's own name in the record


class Portal:
    """One run of everything. Call `start`, then `watch` until it says what ended, and always `stop`."""

    def __init__(self, state: Path, progress: Progress, environment: Mapping[str, str] = os.environ) -> None:
        self._state, self._progress, self._environment = state, progress, environment
        self._record = ProcessRecord(state / "processes.json")
        self._supervisor = Supervisor(state)
        self.secrets = Secrets(state / "secrets")

    def start(self) -> Stack:
        """Start everything that is not given; returns where it all is. Raises CannotStart."""
        self._claim()
        chosen = ports(self._environment)
        require_free(chosen, [service.name for service in SERVICES] + ["smtp"])
        with self._progress.step("secrets"):
            self.secrets.generate()
        broker, node = self._begin_broker(chosen)
        with self._progress.step("PostgreSQL") as say:
            admin_url = self._postgres(chosen)
            say(without_password(admin_url))
        with self._progress.step("databases and roles"):
            prefix = self._environment.get("PORTAL_DATABASE_PREFIX", "")
            databases = asyncio.run(
                provide_databases(admin_url, LOGS, self.secrets.database_password, prefix)
            )
        stack = Stack(self._state, chosen, broker, databases)
        self._prepare(stack)
        self._start_services(stack, node)
        Whereabouts(stack.ports, stack.broker.url, stack.broker.name_prefix).save(self._state)
        return stack

    def died(self) -> Running | None:
        return self._supervisor.died()

    def stop(self) -> None:
        """Stop what was started, last first; nothing of it is left afterwards."""
        if self._supervisor.running:
            with self._progress.step("stopped") as say:
                self._supervisor.stop(say)
                say("everything")
        if any(entry.pid == os.getpid() for entry in self._record.all()):
            self._record.clear()
            forget_whereabouts(self._state)

    def _claim(self) -> None:
        """Be the one run of this state folder; end what a killed run left behind."""
        left = self._record.alive()
        if any(entry.name == OURSELVES for entry in left):
            raise CannotStart("The portal runs already: `make status` shows where, `make stop` ends it.")
        end_all(self._record)
        self._record.add(OURSELVES, os.getpid())

    def _begin_broker(self, chosen: Mapping[str, int]) -> tuple[Broker, list[Running]]:
        """A private node takes seconds to start: begin it first, wait for it last."""
        names = ("rabbitmq", "rabbitmq_dist", "rabbitmq_epmd")
        with self._progress.step("RabbitMQ") as say:
            node_ports = NodePorts(*(chosen[name] for name in names))
            password = self.secrets.broker_password()
            broker = find_broker(self._environment, self._state, node_ports, password, say)
            say(broker.described)
            if not broker.processes:
                return broker, []
            require_free(chosen, names)
            *first, node = broker.processes
            self._supervisor.start(*first)
            return broker, self._supervisor.begin(node)

    def _postgres(self, chosen: Mapping[str, int]) -> str:
        if given := self._environment.get("PORTAL_POSTGRES_URL"):
            return given
        require_free(chosen, ["postgres"])
        password = self.secrets.database_password("superuser")
        self._supervisor.start(private_postgres(self._state / "postgres", chosen["postgres"], password))
        return superuser_url(chosen["postgres"], password)

    def _prepare(self, stack: Stack) -> None:
        with self._progress.step("web assets"):
            self._supervisor.complete(assets(), within=600)
        with self._progress.step("document fonts"):
            install_fonts(stack.state / "fonts")
        with self._progress.step("migrations") as say:
            self._migrate(stack, say)

    def _is_to_be_seeded(self, stack: Stack) -> bool:
        """Whether these accounts were not made yet in this database."""
        mark = self._state / "seeded"
        is_done = mark.exists() and mark.read_text() == self.secrets.demo_accounts_digest()
        return stack.databases["identity"].are_new or not is_done

    def _migrate(self, stack: Stack, say: Callable[[str], None]) -> None:
        """Each takes a Python process and seconds of imports: run those that have something to do."""
        stamps = MigrationStamps(self._state / "migrated.json")
        outdated = stamps.outdated(stack.databases)
        self._supervisor.complete(*(migration(stack, name) for name in outdated))
        stamps.note(stack.databases, outdated)
        say(", ".join(outdated) or "nothing new")

    def _start_services(self, stack: Stack, node: list[Running]) -> None:
        """The processes need no broker to begin with, so they do not wait for a node that is starting."""
        with self._progress.step("processes") as say:
            started = self._supervisor.begin(*(service.process(stack) for service in SERVICES))
            self._supervisor.await_ready([*node, *started], within=120, say=say)
            say(", ".join(service.name for service in SERVICES))
        if self._is_to_be_seeded(stack):
            with self._progress.step("demo accounts"):
                self._supervisor.complete(seeding(stack))
                (self._state / "seeded").write_text(self.secrets.demo_accounts_digest())


def forget(state: Path) -> None:
    """What lies outside the state folder: our virtual host on a RabbitMQ that is not ours."""
    if accepts_tcp(STANDARD_PORT, AMQP_GREETING)():
        remove_virtual_host(STANDARD_PORT, own_name(state))


def end_all(record: ProcessRecord) -> list[str]:
    """End what the record names and still runs: the run itself, which ends the rest, then what is left."""
    ended = []
    entries = record.alive()
    for entry in [*entries[:1], *reversed(entries[1:])]:
        if entry.is_alive():
            end(entry.pid, entry.stops_on, 90 if entry.name == OURSELVES else 15)
            ended.append(entry.name)
    record.clear()
    return ended
