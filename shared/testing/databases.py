"""Fresh databases for a service on a real server: migrated as the owner, used as the restricted role."""

import asyncio
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


@dataclass(frozen=True, slots=True)
class Databases:
    """Addresses of one service's log and keys, as the running service and as the owner."""

    log: str
    keys: str
    owner_log: str
    owner_keys: str


@asynccontextmanager
async def fresh(admin_url: str, service: Service) -> AsyncIterator[Databases]:
    """Two new databases for `service`, dropped at the end. `admin_url` may create databases and roles."""
    mark = uuid4().hex[:10]
    names = [f"portal_test_{service.name}_{mark}", f"portal_test_{service.name}_keys_{mark}"]
    log_files = [
        *migrations.find("kernel", KERNEL_MIGRATIONS),
        *migrations.find(service.name, service.migrations),
    ]
    await _create(admin_url, names)
    try:
        await _migrate(at(admin_url, names[0]), log_files)
        await _migrate(at(admin_url, names[1]), migrations.find("keys", KEYS_MIGRATIONS))
        log, keys = [as_app(at(admin_url, name)) for name in names]
        yield Databases(log, keys, at(admin_url, names[0]), at(admin_url, names[1]))
    finally:
        await _drop(admin_url, names)


def at(url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def as_app(url: str) -> str:
    """The same database as the role of a running service."""
    parts = urlsplit(url)
    place = f"{parts.hostname or '127.0.0.1'}:{parts.port or 5432}"
    return urlunsplit(parts._replace(netloc=f"{APP_ROLE}:{APP_PASSWORD}@{place}"))


async def _create(admin_url: str, names: list[str]) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):  # another run made it
            await connection.execute(f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{APP_PASSWORD}'")
        for name in names:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    finally:
        await connection.close()


async def _migrate(url: str, files: list[migrations.Migration]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await migrations.apply(connection, files, APP_ROLE)
    finally:
        await connection.close()


async def _drop(admin_url: str, names: list[str]) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        for name in names:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await asyncio.sleep(0)
    finally:
        await connection.close()
