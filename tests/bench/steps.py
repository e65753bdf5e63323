"""Where the time of a command goes: its steps one after the other, by one caller, in microseconds each."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from shared.log.reading import LATEST
from shared.log.statement import SETTINGS, compose
from tests.bench.measuring import Size
from tests.bench.office import NOTE, Matter

if TYPE_CHECKING:
    from tests.bench.appending import Writer
    from tests.bench.rig import Rig

FLUSH = 32


class Steps:
    """Sums seconds of processor by step: who else runs on the machine does not count."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.add(name, time.process_time() - began)

    def add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


async def profile_of_a_command(rig: "Rig", writer: "Writer", size: Size) -> dict[str, float]:
    """Microseconds a command by step; the flush is that of 32 commands together, divided."""
    steps, log = Steps(), writer.log
    flushes = max(1, min(10, size.streams // 100))
    fetched: list[tuple[float, float]] = []
    flushed: list[tuple[float, float]] = []
    flusher = await asyncpg.connect(log.databases.log)
    await flusher.execute(SETTINGS)
    for _ in range(flushes):
        streams = [writer.supply.pop() for _ in range(FLUSH)]
        seconds, client, server = await rig.spent(partial(_fetched, writer, streams))
        steps.add("fetch ten events, 32 callers: until the database has answered", seconds)
        fetched.append((client, server))
        appends = [await _decided(writer, stream, steps) for stream in streams]
        with steps.step("compose the statement of 32"):
            statement = compose(appends, 1)
        seconds, client, server = await rig.spent(partial(flusher.fetch, statement.text, *statement.args))
        steps.add("flush of 32: until the database has answered", seconds)
        flushed.append((client, server))
    flusher.terminate()
    commands = flushes * FLUSH
    found = {name: seconds / commands * 1e6 for name, seconds in steps.seconds.items()}
    for what, spent in (("fetch", fetched), ("flush", flushed)):
        found[f"of that {what}: processor of this process"] = sum(one[0] for one in spent) / commands * 1e6
        found[f"of that {what}: processor of PostgreSQL"] = sum(one[1] for one in spent) / commands * 1e6
    return found


async def _fetched(writer: "Writer", streams: list[UUID]) -> None:
    """As many callers ask at once."""
    reader: Any = writer.log.parts.reader
    await asyncio.gather(*(reader._loads.rows(stream, 0, LATEST) for stream in streams))


async def _decided(writer: "Writer", stream: UUID, steps: Steps) -> Any:
    """One command up to its append, step by step."""
    log = writer.log
    reader: Any = log.parts.reader
    with steps.step("fetch ten events, 1 caller: processor of this process"):
        rows = await reader._loads.rows(stream, 0, LATEST)
    with steps.step("decode and decrypt ten events"):
        recorded = await reader._decoded_of(stream, rows)
    found: Any = None
    with steps.step("fold"):
        for one in recorded:
            found = one.event.mutate(found)
    unit = log.unit()
    loaded: Any = await unit.load(Matter, stream)
    with steps.step("decide"):
        loaded.note(NOTE, now=unit.now)
    with steps.step("encode, encrypt, project"):
        await unit.save(loaded)
    return unit.append
