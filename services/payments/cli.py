"""`portal payments`: switch a way to pay or a provider off and on, without a deployment.

A command stores a task that the running service carries out, so that the switch is an event like any other.
"""

import asyncio
import json
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from services.payments.domain.switchboard import KINDS, SWITCH
from shared.cli.services import fetch
from shared.ids import new_id

app = typer.Typer(no_args_is_help=True, help="Ways to pay and their providers.")
console = Console()
What = Annotated[str, typer.Argument(metavar="METHOD|PROVIDER", help="card, paypal, …, or provider:NAME")]
Reason = Annotated[str, typer.Option(help="for colleagues; names nobody")]

_SWITCHES: Final = "SELECT kind, name, is_on, reason, changed_at FROM payment_switch ORDER BY kind, name"
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
    said = json.dumps({"kind": kind, "name": name, "on": on, "reason": reason})
    await fetch(_ASK, new_id(), SWITCH, said)
    console.print(f"The running service will switch {kind} {name} {'on' if on else 'off'}.")
