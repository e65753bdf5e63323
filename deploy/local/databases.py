"""Gives each service two databases (log, keys) and two roles (owner: DDL; app: what migrations grant)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.local.places import CannotStart


@dataclass(frozen=True)
class ServiceDatabases:
    """Connection URLs of one service: the running service uses the app's, its migrations the owner's."""

    app: str
    app_keys: str
    owner: str
    owner_keys: str
    are_new: bool = False  # made just now, so nothing is in them


async def provide_databases(
    admin_url: str, services: Iterable[str], password_of: Callable[[str], str], prefix: str = ""
) -> dict[str, ServiceDatabases]:
    """Create what is missing for these services, set each role's password, return the URLs by service.

    `admin_url` is a superuser or a role with CREATEDB and CREATEROLE; `password_of` is asked with the role's
    name; `prefix` goes before every database and role, so that installations can share a server.
    """
    try:
        connection = await asyncpg.connect(admin_url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise CannotStart(
            f"PostgreSQL does not let us in at {without_password(admin_url)}: {error}."
        ) from error
    try:
        return {name: await _provide(connection, admin_url, name, password_of, prefix) for name in services}
    except asyncpg.InsufficientPrivilegeError as error:
        raise CannotStart(
            f"The role of {without_password(admin_url)} needs CREATEDB and CREATEROLE: {error}."
        ) from error
    finally:
        await connection.close()


async def _provide(
    connection: "asyncpg.Connection[asyncpg.Record]",
    admin_url: str,
    service: str,
    password_of: Callable[[str], str],
    prefix: str,
) -> ServiceDatabases:
    database = f"{prefix}portal_{service}"
    owner, app = f"{database}_owner", f"{database}_app"
    for role in (owner, app):
        await _role(connection, role, password_of(role))
    await _execute(connection, "GRANT %I TO CURRENT_USER", owner)
    are_new = False
    for name in (database, f"{database}_keys"):
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await _execute(connection, "CREATE DATABASE %I OWNER %I", name, owner)
            are_new = True
        await _execute(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
        await _execute(connection, "GRANT CONNECT ON DATABASE %I TO %I", name, app)
    return ServiceDatabases(
        app=_url(admin_url, app, password_of(app), database),
        app_keys=_url(admin_url, app, password_of(app), f"{database}_keys"),
        owner=_url(admin_url, owner, password_of(owner), database),
        owner_keys=_url(admin_url, owner, password_of(owner), f"{database}_keys"),
        are_new=are_new,
    )


async def _role(connection: "asyncpg.Connection[asyncpg.Record]", role: str, password: str) -> None:
    known = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
    await _execute(
        connection, ("ALTER" if known else "CREATE") + " ROLE %I LOGIN PASSWORD %L", role, password
    )


async def _execute(connection: "asyncpg.Connection[asyncpg.Record]", template: str, *values: str) -> None:
    """Run a statement that takes no parameters; the server quotes identifiers (%I) and literals (%L)."""
    places = ", ".join(f"${number}::text" for number in range(2, len(values) + 2))
    await connection.execute(await connection.fetchval(f"SELECT format($1, {places})", template, *values))


def _url(admin_url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}", path=f"/{database}"))


def without_password(url: str) -> str:
    """The URL fit for a message: user, host and path, never the password."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return f"{parts.scheme}://{user}{parts.hostname}:{parts.port or ''}{parts.path}"
