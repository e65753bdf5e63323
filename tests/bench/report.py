"""The table on the terminal, the JSON of a run, and docs/performance.md."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.measuring import Notes, Result, Size

HOW = Path(__file__).with_name("how_to_read.md")


@dataclass(slots=True)
class Run:
    """What one run has found, in the order of the table."""

    size: Size
    settings: dict[str, str]
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    results: list[Result] = field(default_factory=list)
    figures: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    def document(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "began": self.began.isoformat(timespec="seconds"),
            "size": self.size.name,
            "machine": machine(),
            "servers": self.settings,
            "rows": [_row(result) for result in self.results],
            "figures": self.figures,
            "profiles": self.notes.profiles,
            "remarks": self.notes.remarks,
        }

    def write(self, folder: Path) -> Path:
        """One file a run. Returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.began:%Y-%m-%dT%H%M%S}-{self.size.name}.json"
        path.write_text(json.dumps(self.document(), indent=1, ensure_ascii=False) + "\n")
        return path


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    python = platform.python_version()
    return f"{psutil.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {python}"


def _row(result: Result) -> dict[str, Any]:
    row = result.row
    return {
        "key": row.key, "what": row.what, "unit": row.unit, "ours": result.ours, "beside": result.beside,
        "beside_what": row.beside_what, "ratio": result.ratio, "ratios": result.ratios, "reach": row.reach,
        "less": row.less, "reached": result.is_reached, "processor": result.processor,
    }  # fmt: skip


def terminal_table(results: Iterable[Result]) -> Table:
    """The table as it stands."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("", "what", "ours", "beside", "", "ratio", "spread", "cpu", "reach"):
        is_text = title in {"", "what"}
        table.add_column(title, justify="left" if is_text else "right", no_wrap=title != "what")
    for result in results:
        mark = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: " "}[result.is_reached]
        table.add_row(mark, *_cells(result))
    return table


def _cells(result: Result) -> list[str]:
    row = result.row
    spread = f"{min(result.ratios):.2f}–{max(result.ratios):.2f}"
    return [row.what, number(median(result.ours)), number(median(result.beside)), row.unit,
            f"{result.ratio:.2f}", spread, by_processor(result), wanted(result)]  # fmt: skip


def by_processor(result: Result) -> str:
    """The ratio that the processor time alone would give."""
    return f"{result.processor[1] / result.processor[0]:.2f}" if result.processor else ""


def wanted(result: Result) -> str:
    row = result.row
    return "shown" if row.reach is None else f"{'≤' if row.less else '≥'} {row.reach:g}"


def number(figure: float) -> str:
    """Three digits or all before the point."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


def markdown(run: Run) -> str:
    """docs/performance.md."""
    servers = ", ".join(f"{name} {value}" for name, value in run.settings.items())
    parts = [
        "# Performance",
        "",
        f"Written by `make bench` ({run.size.name}) on {run.began:%d %B %Y}: {machine()}; {servers}.",
        "",
        HOW.read_text().strip(),
        "",
        "## The last run",
        "",
        "| | What | Ours | Beside it | | Ratio | Spread | Processor | Reach |",
        "|---|---|---:|---|---|---:|---:|---:|---:|",
        *(_line(result) for result in run.results),
        "",
        *_profiles(run.notes),
    ]
    if run.notes.remarks:
        parts += ["## Remarks", "", *(f"- {remark}" for remark in run.notes.remarks), ""]
    return "\n".join(parts)


def _line(result: Result) -> str:
    mark = {True: "✓", False: "✗", None: ""}[result.is_reached]
    what, ours, beside, unit, ratio, spread, cpu, reach = _cells(result)
    beside = f"{beside}: {result.row.beside_what}"
    return f"| {mark} | {what} | {ours} | {beside} | {unit} | **{ratio}** | {spread} | {cpu} | {reach} |"


def _profiles(notes: Notes) -> Sequence[str]:
    lines: list[str] = []
    for title, profile in notes.profiles.items():
        lines += [f"## Where the time goes: {title}", "", "| Step | |", "|---|---:|"]
        lines += [f"| {step} | {number(figure)} |" for step, figure in profile.items()]
        lines.append("")
    return lines


def show(console: Console, run: Run) -> None:
    """The profiles and remarks below the table."""
    for title, profile in run.notes.profiles.items():
        table = Table(title, "", box=None, title_justify="left")
        for step, figure in profile.items():
            table.add_row(step, number(figure))
        console.print()
        console.print(table)
    for remark in run.notes.remarks:
        console.print(f"· {remark}", soft_wrap=True)
