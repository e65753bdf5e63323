"""Numbered SQL files, applied in order, each in a transaction, under an advisory lock.

`{app}` in a file stands for the role of the running service. A file once applied may not change: its
digest is checked at each run.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

LOCK: Final = 0x706F7274616C
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    source text NOT NULL, number integer NOT NULL, digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (source, number))
"""
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")


class MigrationChanged(RuntimeError):
    """A file that was applied before has another content now."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of one source (the kernel, or the service)."""

    source: str
    number: int
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def find(source: str, folder: Path) -> list[Migration]:
    """The numbered files of a folder, in order; empty where there is none. Raises MigrationChanged."""
    found = [(match, path) for path in sorted(folder.glob("*.sql")) if (match := _NAME.match(path.name))]
    if len({match[1] for match, _ in found}) < len(found):
        raise MigrationChanged(f"two files of {source} have the same number")
    return [Migration(source, int(match[1]), path.read_text()) for match, path in found]


async def apply(
    connection: asyncpg.Connection, migrations: list[Migration], app_role: str
) -> list[Migration]:
    """Applies what is missing and returns it. Raises MigrationChanged, asyncpg.PostgresError."""
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await connection.execute(_TABLE)
        rows = await connection.fetch("SELECT source, number, digest FROM schema_migration")
        known = {(row["source"], row["number"]): row["digest"] for row in rows}
        return [m for m in migrations if await _apply_one(connection, m, known, app_role)]
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def _apply_one(
    connection: asyncpg.Connection, migration: Migration, known: dict[tuple[str, int], str], app_role: str
) -> bool:
    digest = known.get((migration.source, migration.number))
    if digest == migration.digest:
        return False
    if digest is not None:
        raise MigrationChanged(f"{migration.source} {migration.number:04} was changed after it was applied")
    async with connection.transaction():
        await connection.execute(migration.text.replace("{app}", f'"{app_role}"'))
        await connection.execute(
            "INSERT INTO schema_migration (source, number, digest) VALUES ($1, $2, $3)",
            migration.source, migration.number, migration.digest,
        )  # fmt: skip
    return True


async def pending(
    connection: asyncpg.Connection | asyncpg.Pool, migrations: list[Migration]
) -> list[Migration]:
    """What the database still lacks; the start-up probe asks this."""
    if await connection.fetchval("SELECT to_regclass('schema_migration')") is None:
        return migrations
    rows = await connection.fetch("SELECT source, number FROM schema_migration")
    known = {(row["source"], row["number"]) for row in rows}
    return [m for m in migrations if (m.source, m.number) not in known]
