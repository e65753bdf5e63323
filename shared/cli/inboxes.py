"""`portal inbox`: where a service stands in the feeds of others, and what to do when one went back."""

import asyncio
import os
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from shared.cli import services

app = typer.Typer(no_args_is_help=True, help="Where a service stands in the feeds of others.")
console = Console()
Name = Annotated[str, typer.Argument(metavar="SERVICE")]

_STANDS = """
SELECT c.source, c.sequence, c.epoch, a.feed_after, a.found_at
FROM inbox_cursor c LEFT JOIN inbox_ahead a ON a.source = c.source AND a.decided_at IS NULL ORDER BY c.source
"""
_DECIDE = """
UPDATE inbox_ahead SET decided_at = now(), reason = $2 WHERE source = $1 AND decided_at IS NULL
RETURNING epoch, feed_after, feed_until
"""
_GO_BACK = """
UPDATE inbox_cursor SET sequence = $2, epoch = $3, doubtful_until = $4 WHERE source = $1 AND epoch < $3
"""
_DISCARD = """
UPDATE parked SET discarded_at = now(), discard_reason = $3
WHERE source = $1 AND sequence > $2 AND discarded_at IS NULL
"""
_FORGET = "DELETE FROM inbox_attempt WHERE source = $1 AND sequence > $2"


class NothingToDecide(Exception):
    """No inbox waits; the message is a sentence."""


@app.command("list")
def list_inboxes(name: Name) -> None:
    """Lists the sources of a service, and which of them were restored to before what it has applied."""
    asyncio.run(_list(services.find(name).name))


@app.command("accept")
def accept(name: Name, source: str, reason: Annotated[str, typer.Option()]) -> None:
    """Keeps what was applied of a source that went back, and follows it from where its restore left it."""
    asyncio.run(_accept(services.find(name).name, source, reason))


async def _list(name: str) -> None:
    rows = await _in_transaction(lambda connection: connection.fetch(_STANDS))
    table = Table("source", "epoch", "applied up to", "state")
    for row in rows:
        state = "goes on"
        if row["feed_after"] is not None:
            state = f"AHEAD: its source went back to {row['feed_after']}, found {row['found_at']:%F %T}"
        table.add_row(row["source"], str(row["epoch"]), str(row["sequence"]), state)
    console.print(table if rows else f"{name} has applied nothing of others.")


async def _accept(name: str, source: str, reason: str) -> None:
    async def decide(connection: Any) -> int:
        found = await connection.fetch(_DECIDE, source, reason)
        if not found:
            raise NothingToDecide(f"No inbox of {name} waits because {source} was restored.")
        last = max(found, key=lambda row: row["epoch"])
        back = min(found, key=lambda row: row["feed_after"])
        await connection.execute(_DISCARD, source, back["feed_after"], reason)
        await connection.execute(_FORGET, source, back["feed_after"])
        await connection.execute(_GO_BACK, source, back["feed_after"], last["epoch"], back["feed_until"])
        return int(back["feed_after"])

    after = await _in_transaction(decide)
    console.print(f"{name} follows {source} again, after sequence {after}.")


async def _in_transaction(work: Any) -> Any:
    connection = await asyncpg.connect(os.environ["PORTAL_DATABASE_URL"])
    try:
        async with connection.transaction():
            return await work(connection)
    finally:
        await connection.close()
