"""Rebuild of a read model: fold the log into a second table beside the live one, compare, swap."""

import asyncio
import os
from base64 import b64decode
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
from rich.console import Console

from shared import heap
from shared.cli.services import Addresses
from shared.keys import KeyRing
from shared.log import LogReader
from shared.log.append import Append, Row, Table
from shared.log.reading import BEGINNING, Recorded
from shared.log.statement import compose
from shared.service import Service

FLUSH: Final = 5_000
"""Rows kept back: of all that an open matter goes through meanwhile, only the last state is written."""


class CannotRebuild(Exception):
    """Why not, in a sentence."""


async def rebuild(service: Service, name: str, console: Console) -> None:
    """As the owner: builds `<name>_rebuilt`, prints both checksums, and swaps when they differ.

    The service may go on: its writers wait only while the last events are folded and the tables compared.
    """
    table = service.projections.tables.get(name)
    if table is None:
        known = ", ".join(sorted(service.projections.tables))
        raise CannotRebuild(f"{service.name} has no read model {name!r}; it has: {known}.")
    owner, master = Addresses.of_owner(), _master_key()
    heap.set_apart()
    pool = await asyncpg.create_pool(owner.database, min_size=1, max_size=3)
    keys_pool = await asyncpg.create_pool(owner.keys, min_size=1, max_size=1)
    try:
        fold = Fold(service, table, pool, KeyRing(keys_pool, master, service.name))
        await fold.begin()
        with console.status(f"folding the log of {service.name}"):
            for _ in range(2):  # what came in during the first round is little in the second
                await fold.go_on(settled=True)
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")
            await fold.go_on(settled=False)
            console.print(f"{fold.count} events folded into {table.name}_rebuilt")
            await _compare_and_swap(table, connection, console)
    finally:
        await pool.close()
        await keys_pool.close()


def _master_key() -> bytes:
    path = Path(os.environ["PORTAL_SECRETS_DIR"]) / "master_key"
    try:
        return b64decode(path.read_text())
    except (OSError, ValueError) as error:
        raise CannotRebuild(f"The master key in {path} cannot be read: {type(error).__name__}.") from error


class Fold:
    """The second table, and how far the log has been folded into it.

    Patches are laid one over the other in memory until `FLUSH` rows are kept back, and written together while
    the log is read on. Memory is that of two pages of the log and two such lots, however long the log is.
    """

    def __init__(self, service: Service, table: Table, pool: asyncpg.Pool, keys: KeyRing) -> None:
        self.count = 0
        self._projections = service.projections
        self._live = table
        self._beside = replace(table, name=f"{table.name}_rebuilt")
        self._pool = pool
        self._keys = keys
        self._place = BEGINNING
        self._rows: dict[tuple[Any, ...], dict[str, Any] | None] = {}
        self._writing: asyncio.Future[Any] | None = None

    async def begin(self) -> None:
        """An empty table of the live one's shape."""
        await self._pool.execute(f"DROP TABLE IF EXISTS {self._beside.name}")
        await self._pool.execute(f"CREATE TABLE {self._beside.name} (LIKE {self._live.name} INCLUDING ALL)")

    async def go_on(self, *, settled: bool) -> None:
        """Folds what follows; `settled` leaves out what a running transaction may still come before."""
        reader = LogReader(self._pool, self._keys)
        try:
            async with aclosing(reader.pages(self._place, settled=settled)) as pages:
                async for page in pages:
                    await self._fold(page)
            await self._write()
        finally:
            await self._written()

    async def _fold(self, page: list[Recorded]) -> None:
        subjects = {recorded.meta.subject for recorded in page}
        keys = await self._keys.find_all({subject for subject in subjects if subject is not None})
        name = self._live.name
        for recorded in page:
            meta = recorded.meta
            key = keys.get(meta.subject) if meta.subject is not None else None
            for table, place, values in self._projections.patches(recorded.event, meta, key):
                if table.name == name and not self._put(place, values):
                    await self._write()
                    self._put(place, values)
        self.count += len(page)
        self._place = page[-1].place

    def _put(self, place: tuple[Any, ...], values: Mapping[str, Any] | None) -> bool:
        """Lays a patch over what is kept back; False where that must be written before."""
        rows = self._rows
        if place not in rows:
            if len(rows) >= FLUSH:
                return False
            rows[place] = None if values is None else dict(values)
            return True
        before = rows[place]
        if before is None:  # what comes after a deletion is a new row
            return False
        if values is None:
            rows[place] = None
        elif not self._live.write_once:
            before.update(values)
        return True

    async def _write(self) -> None:
        """Begins to write what is kept back, once the lot before is written."""
        await self._written()
        if self._rows:
            append = Append()
            for place, values in self._rows.items():
                append.put(Row(self._beside, place, values))
            self._rows = {}
            statement = compose([append], epoch=0)
            self._writing = asyncio.ensure_future(self._pool.execute(statement.text, *statement.args))

    async def _written(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing


async def _compare_and_swap(table: Table, connection: Any, console: Console) -> None:
    live, rebuilt = [await checksum(connection, t, table) for t in (table.name, f"{table.name}_rebuilt")]
    console.print(f"live     {live}\nrebuilt  {rebuilt}")
    if live == rebuilt:
        await connection.execute(f"DROP TABLE {table.name}_rebuilt")
        console.print("The read model equals the fold of the events.")
        return
    if rebuilt.startswith("0 rows"):
        raise CannotRebuild(f"No event stands for a row of {table.name}: it is left as it is.")
    await connection.execute(f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE")
    await connection.execute(f"DROP TABLE IF EXISTS {table.name}_before")
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


async def checksum(connection: Any, name: str, table: Table) -> str:
    """Rows and a digest over all of them in key order."""
    order = ", ".join(table.key)
    columns = ", ".join((*table.key, *table.columns))
    query = (
        f"SELECT count(*) AS n, md5(coalesce(string_agg(md5(t::text), '' ORDER BY {order}), '')) AS digest "  # noqa: S608
        f"FROM (SELECT {columns} FROM {name}) t"
    )
    row = await connection.fetchrow(query)
    assert row is not None
    return f"{row['n']} rows {msgspec.convert(row['digest'], str)}"
