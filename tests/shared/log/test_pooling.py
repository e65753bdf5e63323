"""The pool of a service: no reset after a statement alone, a whole one after everything else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from shared.log.pooling import Pool
from tests.shared.log.conftest import Log

LOCK = 4711
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"


class Asked:
    """What went to the server, by the connection that asked it."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    async def listen(self, connection: Any) -> None:
        connection.add_query_logger(lambda query: self.statements.append(query.query.split()[0]))


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
async def pool(log: Log, asked: Asked) -> AsyncIterator[Any]:
    made: Any = Pool(log.databases.log, min_size=1, max_size=1, init=asked.listen)
    async with made:
        asked.statements.clear()
        yield made


class TestAStatementAlone:
    async def test_is_one_round_trip(self, pool: Any, asked: Asked) -> None:
        assert await pool.fetchval("SELECT 1") == 1
        assert await pool.fetchrow("SELECT 2") == (2,)
        assert await pool.fetch("SELECT $1::int", 3) == [(3,)]
        assert await pool.execute("SELECT 4", timeout=5) == "SELECT 1"
        assert asked.statements == ["SELECT"] * 4

    async def test_that_fails_leaves_nothing_behind(self, pool: Any) -> None:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await pool.fetchval("SELECT 1 / 0")
        with pytest.raises(TimeoutError):
            await pool.fetchval("SELECT pg_sleep(5)", timeout=0.05)
        assert await pool.fetchval("SELECT 1") == 1

    async def test_of_a_caller_who_left_leaves_nothing_behind(self, pool: Any) -> None:
        leaving = asyncio.create_task(pool.fetchval("SELECT pg_sleep(5)"))
        await asyncio.sleep(0.05)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert await pool.fetchval("SELECT 1") == 1


class TestAConnection:
    async def test_comes_back_without_lock_and_setting(self, pool: Any) -> None:
        async with pool.acquire() as connection:
            await connection.execute("SET work_mem = '77MB'")
            await connection.fetchval("SELECT pg_advisory_lock($1)", LOCK)
            assert await connection.fetchval(HELD) == 1
        assert await pool.fetchval(HELD) == 0
        assert await pool.fetchval("SHOW work_mem") != "77MB"

    async def test_comes_back_so_too_beside_statements_alone(self, log: Log) -> None:
        made: Any = Pool(log.databases.log, min_size=1, max_size=2)
        async with made as pool:

            async def lock() -> None:
                async with pool.acquire() as connection:
                    await connection.fetchval("SELECT pg_advisory_lock($1)", LOCK)
                    await asyncio.sleep(0.02)

            statements = [pool.fetchval("SELECT pg_sleep(0.01)") for _ in range(8)]
            await asyncio.gather(lock(), *statements)
            assert await pool.fetchval(HELD) == 0
