"""Databases that serve one test after the other: each finds them as its migrations leave them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from shared.ids import new_id
from shared.testing import Databases, fresh, kept
from shared.testing.databases import APP_ROLE
from tests.shared.toy.library import LIBRARY

pytestmark = pytest.mark.integration
NEW_EVENT = """
INSERT INTO event (epoch, stream_id, version, event_id, name, schema_version, payload, meta)
VALUES (1, $1, 1, $1, 'library.book_lent', 1, '', '{}') RETURNING position
"""


@asynccontextmanager
async def used(postgres_url: str) -> AsyncIterator[tuple[Databases, asyncpg.Connection]]:
    """A test's databases, and its connection to the log as the owner."""
    async with fresh(postgres_url, LIBRARY) as databases:
        connection = await asyncpg.connect(databases.owner_log)
        yield databases, connection
        connection.terminate()


async def after(postgres_url: str, *statements: str) -> bool:
    """Whether the next test gets the same log, when one has run these statements on it."""
    async with used(postgres_url) as (first, connection):
        for statement in statements:
            await connection.execute(statement)
    async with used(postgres_url) as (second, _):
        return first.log == second.log


class TestAKeptDatabase:
    async def test_is_as_new(self, postgres_url: str) -> None:
        async with used(postgres_url) as (first, connection):
            await connection.execute("UPDATE log_epoch SET epoch = 7; DELETE FROM relay_cursor")
            position = await connection.fetchval(NEW_EVENT, new_id())
        async with used(postgres_url) as (second, connection):
            assert second == first
            assert await connection.fetchval("SELECT epoch FROM log_epoch") == 1
            assert await connection.fetchval("SELECT published FROM relay_cursor") == 0
            assert await connection.fetchval("SELECT count(*) FROM event") == 0
            assert await connection.fetchval(NEW_EVENT, new_id()) == position == 1

    async def test_has_lost_who_was_connected(self, postgres_url: str) -> None:
        async with fresh(postgres_url, LIBRARY) as databases:
            left = await asyncpg.connect(databases.log)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await left.execute("SELECT 1")

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (a int)",
            "CREATE INDEX mine ON event (name)",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER TABLE event ADD COLUMN mine int",
            f"REVOKE SELECT ON feed_head FROM {APP_ROLE}",
            "DROP TABLE relay_cursor",
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 999', current_database()); END $$",
        ],
    )
    async def test_is_none_where_more_than_rows_was_changed(self, postgres_url: str, statement: str) -> None:
        assert await after(postgres_url)
        assert not await after(postgres_url, statement)

    async def test_is_none_that_has_grown(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept, "MOST_GROWN", 2**18)
        filled = "INSERT INTO inbox_cursor SELECT md5(n::text), n FROM generate_series(1, {}) n"
        assert await after(postgres_url, filled.format(9))
        assert not await after(postgres_url, filled.format(9999))
