"""A log that was copied to another server, or went back to an earlier instant, made ready to be written to.

What a server numbers by itself, its transactions, begins anew elsewhere. A new epoch sorts what is written
from now on behind what is there, and tells subscribers from where on the feed is another than they knew.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.audit.sealer import Head, next_statement
from shared.audit.seals import Restored, SealKey, Statement

_OTHERS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = $1
"""
_HEAD: Final = "SELECT sequence FROM feed_head FOR UPDATE"
_EPOCH: Final = "UPDATE log_epoch SET epoch = epoch + 1 RETURNING epoch"
_BEGIN: Final = "INSERT INTO log_restore (epoch, feed_after, numbers, reason) VALUES ($1, $2, $3, $4)"
_NUMBERS: Final = """
WITH before AS (SELECT name, last FROM number_range FOR UPDATE)
UPDATE number_range n SET last = n.last + $1 FROM before b WHERE b.name = n.name
RETURNING n.name, b.last AS before, n.last AS now
"""
_RELAY: Final = "UPDATE relay_cursor SET published = least(published, $1)"
_LEASES: Final = "UPDATE task SET lease = NULL, lease_until = NULL WHERE lease IS NOT NULL"
_SEAL: Final = "INSERT INTO audit_seal (number, seal, listing) VALUES ($1, $2, '')"
_END: Final = "UPDATE log_restore SET feed_until = (SELECT sequence FROM feed_head) WHERE epoch = $1"


@dataclass(frozen=True, slots=True)
class Begun:
    """The new epoch: the feed is the old one up to `feed_after`; ranges moved on: name → [from, to]."""

    epoch: int
    feed_after: int
    numbers: dict[str, list[int]]
    seal: Statement


async def sessions(connection: Any, role: str) -> int:
    """How many sessions of the service there are: a running one would go on in the old epoch."""
    found: int = await connection.fetchval(_OTHERS, role)
    return found


async def begin_epoch(
    connection: Any,
    head: Head,
    key: SealKey,
    now: datetime,
    *,
    given_up: int,
    republish_after: int,
    skip_numbers: int,
    reason: str,
) -> Begun:
    """As the owner, in one transaction: epoch, relay cursor, number ranges, leases, and the seal on it."""
    async with connection.transaction():
        feed_after = await connection.fetchval(_HEAD)
        epoch = await connection.fetchval(_EPOCH)
        moved = await connection.fetch(_NUMBERS, skip_numbers)
        numbers = {row["name"]: [row["before"], row["now"]] for row in moved}
        await connection.execute(_BEGIN, epoch, feed_after, json.dumps(numbers), reason)
        await connection.execute(_RELAY, republish_after)
        await connection.execute(_LEASES)
        restored = Restored(given_up, feed_after, reason)
        statement = next_statement(head, epoch, [], now, restored)
        await connection.execute(_SEAL, statement.number, key.sign(statement))
    return Begun(epoch, feed_after, numbers, statement)


async def end_epoch_before(connection: Any, epoch: int) -> None:
    """Notes that what was in the log before is in the feed now."""
    await connection.execute(_END, epoch)
