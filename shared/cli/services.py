"""Finds a service by name without the kernel importing one: by its module's place."""

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, cast

import asyncpg
import typer

from shared.service import Service

Name = Annotated[str, typer.Argument(metavar="SERVICE", help="identity, applications, payments or documents")]
NAMES = ("identity", "applications", "payments", "documents")


class NoSuchService(LookupError):
    """No service has this name here."""


def find(name: str) -> Service:
    """The `SERVICE` of `services.<name>.wiring`. Raises NoSuchService."""
    try:
        module = importlib.import_module(f"services.{name}.wiring")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("services"):
            raise
        raise NoSuchService(f"There is no service {name!r} here; known: {', '.join(NAMES)}.") from error
    return cast(Service, module.SERVICE)


def own_commands() -> Iterator[tuple[str, typer.Typer]]:
    """What a service adds to the command line: the `app` of `services.<name>.cli`, where there is one."""
    for name in NAMES:
        try:
            module = importlib.import_module(f"services.{name}.cli")
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("services"):
                raise
            continue
        yield name, module.app


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a command reaches a service's databases: the owner for migrations, else the service's role."""

    database: str
    keys: str

    @classmethod
    def of_owner(cls) -> "Addresses":
        """From PORTAL_OWNER_DATABASE_URL and PORTAL_OWNER_KEYS_DATABASE_URL. Raises KeyError."""
        return cls(os.environ["PORTAL_OWNER_DATABASE_URL"], os.environ["PORTAL_OWNER_KEYS_DATABASE_URL"])


def database_url() -> str:
    """The service's own database, as the service sees it. Raises KeyError."""
    return os.environ["PORTAL_DATABASE_URL"]


def app_role(default: str) -> str:
    """The role that a running service uses, granted by the migrations: PORTAL_APP_ROLE or the default."""
    return os.environ.get("PORTAL_APP_ROLE", default)


async def fetch(query: str, *args: Any) -> list[Any]:
    """The rows of one query on the service's own database. Raises KeyError, asyncpg's errors, OSError."""
    connection = await asyncpg.connect(database_url())
    try:
        return list(await connection.fetch(query, *args))
    finally:
        await connection.close()
