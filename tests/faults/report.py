"""What is said of a run: a table, the history behind each violation, a JSON file for comparing runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.faults.invariants import INVARIANTS, Violation
from tests.faults.world import Fact, World

LAST: Final = 20


@dataclass(slots=True)
class Outcome:
    """One run: what it was asked for, what was done, what was found."""

    seed: int
    seconds: float
    faults: Mapping[str, int]
    order: list[tuple[float, str]]
    world: World
    found: Mapping[str, list[Violation]]
    unanswered: list[str] = field(default_factory=list)
    died: list[str] = field(default_factory=list)
    drained_after: float = 0.0
    accepted_meanwhile: int = 0
    completed_meanwhile: int = 0

    @property
    def applications(self) -> int:
        return sum(1 for answer in self.world.answers if answer.case)

    @property
    def violations(self) -> list[Violation]:
        return [one for found in self.found.values() for one in found]

    @property
    def holds(self) -> bool:
        return not self.violations and not self.unanswered and not self.died

    def history(self, violation: Violation) -> list[str]:
        """What led to it: the events of its case or stream; where it has none, the faults before the end."""
        if facts := violation.history(self.world):
            return [line_of(fact) for fact in facts]
        return [f"{at:.1f} s: {words}" for at, words in self.order[-LAST:]]

    def sentence(self) -> str:
        """*N faults, M applications, V violations*."""
        count = len(self.violations) + len(self.unanswered) + len(self.died)
        return (
            f"{sum(self.faults.values())} faults, {self.applications} applications, {count} violations "
            f"(seed {self.seed}, {self.seconds:.0f} s of faults, at rest {self.drained_after:.0f} s later)"
        )


def show(outcome: Outcome, console: Console) -> None:
    """The table on the terminal; below it the history of what is violated."""
    console.print(_faults(outcome))
    console.print(_invariants(outcome))
    for words in outcome.unanswered:
        console.print(f"[red]no answer[/red] {words}", highlight=False)
    for words in outcome.died:
        console.print(f"[red]died by itself[/red] {words}", highlight=False, markup=False)
    for violation in outcome.violations:
        console.print(f"\n{violation.invariant}: {violation.sentence}", style="red", highlight=False)
        for line in outcome.history(violation):
            console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"\nWhile the faults lasted, {outcome.accepted_meanwhile} applications were accepted and "
        f"{outcome.completed_meanwhile} completed; the others came to their end afterwards."
    )
    console.print(outcome.sentence(), style="bold green" if outcome.holds else "bold red")


def _faults(outcome: Outcome) -> Table:
    table = Table("fault", "times", title="What went wrong", title_justify="left")
    for kind, count in sorted(outcome.faults.items()):
        table.add_row(kind, str(count))
    return table


def _invariants(outcome: Outcome) -> Table:
    table = Table("", "invariant", "violations", title="What must hold", title_justify="left")
    for name, (words, _) in INVARIANTS.items():
        table.add_row(name, words, str(len(outcome.found[name])))
    return table


def line_of(fact: Fact) -> str:
    """One event of a history: where it stands, what it is, what it says."""
    said = ", ".join(f"{name}={value}" for name, value in fact.data.items() if name != "timestamp")
    when = fact.data.get("timestamp", "")
    return f"{when} {fact.service} {fact.stream} v{fact.version} {fact.name} ({said}) caused by {fact.cause}"


def save(outcome: Outcome, folder: Path) -> Path:
    """Writes the JSON file; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"faults-{outcome.seed}.json"
    path.write_text(json.dumps(as_json(outcome), indent=1, default=str))
    return path


def as_json(outcome: Outcome) -> dict[str, Any]:
    """All of the outcome, each violation with its history."""
    return {
        "seed": outcome.seed,
        "seconds": outcome.seconds,
        "faults": dict(outcome.faults),
        "applications": outcome.applications,
        "events": len(outcome.world.facts),
        "drained_after": outcome.drained_after,
        "accepted_meanwhile": outcome.accepted_meanwhile,
        "completed_meanwhile": outcome.completed_meanwhile,
        "unanswered": outcome.unanswered,
        "died": outcome.died,
        "order": outcome.order,
        "violations": [
            {"invariant": one.invariant, "sentence": one.sentence, "history": outcome.history(one)}
            for one in outcome.violations
        ],
    }
