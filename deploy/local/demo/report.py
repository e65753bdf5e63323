"""What the demo prints at the end: each step with its milliseconds, each event with its service."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.demo.journey import Journey
from deploy.local.demo.listening import Heard
from deploy.local.demo.proof import Proof

_BAR = 28


def show(
    console: Console, journey: Journey, heard: Sequence[Heard], proof: Proof, saved: Path, seconds: float
) -> None:
    """Prints the timeline, the events and the proof."""
    console.print(_steps(journey))
    console.print(_events(heard))
    answer = proof.answer
    console.print(f"[green]✓[/green] seal of [bold]{proof.signer}[/bold] holds")
    console.print(
        f"[green]✓[/green] code on the page: permit [bold]{answer['number']}[/bold], "
        f"zone {answer['zone']}, {answer['status']} until {answer['valid_until']}"
    )
    console.print(f"[green]✓[/green] saved as {saved}", soft_wrap=True)
    console.print(f"\nFrom the first click to the proved permit: [bold]{seconds:.1f} s[/bold], no clerk.")


def _steps(journey: Journey) -> Table:
    table = Table(title="The citizen's way", title_justify="left", box=None, pad_edge=False)
    table.add_column("step")
    table.add_column("ms", justify="right")
    table.add_column("")
    longest = max(step.ms for step in journey.steps)
    for step in journey.steps:
        table.add_row(step.title, f"{step.ms:.0f}", "━" * max(1, round(step.ms / longest * _BAR)))
    return table


def _events(heard: Sequence[Heard]) -> Table:
    table = Table(title="\nWhat the services told each other", title_justify="left", box=None, pad_edge=False)
    for name, justify in (("ms", "right"), ("service", "left"), ("event", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    first = heard[0].at if heard else 0.0
    for event in heard:
        table.add_row(f"{(event.at - first) * 1000:.0f}", event.service, event.kind.partition(".")[2])
    return table
