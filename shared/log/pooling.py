"""A pool whose single statements cost one round trip, not two."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

import asyncpg

_SINGLE: Final[ContextVar[bool]] = ContextVar("single_statement", default=False)


class Pool(asyncpg.Pool):
    """asyncpg's pool; after `fetch` and its like nothing is reset.

    A statement alone leaves nothing behind in its session, so that the reset that asyncpg sends after each
    use would undo nothing. Do not take a lock or set a setting of the session by one: who needs these
    acquires a connection, and that is reset when it comes back.
    """

    def __init__(self, url: str, **settings: Any) -> None:
        super().__init__(
            url,
            init_size=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            loop=None,
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            reset=_reset_unless_alone,
            **settings,
        )

    async def execute(self, query: str, *args: Any, **how: Any) -> Any:
        return await _alone(super().execute, query, *args, **how)

    async def fetch(self, query: str, *args: Any, **how: Any) -> Any:
        return await _alone(super().fetch, query, *args, **how)

    async def fetchrow(self, query: str, *args: Any, **how: Any) -> Any:
        return await _alone(super().fetchrow, query, *args, **how)

    async def fetchval(self, query: str, *args: Any, **how: Any) -> Any:
        return await _alone(super().fetchval, query, *args, **how)


async def _alone(statement: Callable[..., Any], *args: Any, **how: Any) -> Any:
    before = _SINGLE.set(True)
    try:
        return await statement(*args, **how)
    finally:
        _SINGLE.reset(before)


async def _reset_unless_alone(connection: Any) -> None:
    if not _SINGLE.get():
        await connection.execute(connection.get_reset_query())
