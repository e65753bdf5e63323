"""One run: citizens at work while everything fails around them, then silence, then the invariants."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.faults.citizens import OutOfTime, Person, part, settle
from tests.faults.ground import Ground, ground
from tests.faults.invariants import violations
from tests.faults.lanes import Lanes
from tests.faults.plan import KINDS, plan
from tests.faults.reading import read_world
from tests.faults.report import Outcome
from tests.faults.rest import hurried, rest
from tests.faults.world import Answer

ANSWERED_WITHIN: Final = 120.0
AT_REST_WITHIN: Final = 180.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run is asked for. `most`: steps of a lane at most, None for as many as there is time for.

    `pace` below one shortens the pauses of the plan.
    """

    seed: int = 1
    seconds: float = 180.0
    applications: int = 60
    kinds: tuple[str, ...] = KINDS
    most: int | None = None
    pace: float = 1.0


async def run(wish: Wish, say: Callable[[str], None] = lambda _words: None) -> Outcome:
    """The whole of it, on servers of its own."""
    say("starting servers and services")
    async with ground() as there:
        say(f"settling {wish.applications} citizens")
        people = await settle(there.stage, wish.applications)
        try:
            return await _run(wish, there, people, say)
        finally:
            await part(people)


async def _run(wish: Wish, there: Ground, people: list[Person], say: Callable[[str], None]) -> Outcome:
    began = time.monotonic()
    lanes = Lanes(there, began + wish.seconds, most=wish.most, pace=wish.pace)
    unanswered: list[str] = []
    walking = [
        asyncio.create_task(_walk(person, began + wish.seconds * n / len(people) * 0.7, unanswered))
        for n, person in enumerate(people)
    ]
    ticking = asyncio.create_task(_tick(lanes, people, began + wish.seconds, say))
    await lanes.run(plan(wish.seed, wish.kinds))
    ticking.cancel()
    calm = time.monotonic()
    meanwhile = [
        sum(1 for person in people if person.answer and person.answer.case),
        sum(1 for person in people if person.state == "completed"),
    ]
    say("the faults are over; citizens get their answers")
    for person in people:
        person.deadline = calm + ANSWERED_WITHIN
    async with hurried(there.stage):
        await asyncio.wait(walking, timeout=ANSWERED_WITHIN + 60)
        for task in walking:
            task.cancel()
        await asyncio.gather(*walking, return_exceptions=True)
        say("waiting for rest")
        await rest(there.stage, AT_REST_WITHIN)
    at_rest = time.monotonic() - calm
    say("reading the logs and the bank's book")
    world = await read_world(there.stage, [person.answer or Answer(person.email) for person in people])
    return Outcome(
        wish.seed, wish.seconds, lanes.done.counts, lanes.done.order, world, violations(world), unanswered,
        there.died, at_rest, *meanwhile,
    )  # fmt: skip


async def _walk(person: Person, begins: float, unanswered: list[str]) -> None:
    await asyncio.sleep(begins - time.monotonic())
    try:
        await person.journey()
    except OutOfTime as late:
        unanswered.append(str(late))
    except Exception as wrong:
        unanswered.append(f"{person.email}: {wrong!r}")


async def _tick(lanes: Lanes, people: Sequence[Person], until: float, say: Callable[[str], None]) -> None:
    while True:
        there = sum(1 for person in people if person.state == "completed")
        left = max(until - time.monotonic(), 0)
        faults = sum(lanes.done.counts.values())
        say(f"{left:.0f} s to go, {faults} faults, {there} of {len(people)} applications completed")
        await asyncio.sleep(1)
