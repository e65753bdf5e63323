"""`python -m deploy.local measure [journeys] [side by side]`: the figures of a running portal.

Whole journeys, from registration to download, some side by side; the milliseconds between the payer's yes at
the bank and the issued permit; memory of each process before and after. Loopback only, bounded, ends by
itself. It prints and judges nothing.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from deploy.local.demo.browser import Page, PageRefused
from deploy.local.demo.journey import Addresses, Journey
from deploy.local.demo.listening import Listener, listening
from deploy.local.places import state_folder
from deploy.local.ports import HOST
from deploy.local.record import ProcessRecord
from deploy.local.whereabouts import Whereabouts

LONGEST = 2000
SETTLED = "payments.payment_settled.v1"
ISSUED = "documents.document_issued.v1"
PERMIT = "resident_parking_permit"


@dataclass(slots=True)
class Figures:
    """What was measured; times in milliseconds."""

    whole: list[float] = field(default_factory=list)
    from_yes: dict[str, float] = field(default_factory=dict)
    paid_at: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Memory:
    """MB of a process: `resident` counts libraries that others map too, `own` what would come free."""

    resident: float
    own: float


class MeasuredJourney(Journey):
    """A journey that notes when the payer said yes."""

    yes_at: float = 0.0

    async def _pay_there(self, there: Page) -> None:
        self.yes_at = time.monotonic()
        await super()._pay_there(there)


def main(arguments: Sequence[str]) -> int:
    """Defaults: 50 journeys, one after the other."""
    count = min(int(arguments[0]) if arguments else 50, LONGEST)
    side_by_side = int(arguments[1]) if len(arguments) > 1 else 1
    console = Console(highlight=False)
    before = memory()
    figures = asyncio.run(_measure(console, count, side_by_side))
    _show(console, figures, before, memory())
    return 1 if figures.failures else 0


def memory() -> dict[str, Memory]:
    """What each process of the portal holds."""
    record = ProcessRecord(state_folder() / "processes.json")
    return {entry.name: _memory(entry.pid) for entry in record.alive()}


def _memory(pid: int) -> Memory:
    held = psutil.Process(pid).memory_full_info()
    return Memory(held.rss / 2**20, held.uss / 2**20)


async def _measure(console: Console, count: int, side_by_side: int) -> Figures:
    place = Whereabouts.load(state_folder())
    url = {name: f"http://{HOST}:{port}" for name, port in place.ports.items()}
    addresses = Addresses(url["gateway"], url["mailbox"], url["girocheckout"], url["bank"])
    figures, gate = Figures(), asyncio.Semaphore(side_by_side)
    with Bar(console=console) as bar:
        line = bar.add_task("journeys", total=count)
        async with listening(place.broker_url, f"{place.name_prefix}portal.events") as listener:

            async def one(number: int) -> None:
                async with gate:
                    await _walk(addresses, f"127.1.{number // 250}.{number % 250 + 1}", listener, figures)
                    bar.advance(line)

            async with asyncio.TaskGroup() as group:
                for number in range(count):
                    group.create_task(one(number))
    return figures


async def _walk(addresses: Addresses, comes_from: str, listener: Listener, figures: Figures) -> None:
    journey = MeasuredJourney(addresses, comes_from=comes_from)
    began = time.monotonic()
    try:
        await journey.run()
    except (PageRefused, TimeoutError) as error:
        figures.failures.append(str(error) or type(error).__name__)
        return
    figures.whole.append((time.monotonic() - began) * 1000)
    issued = next(
        e.at for e in listener.heard
        if e.kind == ISSUED and e.data["kind"] == PERMIT and e.is_about(journey.case_id)
    )  # fmt: skip
    settled = next(e.at for e in listener.heard if e.kind == SETTLED and e.is_about(journey.case_id))
    figures.from_yes[journey.case_id] = (issued - journey.yes_at) * 1000
    figures.paid_at[journey.case_id] = (issued - settled) * 1000


def _show(console: Console, figures: Figures, before: dict[str, Memory], after: dict[str, Memory]) -> None:
    times = Table("milliseconds", "median", "p95", "n", box=None)
    for title, values in (
        ("payer's yes → permit issued", list(figures.from_yes.values())),
        ("PaymentSettled → permit issued", list(figures.paid_at.values())),
        ("whole journey", figures.whole),
    ):
        if values:
            times.add_row(
                title, f"{statistics.median(values):.0f}", f"{quantile(values):.0f}", str(len(values))
            )
    console.print(times)
    space = Table("MB", "resident before", "after", "its own before", "after", box=None)
    for name, held in before.items():
        then = after.get(name, Memory(0, 0))
        space.add_row(name, *(f"{mb:.0f}" for mb in (held.resident, then.resident, held.own, then.own)))
    console.print(space)
    for failure in figures.failures[:5]:
        console.print(f"[red]✗[/red] {failure}", soft_wrap=True)
    console.print(f"{len(figures.failures)} journeys failed")


def quantile(values: list[float], share: float = 0.95) -> float:
    """The nearest-rank quantile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]
