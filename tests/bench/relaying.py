"""The relay beside aio-pika alone: the same bytes, persistent, confirmed, to a quorum queue."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from tests.bench.flow import flowing
from tests.bench.measuring import Bench, Notes, Row, Side, Size
from tests.bench.rig import Rig


@asynccontextmanager
async def _prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    async with flowing(rig, size) as flow:
        queue = await flow.queue()

        async def published() -> float:
            await queue.purge()
            return await flow.publish()

        async def relayed() -> float:
            await queue.purge()
            return await flow.relay()

        yield {"published": published, "relayed": relayed}
        notes.remarks.append(
            f"The sequencer moved {flow.sequenced_a_second:,.0f} events a second from the log to the feed."
        )


ROWS: Final = (
    Row("relay", "relay with confirms to a quorum queue", "events/s", "relayed", "published",
        "aio-pika, same bytes, 100 in flight", 0.8),
)  # fmt: skip
BENCHES: Final = (Bench("relay", "relay", ROWS, _prepare, rounds=5),)
