"""Rebuild of a read model: fold the log into a second table beside the live one, compare, swap."""

import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from rich.console import Console

from shared.cli.services import Addresses
from shared.keys import KeyRing
from shared.log import LogReader
from shared.log.append import Append, Row, Table
from shared.log.statement import compose
from shared.service import Service

FLUSH = 100


class NoSuchTable(LookupError):
    """The service has no read model of this name that its events stand for."""


async def rebuild(service: Service, name: str, console: Console) -> None:
    """As the owner: builds `<name>_rebuilt`, prints both checksums, and swaps when they differ."""
    table = service.projections.tables.get(name)
    if table is None:
        known = ", ".join(sorted(service.projections.tables))
        raise SystemExit(f"{service.name} has no read model {name!r}; it has: {known}")
    owner = Addresses.of_owner()
    pool = await asyncpg.create_pool(owner.database, min_size=1, max_size=2)
    keys_pool = await asyncpg.create_pool(owner.keys, min_size=1, max_size=1)
    try:
        keys = KeyRing(keys_pool, _master_key(), service.name)
        await _build(service, table, pool, keys, console)
        await _compare_and_swap(table, pool, console)
    finally:
        await pool.close()
        await keys_pool.close()


def _master_key() -> bytes:
    return b64decode((Path(os.environ["PORTAL_SECRETS_DIR"]) / "master_key").read_text())


async def _build(service: Service, table: Table, pool: asyncpg.Pool, keys: KeyRing, console: Console) -> None:
    copy = f"{table.name}_rebuilt"
    await pool.execute(f"DROP TABLE IF EXISTS {copy}")
    await pool.execute(f"CREATE TABLE {copy} (LIKE {table.name} INCLUDING ALL)")
    beside = Table(copy, table.key, table.columns)
    append, count = Append(), 0
    with console.status(f"folding the log of {service.name}") as status:
        async for recorded in LogReader(pool, keys).everything():
            key = await keys.find(recorded.meta.subject) if recorded.meta.subject else None
            for row in service.projections.rows(recorded.event, recorded.meta, key):
                if row.table.name == table.name:
                    append.put(Row(beside, row.key, row.values))
            count += 1
            if len(append.rows) >= FLUSH:
                append = await _write(pool, append)
                status.update(f"{count} events folded")
        await _write(pool, append)
    console.print(f"{count} events folded into {copy}")


async def _write(pool: asyncpg.Pool, append: Append) -> Append:
    if append.rows:
        statement = compose([append], epoch=0)
        await pool.execute(statement.text, *statement.args)
    return Append()


async def _compare_and_swap(table: Table, pool: asyncpg.Pool, console: Console) -> None:
    live, rebuilt = [await checksum(pool, t, table) for t in (table.name, f"{table.name}_rebuilt")]
    console.print(f"live     {live}\nrebuilt  {rebuilt}")
    if live == rebuilt:
        await pool.execute(f"DROP TABLE {table.name}_rebuilt")
        console.print("The read model equals the fold of the events.")
        return
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE")
        await connection.execute(f"ALTER TABLE {table.name} RENAME TO {table.name}_before")
        await connection.execute(f"ALTER TABLE {table.name}_rebuilt RENAME TO {table.name}")
        await _copy_grants(connection, table.name)
    console.print(f"Swapped; the old rows are in {table.name}_before.")


async def _copy_grants(connection: Any, name: str) -> None:
    rows = await connection.fetch(
        "SELECT grantee, privilege_type FROM information_schema.role_table_grants WHERE table_name = $1",
        f"{name}_before",
    )
    for row in rows:
        await connection.execute(f'GRANT {row["privilege_type"]} ON {name} TO "{row["grantee"]}"')


async def checksum(pool: asyncpg.Pool, name: str, table: Table) -> str:
    """Rows and a digest over all of them in key order."""
    order = ", ".join(table.key)
    columns = ", ".join((*table.key, *table.columns))
    query = (
        f"SELECT count(*) AS n, md5(coalesce(string_agg(md5(t::text), '' ORDER BY {order}), '')) AS digest "  # noqa: S608
        f"FROM (SELECT {columns} FROM {name}) t"
    )
    row = await pool.fetchrow(query)
    assert row is not None
    return f"{row['n']} rows {msgspec.convert(row['digest'], str)}"
