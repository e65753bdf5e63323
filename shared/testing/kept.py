"""Databases that serve one test after the other: what a test wrote is taken back, which takes a tenth of the
time that a new copy of the template takes."""

import io
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

MOST_GROWN: Final = 16 * 2**20
"""Bytes by which a database may be larger than a new one and still be worth the cleaning."""
_TABLES: Final = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1
"""
_SCHEMA: Final = """
WITH own AS (
    SELECT oid FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
),
relation AS (SELECT oid, xmin FROM pg_class WHERE relnamespace IN (SELECT oid FROM own))
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
    SELECT 'n' || oid AS line FROM own
    UNION ALL SELECT 'r' || oid || '/' || xmin FROM relation
    UNION ALL SELECT 'a' || attrelid || '/' || attnum || '/' || a.xmin
        FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid
    UNION ALL SELECT 't' || t.oid || '/' || t.xmin FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid
    UNION ALL SELECT 'p' || oid || '/' || xmin FROM pg_proc WHERE pronamespace IN (SELECT oid FROM own)
    UNION ALL SELECT 's' || setrole || array_to_string(setconfig, ',') FROM pg_db_role_setting
        JOIN pg_database d ON d.oid = setdatabase WHERE d.datname = current_database()
) AS lines
"""
_SEQUENCES: Final = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
_OTHERS_END: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class New:
    """What a database holds that nobody has used yet."""

    schema: str
    tables: list[str]
    rows: dict[str, bytes]
    size: int


@dataclass(slots=True)
class Kept:
    """The databases of one session on one server, by what they are copies of."""

    idle: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    new: dict[str, New] = field(default_factory=dict)


_SESSIONS: dict[str, Kept] = {}


@asynccontextmanager
async def keeping(admin_url: str) -> AsyncIterator[None]:
    """Meanwhile `fresh` gives databases of this server again and again; in the end they are dropped."""
    kept = _SESSIONS[admin_url] = Kept()
    try:
        yield
    finally:
        del _SESSIONS[admin_url]
        connection = await asyncpg.connect(admin_url)
        for name in [name for names in kept.idle.values() for name in names]:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()


def taken(admin_url: str, kind: str) -> str | None:
    """The name of an idle database of this kind, which nobody else is given."""
    kept = _SESSIONS.get(admin_url)
    return kept.idle[kind].pop() if kept and kept.idle[kind] else None


async def learn(admin_url: str, kind: str, url: str) -> None:
    """Remember what a database of this kind holds while it is new."""
    if (kept := _SESSIONS.get(admin_url)) and kind not in kept.new:
        connection = await asyncpg.connect(url)
        try:
            kept.new[kind] = await _seen(connection)
        finally:
            await connection.close()


async def given_back(admin_url: str, kind: str, name: str, url: str) -> bool:
    """Whether the database is as new again and kept; if not, whoever has it drops it."""
    kept = _SESSIONS.get(admin_url)
    if kept is None or kind not in kept.new:
        return False
    with suppress(asyncpg.PostgresError, OSError, TimeoutError):
        connection = await asyncpg.connect(url, timeout=10)
        try:
            if await _cleaned(connection, kept.new[kind]):
                kept.idle[kind].append(name)
                return True
        finally:
            await connection.close()
    return False


async def _seen(connection: asyncpg.Connection) -> New:
    tables = [row[0] for row in await connection.fetch(_TABLES)]
    rows: dict[str, bytes] = {}
    for table in tables:
        into = io.BytesIO()
        if await _copied(connection.copy_from_table(**_named(table), output=into, format="binary")):
            rows[table] = into.getvalue()
    return New(await connection.fetchval(_SCHEMA), tables, rows, await _size(connection))


async def _cleaned(connection: asyncpg.Connection, new: New) -> bool:
    """False where a test changed more than rows, or wrote so many that a copy is cheaper."""
    await connection.execute(_OTHERS_END)
    if await connection.fetchval(_SCHEMA) != new.schema or await _size(connection) > new.size + MOST_GROWN:
        return False
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
        await connection.execute(";".join(f"DELETE FROM {table}" for table in new.tables))  # noqa: S608
        for table, rows in new.rows.items():
            await connection.copy_to_table(**_named(table), source=io.BytesIO(rows), format="binary")
        await connection.execute(_SEQUENCES)
    return True


async def _size(connection: asyncpg.Connection) -> int:
    size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    return size


def _named(table: str) -> dict[str, Any]:
    schema, _, name = table.partition(".")
    return {"schema_name": schema, "table_name": name}


async def _copied(copying: Awaitable[str]) -> int:
    """How many rows."""
    return int((await copying).rpartition(" ")[2])
