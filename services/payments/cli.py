"""`portal payments`: switch ways to pay and providers off and on, close batches for the cash office.

A command stores a task that the running service carries out, so that what it does is an event like any other.
"""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer
from rich.console import Console
from rich.table import Table

from services.payments.books.exporting import EXPORT, FileDamaged, Format, checked
from services.payments.domain.switchboard import KINDS, SWITCH
from shared.cli.services import fetch
from shared.ids import new_id

app = typer.Typer(no_args_is_help=True, help="Ways to pay and their providers.")
console = Console()
What = Annotated[str, typer.Argument(metavar="METHOD|PROVIDER", help="card, paypal, …, or provider:NAME")]
Reason = Annotated[str, typer.Option(help="for colleagues; names nobody")]

_SWITCHES: Final = "SELECT kind, name, is_on, reason, changed_at FROM payment_switch ORDER BY kind, name"
_BATCHES: Final = """
SELECT number, entries, lines, sums, closed_at FROM booking_batch ORDER BY number DESC LIMIT 50
"""
_FILE: Final = """
SELECT {format}_sha256 AS sha256, f.content FROM booking_batch b
LEFT JOIN booking_file f ON f.sha256 = b.{format}_sha256 WHERE b.number = $1
"""
_ASK: Final = """
INSERT INTO task (task_id, kind, payload, meta, due_at) VALUES ($1, $2, $3, '{}', now()) RETURNING task_id
"""


@app.command("switches")
def list_switches() -> None:
    """Lists what has been switched; all else is on."""
    asyncio.run(_list())


async def _list() -> None:
    rows = await fetch(_SWITCHES)
    table = Table("kind", "name", "state", "since", "reason")
    for row in rows:
        state = "on" if row["is_on"] else "OFF"
        table.add_row(row["kind"], row["name"], state, f"{row['changed_at']:%F %T}", row["reason"])
    console.print(table if rows else "Nothing has been switched: all is on.")


@app.command("off")
def switch_off(what: What, reason: Reason) -> None:
    """Takes it out of the offer; payments under way go on to their end."""
    asyncio.run(_turn(what, False, reason))


@app.command("on")
def switch_on(what: What, reason: Reason) -> None:
    """Puts it back."""
    asyncio.run(_turn(what, True, reason))


async def _turn(what: str, on: bool, reason: str) -> None:
    kind, _, name = what.rpartition(":")
    kind = kind or "method"
    if kind not in KINDS or not name:
        raise typer.BadParameter(f"{what} is neither a way to pay nor provider:NAME")
    await _ask(SWITCH, {"kind": kind, "name": name, "on": on, "reason": reason})
    console.print(f"The running service will switch {kind} {name} {'on' if on else 'off'}.")


@app.command("export")
def export_bookings() -> None:
    """Closes batches for the cash office until each booking is in one."""
    asyncio.run(_ask(EXPORT, {}))
    console.print("The running service will close a batch, if there is anything to book; see `exports`.")


@app.command("exports")
def list_batches() -> None:
    """Lists the batches, the newest first."""
    asyncio.run(_list_batches())


@app.command("save")
def save_batch(
    number: Annotated[int, typer.Argument(help="of the batch")],
    format: Annotated[str, typer.Argument(help="csv or xml")],
    path: Annotated[Path, typer.Argument(help="a new file")],
) -> None:
    """Writes a batch's file, byte for byte as it was closed."""
    if format not in get_args(Format):
        raise typer.BadParameter("csv or xml")
    content = asyncio.run(_content(number, format))
    with path.open("xb") as file:
        file.write(content)
    console.print(f"{len(content)} bytes in {path}")


async def _list_batches() -> None:
    table = Table("batch", "entries", "lines", "sums (debit)", "closed")
    for row in await fetch(_BATCHES):
        sums = ", ".join(
            f"{Decimal(one['debit_cents']).scaleb(-2)} {one['currency']}" for one in json.loads(row["sums"])
        )
        cells = (row["number"], row["entries"], row["lines"], sums, f"{row['closed_at']:%F %T}")
        table.add_row(*map(str, cells))
    console.print(table if table.rows else "No batch has been closed yet.")


async def _content(number: int, format: str) -> bytes:
    rows = await fetch(_FILE.format(format=format), number)
    if not rows:
        raise typer.BadParameter(f"there is no batch {number}")
    try:
        return checked(rows[0]["content"], rows[0]["sha256"])
    except FileDamaged as damaged:
        raise typer.BadParameter(f"the stored file of batch {number} is not what it was") from damaged


async def _ask(kind: str, said: dict[str, Any]) -> None:
    await fetch(_ASK, new_id(), kind, json.dumps(said))
