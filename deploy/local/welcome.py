"""What a person sees when everything runs: addresses, accounts, and what to click."""

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.local.services import Stack

SHOWN = {
    "gateway": "the portal",
    "mailbox": "every mail it sends",
    "girocheckout": "the payment provider's sandbox",
    "paypal": "PayPal's sandbox",
    "bank": "the city's bank: transfer to it, go to its next day",
}
STEPS = (
    ("gateway", "/registrieren", "register with any address and a password of your own"),
    ("mailbox", "/", "open the mail and follow its link"),
    ("gateway", "/dienste/bewohnerparkausweis", "apply for the permit, pay in the sandbox, download it"),
    ("gateway", "/arbeit", "as the clerk: the cases that wait for a person"),
    ("gateway", "/pruefen", "check a permit, as anybody may"),
)


def show_welcome(console: Console, stack: Stack, accounts: Sequence[dict[str, str]], seconds: float) -> None:
    """Print the panel; on a terminal the addresses can be clicked."""
    addresses = _grid((what, stack.url(name)) for name, what in SHOWN.items())
    people = _grid((account["email"], account["password"]) for account in accounts)
    clicks = [
        Text(f"{number}. {what}\n   {stack.url(name)}{path}")
        for number, (name, path, what) in enumerate(STEPS, 1)
    ]
    parts: list[RenderableType] = [
        addresses,
        _title("Demo accounts"),
        people,
        _title("What to click"),
        *clicks,
    ]
    footer = Text(f"\nCtrl-C stops everything; the data stays in {stack.state}.", style="dim")
    title = f"The portal of Lindenau runs, after {seconds:.1f} s"
    console.print(Panel(Group(*parts, footer), title=title, expand=False, padding=(1, 2)))


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _grid(rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
