"""Whole journeys through the gateway, beside what two cores could carry if they did nothing else.

From the open form to the downloaded permit, some citizens side by side. Registration and login come before
and are not counted: argon2 is meant to be slow.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from statistics import median
from typing import Final

from deploy.local.demo.journey import Journey
from tests.bench.measuring import Bench, Figures, Notes, Row, Side, Size
from tests.bench.portal import Portal, portal
from tests.bench.rig import Rig

SIDE_BY_SIDE: Final = 6
CORES: Final = 2
CLIENT: Final = "citizens (this process)"
_HOMES: Final = itertools.count(1)


class Crowd:
    """Citizens who are signed in, and what their journeys cost."""

    def __init__(self, portal: Portal, count: int) -> None:
        self._portal, self._count = portal, count
        self.spent: list[dict[str, float]] = []
        self.steps: dict[str, list[float]] = {}
        self.arriving: list[float] = []

    async def walk(self) -> Figures:
        """Journeys a second, and how many the processor time of all processes would allow."""
        citizens = [await self._arrive() for _ in range(self._count)]
        gate = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(journey: Journey) -> None:
            async with gate:
                await journey.apply()
                await journey.pay()
                await journey.wait_for_document()
                await journey.download()

        before, client = await self._portal.cpu(), time.process_time()
        began = time.perf_counter()
        await asyncio.gather(*map(one, citizens))
        elapsed = time.perf_counter() - began
        after = await self._portal.cpu() | {CLIENT: time.process_time()}
        before |= {CLIENT: client}
        self.spent.append({name: (after[name] - before[name]) / self._count for name in after})
        for journey in citizens:
            await journey.browser.aclose()
            for step in journey.steps:
                self.steps.setdefault(step.title, []).append(step.ms)
        return {"": self._count / elapsed, "parts": CORES / sum(self.spent[-1].values())}

    async def _arrive(self) -> Journey:
        number = next(_HOMES)
        journey = Journey(
            self._portal.stage.addresses, comes_from=f"127.90.{number // 250}.{number % 250 + 1}"
        )
        began = time.perf_counter()
        await journey.register()
        await journey.sign_in()
        self.arriving.append(time.perf_counter() - began)
        journey.steps.clear()
        return journey

    def tell(self, notes: Notes) -> None:
        """Processor milliseconds a journey by process, and the milliseconds of each step."""
        spent = {name: median(one[name] for one in self.spent) * 1000 for name in self.spent[0]}
        ordered = dict(sorted(spent.items(), key=lambda item: -item[1]))
        notes.profiles["journey, processor milliseconds by process (without the broker)"] = ordered
        notes.profiles[f"journey, milliseconds a step, {SIDE_BY_SIDE} citizens side by side"] = {
            step: median(found) for step, found in self.steps.items()
        }
        notes.remarks.append(
            f"Registration, confirmation and login took {median(self.arriving):.2f} s a citizen beside that "
            "(with cheap hashes)."
        )


@asynccontextmanager
async def _prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    crowd = Crowd(await portal(rig), size.journeys)
    yield {"journeys": crowd.walk}
    crowd.tell(notes)


ROWS: Final = (
    Row("journeys", "whole journeys through the gateway, registration and login apart", "/s", "journeys",
        "journeys.parts", f"{CORES} cores ÷ the processor time of all parts"),
)  # fmt: skip
BENCHES: Final = (Bench("journeys", "journeys", ROWS, _prepare, rounds=3),)
