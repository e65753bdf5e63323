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
from shared.testing import kept

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
    """Two databases for `service` as new as its migrations leave them, gone or given back at the end.
    `admin_url` may create databases and roles.

    They are copied from migrated templates, which are made once for each state of the migrations.
    """
    log_files = [
        *migrations.find("kernel", KERNEL_MIGRATIONS),
        *migrations.find(service.name, service.migrations),
    ]
    async with (
        _database(admin_url, f"portal_test_{service.name}_log", log_files) as log,
        _database(
            admin_url, f"portal_test_{service.name}_keys", migrations.find("keys", KEYS_MIGRATIONS)
        ) as keys,
    ):
        yield Databases(as_app(log), as_app(keys), log, keys)


@asynccontextmanager
async def _database(admin_url: str, prefix: str, files: list[migrations.Migration]) -> AsyncIterator[str]:
    """Its owner's URL."""
    kind = f"{prefix}_{_digest(files)}"
    name = kept.taken(admin_url, kind)
    if name is None:
        template, name = await _template(admin_url, files), f"{prefix}_{uuid4().hex[:10]}"
        await _execute(admin_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = at(admin_url, name)
    try:
        await kept.learn(admin_url, kind, url)
        yield url
    finally:
        if not await kept.given_back(admin_url, kind, name, url):
            await _execute(admin_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _digest(files: list[migrations.Migration]) -> str:
    return hashlib.sha256("".join(m.digest for m in files).encode()).hexdigest()[:16]


async def _template(admin_url: str, files: list[migrations.Migration]) -> str:
    """The name of a database with these migrations; made under a lock if it is not there."""
    name = f"portal_test_template_{_digest(files)}"
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
