"""One run: the chosen benchmarks one after the other, with a table that grows as they end."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tests.bench.measuring import SMOKE, Bench, Size, measure, results
from tests.bench.report import Run, terminal_table
from tests.bench.rig import Rig, rigged

Said = Callable[[str], None]


async def run(benches: Sequence[Bench], size: Size, console: Console, minutes: float | None = None) -> Run:
    """Measures them all, or as many as `minutes` suffice for. Raises what a benchmark raises."""
    within = asyncio.get_running_loop().time() + minutes * 60 if minutes is not None else None
    bar = Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
                   console=console)  # fmt: skip
    task = bar.add_task("servers", total=len(benches))
    async with rigged() as rig:
        load, found, took = os.getloadavg()[0], Run(size, rig.settings), dict[str, float]()
        with Live(bar, console=console, refresh_per_second=4) as live:
            for bench in benches:
                bar.update(task, description=bench.title)
                if not console.is_terminal:
                    console.print(f"{bench.title} …")

                def said(text: str, bench: Bench = bench) -> None:
                    bar.update(task, description=f"{bench.title} [dim]{text}[/dim]")

                began = time.monotonic()
                try:
                    async with asyncio.timeout_at(within):
                        await run_one(bench, rig, found, said)
                except TimeoutError:
                    found.notes.remarks.append(f"Left out, the time was up: {bench.title}.")
                took[bench.title] = time.monotonic() - began
                bar.advance(task)
                live.update(Group(terminal_table(found.results), bar))
            live.update(terminal_table(found.results))
    before, after = (f"{one:.1f}" for one in (load, os.getloadavg()[0]))
    found.notes.remarks.append(f"Load average of the machine: {before} before the run, {after} at its end.")
    found.notes.remarks.append(_duration(took))
    return found


def _duration(took: Mapping[str, float]) -> str:
    longest = sorted(took, key=took.__getitem__, reverse=True)[:3]
    named = ", ".join(f"{title} {took[title] / 60:.1f}" for title in longest)
    return f"The run took {sum(took.values()) / 60:.1f} minutes; most of it: {named}."


async def run_one(bench: Bench, rig: Rig, found: Run, said: Said) -> None:
    """Measures one and adds its rows, figures and notes to the run."""
    rounds = min(bench.rounds or found.size.rounds, found.size.rounds)
    async with bench.prepare(rig, found.size, found.notes) as sides:
        figures = await measure(sides, rounds, said, warm=bench.warm and found.size is not SMOKE)
    found.figures[bench.title] = figures
    found.results += results(bench, found.size, figures)
