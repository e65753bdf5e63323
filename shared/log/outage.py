"""Which errors say that the database is away, rather than that what was asked of it is wrong."""

from typing import Final

import asyncpg

ASYNCPG_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,  # shut down, starting up, cancelled
    asyncpg.InsufficientResourcesError,  # disk, memory or connections used up
    asyncpg.ReadOnlySQLTransactionError,  # the old primary after a fail-over
)
"""Trying again later helps; nothing is to be blamed on the caller. asyncpg's own confusion counts too."""

DATABASE_AWAY: Final = (*ASYNCPG_AWAY, OSError)
"""The same where nothing but the database is talked to: refused connections and time-outs as well."""
