"""The log's reading side: the whole log in feed order, decoded, and decoded with personal fields opened."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from shared.cli.rebuilding import Fold
from shared.ids import new_id
from shared.log import LogReader
from shared.log.reading import _LOG, BEGINNING, PAGE, read_meta
from tests.bench.measuring import Bench, Notes, Row, Side, Size
from tests.bench.office import MATTERS
from tests.bench.rig import Log, Rig
from tests.bench.steps import Steps

STEPS: Final = 10
TIMES: Final = 20
SUBJECTS_EACH: Final = 50
"""One citizen for so many streams' events: 200,000 events are those of 4,000 citizens."""


async def fill_log(log: Log, events: int, *, personal: bool) -> None:
    """A log of so many events; 2,000 streams are open at a time."""
    left = events // STEPS
    while left > 0:
        streams = min(left, 2_000)
        subjects = [new_id() for _ in range(max(1, streams * STEPS // SUBJECTS_EACH))]
        await log.fill(streams, STEPS, subjects, personal=personal)
        left -= streams
    await log.owner.execute("VACUUM ANALYZE event")


async def _undecoded(pool: Any) -> float:
    """The same statement in the same pages; nothing is done with the rows."""
    count, place, began = 0, BEGINNING, time.perf_counter()
    while True:
        epoch, xid, position = place
        rows = await pool.fetch(_LOG, epoch, str(xid), position, PAGE, False)
        count += len(rows)
        if len(rows) < PAGE:
            return count / (time.perf_counter() - began)
        place = rows[-1]["epoch"], rows[-1]["xid"], rows[-1]["position"]


async def _decoded(log: Log) -> float:
    """By a reader whose key ring is cold, as in a process that has just begun."""
    count, began = 0, time.perf_counter()
    async for page in LogReader(log.pool, log.cold_keys()).pages():
        count += len(page)
    return count / (time.perf_counter() - began)


async def _folded(log: Log) -> float:
    """The read model folded from the log into a second table, as `portal rebuild` does."""
    fold, began = Fold(log.service, MATTERS, log.owner, log.cold_keys()), time.perf_counter()
    await fold.begin()
    await fold.go_on(settled=False)
    return fold.count / (time.perf_counter() - began)


@asynccontextmanager
async def _prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    async with rig.log() as plain, rig.log() as sealed:
        await fill_log(plain, size.events, personal=False)
        await fill_log(sealed, size.events, personal=True)
        yield {
            "fetched": lambda: _undecoded(plain.pool),
            "decoded": lambda: _decoded(plain),
            "fetched sealed": lambda: _undecoded(sealed.pool),
            "opened": lambda: _decoded(sealed),
            "folded": lambda: _folded(plain),
        }
        notes.profiles["log read, processor microseconds an event"] = await _profile(plain, sealed)


async def _profile(plain: Log, sealed: Log) -> dict[str, float]:
    """One page, step by step."""
    found: dict[str, float] = {}
    for log, name in ((plain, "decode"), (sealed, "decode and decrypt, keys known")):
        reader, steps = LogReader(log.pool, log.keys), Steps()
        await reader._decoded(await reader._rows(BEGINNING, PAGE))
        for _ in range(TIMES):
            with steps.step(f"fetch a page ({name})"):
                rows = await reader._rows(BEGINNING, PAGE)
            with steps.step(f"{name}: all of it"):
                await reader._decoded(rows)
            with steps.step(f"{name}: meta alone"):
                [read_meta(row[9]) for row in rows]
        found |= {what: seconds / TIMES / len(rows) * 1e6 for what, seconds in steps.seconds.items()}
    return found


ROWS: Final = (
    Row("read", "log read, decoded", "events/s", "decoded", "fetched", "the same pages, undecoded", 0.9),
    Row("read-opened", "log read, decoded and decrypted", "events/s", "opened", "fetched sealed",
        "the same pages, undecoded", 0.5),
)  # fmt: skip
REBUILD: Final = Row(
    "rebuild", "rebuild of a read model", "events/s", "folded", "decoded", "log read, decoded", 0.5
)
BENCHES: Final = (Bench("read", "log read and rebuild", (*ROWS, REBUILD), _prepare, rounds=3, warm=False),)
