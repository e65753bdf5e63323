"""Servers for a test session, whichever are found: given, answering on the standard port, or private ones.

A session keeps to databases of its own, which its fixtures make and drop, and to a virtual host of its own,
which is made and dropped here. What a killed session left behind, servers included, the next one ends.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import asyncpg
import psutil

from deploy.local.places import state_folder
from deploy.local.portal import end_all, forget
from deploy.local.ports import free_port
from deploy.local.postgres import private_postgres, superuser_url
from deploy.local.processes import Supervisor
from deploy.local.rabbit import Broker, find_broker
from deploy.local.rabbit_node import NodePorts
from deploy.local.record import ProcessRecord

T = TypeVar("T")
STANDARD_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"


@contextmanager
def postgres_for_tests(*, own: bool = False) -> Iterator[str]:
    """The URL of an administrator (superuser) of a PostgreSQL; may be called inside a running event loop.

    With `own` a server on the standard port is passed over: who measures must know what it is set to.
    """
    if given := os.environ.get("PORTAL_POSTGRES_URL"):
        yield given
    elif not own and _apart(lambda: asyncio.run(_lets_in(STANDARD_POSTGRES))):
        yield STANDARD_POSTGRES
    else:
        with fresh_postgres() as url:
            yield url


@contextmanager
def fresh_postgres() -> Iterator[str]:
    """The URL of a superuser of a server made now: it has had no transaction of anybody's."""
    port, password = free_port(), secrets.token_urlsafe(24)
    with _session("postgres") as (folder, supervisor):
        supervisor.start(private_postgres(folder, port, password))
        yield superuser_url(port, password)


@contextmanager
def rabbitmq_for_tests() -> Iterator[Broker]:
    """A broker (`url`, `name_prefix`) for this session; may be called inside a running event loop."""
    ports, password = NodePorts(free_port(), free_port(), free_port()), secrets.token_hex(24)
    with _session("rabbitmq") as (folder, supervisor):
        try:
            broker = _apart(lambda: find_broker(os.environ, folder, ports, password, lambda text: None))
            for process in broker.processes:
                supervisor.start(process, within=90)
            yield broker
        finally:
            _apart(lambda: forget(folder))


@contextmanager
def _session(kind: str) -> Iterator[tuple[Path, Supervisor]]:
    """A folder that names its session's process, and what runs in it; both gone in the end."""
    tests = state_folder() / "test"
    tests.mkdir(exist_ok=True)
    _apart(lambda: sweep(tests))
    prefix = f"{kind}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=tests, ignore_cleanup_errors=True) as name:
        supervisor = Supervisor(Path(name))
        try:
            yield Path(name), supervisor
        finally:
            supervisor.stop()


def sweep(tests: Path) -> None:
    """End what sessions left whose process is gone: their servers, virtual hosts and folders."""
    for folder in (*tests.glob("postgres-*-*"), *tests.glob("rabbitmq-*-*")):
        if not psutil.pid_exists(int(folder.name.split("-")[1])):
            end_all(ProcessRecord(folder / "processes.json"))
            forget(folder)
            shutil.rmtree(folder, ignore_errors=True)


async def _lets_in(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=3)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


def _apart(work: Callable[[], T]) -> T:
    """Run in a thread, where no event loop runs yet."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
