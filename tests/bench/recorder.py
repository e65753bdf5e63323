"""The `eventsourcing` library's own PostgreSQL recorder, beside the raw insert and beside our append.

It is synchronous: each caller is a thread. Its driver, psycopg, is nothing that the portal needs.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from shared.ids import new_id
from tests.bench.appending import INSERT, Writer
from tests.bench.measuring import Bench, Figures, Notes, Row, Side, Size
from tests.bench.rig import Log, Rig

CALLERS: Final = (1, 8, 32)


def _recorder(log: Log, callers: int) -> Any:
    """With a pool of as many connections as callers, in a table of its own."""
    at = urlsplit(log.databases.owner_log)
    datastore = PostgresDatastore(
        at.path.strip("/"), at.hostname or "", at.port or 5432, at.username or "", at.password or "",
        pool_size=callers,
    )  # fmt: skip
    recorder = PostgresApplicationRecorder(datastore, events_table_name="library_events")
    recorder.create_table()
    return recorder


async def _recorded(
    rig: Rig, recorder: Any, writer: Writer, threads: ThreadPoolExecutor, callers: int, seconds: float
) -> Figures:
    """Events a second, one an insert."""
    loop, done = asyncio.get_running_loop(), 0.0

    def caller() -> int:
        count, until = 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            recorder.insert_events([StoredEvent(new_id(), 1, writer.name, writer.payload)])
            count += 1
        return count

    async def together() -> None:
        nonlocal done
        done = sum(await asyncio.gather(*(loop.run_in_executor(threads, caller) for _ in range(callers))))

    elapsed, client, server = await rig.spent(together)
    return {"": done / elapsed, "client": client / done * 1e6, "server": server / done * 1e6}


def _prepare(callers: int) -> Callable[[Rig, Size, Notes], Any]:
    @asynccontextmanager
    async def prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
        async with rig.log() as log:
            writer = Writer(log)
            await writer.prepare()
            connections = await log.connections(callers)
            recorder = await asyncio.to_thread(_recorder, log, callers)
            insert = partial(writer.insert, connections)
            with ThreadPoolExecutor(callers) as threads:
                yield {
                    "insert": lambda: rig.timed(size.seconds, callers, insert),
                    "append": lambda: rig.timed(size.seconds, callers, writer.append),
                    "recorder": lambda: _recorded(rig, recorder, writer, threads, callers, size.seconds),
                }
            await asyncio.to_thread(recorder.datastore.close)
            for connection in connections:
                connection.terminate()

    return prepare


def _rows(callers: int) -> tuple[Row, ...]:
    at = f"{callers} callers" if callers > 1 else "1 caller"
    what = f"eventsourcing's own recorder, {at}"
    return (
        Row(f"recorder-{callers}", what, "/s", "recorder", "insert", INSERT),
        Row(f"recorder-append-{callers}", f"{what}, beside ours", "/s", "recorder", "append", "our append"),
    )


BENCHES: Final = tuple(
    Bench("append", f"the library's recorder, {callers}", _rows(callers), _prepare(callers))
    for callers in CALLERS
)
