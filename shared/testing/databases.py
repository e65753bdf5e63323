"""Fresh databases for a service on a real server: migrated as the owner, used as the restricted role."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from shared import migrations
from shared.service import KERNEL_MIGRATIONS, KEYS_MIGRATIONS, Service

APP_ROLE: Final = "portal_test_app"
APP_PASSWORD: Final = "portal-test"
TEMPLATE_LOCK: Final = 0x74656D706C


@dataclass(frozen=True, slots=True)
class Databases:
    """Addresses of one service's log and keys, as the running service and as the owner."""

    log: str
    keys: str
    owner_log: str
    owner_keys: str


@asynccontextmanager
async def fresh(admin_url: str, service: Service) -> AsyncIterator[Databases]:
    """Two new databases for `service`, dropped at the end. `admin_url` may create databases and roles.

    They are copied from migrated templates, which are made once for each state of the migrations.
    """
    log_files = [
        *migrations.find("kernel", KERNEL_MIGRATIONS),
        *migrations.find(service.name, service.migrations),
    ]
    keys_files = migrations.find("keys", KEYS_MIGRATIONS)
    names = []
    try:
        for kind, files in (("log", log_files), ("keys", keys_files)):
            template = await _template(admin_url, files)
            name = f"portal_test_{service.name}_{kind}_{uuid4().hex[:10]}"
            await _execute(admin_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            names.append(name)
        log, keys = [as_app(at(admin_url, name)) for name in names]
        yield Databases(log, keys, at(admin_url, names[0]), at(admin_url, names[1]))
    finally:
        for name in names:
            await _execute(admin_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _template(admin_url: str, files: list[migrations.Migration]) -> str:
    """The name of a database with these migrations; made under a lock if it is not there."""
    digest = hashlib.sha256("".join(m.digest for m in files).encode()).hexdigest()[:16]
    name = f"portal_test_template_{digest}"
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", TEMPLATE_LOCK)
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            with suppress(asyncpg.DuplicateObjectError):
                await connection.execute(f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{APP_PASSWORD}'")
            unready = f"{name}_{uuid4().hex[:6]}"
            await connection.execute(f'CREATE DATABASE "{unready}" TEMPLATE template0')
            await _migrate(at(admin_url, unready), files)
            await connection.execute(f'ALTER DATABASE "{unready}" RENAME TO "{name}"')
    finally:
        await connection.close()
    return name


def at(url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def as_app(url: str) -> str:
    """The same database as the role of a running service."""
    parts = urlsplit(url)
    place = f"{parts.hostname or '127.0.0.1'}:{parts.port or 5432}"
    return urlunsplit(parts._replace(netloc=f"{APP_ROLE}:{APP_PASSWORD}@{place}"))


async def _migrate(url: str, files: list[migrations.Migration]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await migrations.apply(connection, files, APP_ROLE)
    finally:
        await connection.close()


async def _execute(admin_url: str, statement: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
