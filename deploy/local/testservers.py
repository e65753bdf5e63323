"""Servers for a test session, whichever are found: given, answering on the standard port, or private ones.

What is private lies in `.portal/test` and is gone when the session ends. On a server that others
use, tests keep to databases and names of their own; who makes them, drops them.
"""

import asyncio
import os
import secrets
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from deploy.local.places import state_folder
from deploy.local.ports import free_port
from deploy.local.postgres import private_postgres, superuser_url
from deploy.local.processes import Supervisor
from deploy.local.rabbit import Broker, find_broker
from deploy.local.rabbit_node import NodePorts

T = TypeVar("T")

STANDARD_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"


@contextmanager
def postgres_for_tests() -> Iterator[str]:
    """The URL of an administrator (superuser) of a PostgreSQL; may be called inside a running event loop."""
    if given := os.environ.get("PORTAL_POSTGRES_URL"):
        yield given
    elif _apart(_lets_in(STANDARD_POSTGRES)):
        yield STANDARD_POSTGRES
    else:
        port, password = free_port(), secrets.token_urlsafe(24)
        with _session_folder("postgres") as folder, _running(folder) as supervisor:
            supervisor.start(private_postgres(folder, port, password))
            yield superuser_url(port, password)


@contextmanager
def rabbitmq_for_tests() -> Iterator[Broker]:
    """A broker (`url`, `name_prefix`); may be called inside a running event loop.

    Its virtual host is shared by all test sessions of this checkout: names need a part of the session's own
    too.
    """
    ports = NodePorts(free_port(), free_port(), free_port())
    with _session_folder("rabbitmq") as folder, _running(folder) as supervisor:
        broker = _apart(_found(folder, ports))
        for process in broker.processes:
            supervisor.start(process, within=90)
        yield broker


async def _found(folder: Path, ports: NodePorts) -> Broker:
    def find() -> Broker:
        password = secrets.token_hex(24)
        return find_broker(os.environ, folder.parent, ports, password, lambda text: None, node_folder=folder)

    return await asyncio.to_thread(find)


async def _lets_in(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=3)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


def _apart(work: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def _session_folder(name: str) -> Iterator[Path]:
    tests = state_folder() / "test"
    tests.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=tests, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _running(folder: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(folder)
    try:
        yield supervisor
    finally:
        supervisor.stop()
