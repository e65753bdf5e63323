"""Which errors say that the database is away, rather than that what was asked of it is wrong."""

from typing import Final

import asyncpg

DATABASE_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,  # shut down, starting up, cancelled
    asyncpg.InsufficientResourcesError,  # disk, memory or connections used up
    asyncpg.ReadOnlySQLTransactionError,  # the old primary after a fail-over
    OSError,  # TimeoutError among them
)
"""Trying again later helps; nothing is to be blamed on the caller. asyncpg's own confusion counts too."""
