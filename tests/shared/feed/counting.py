"""Streams that many write to: each counts on. Run as a module it is one of the writing processes."""

import asyncio
import os
import random
import signal
import sys
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from shared.bus.published import Published
from shared.domain import Aggregate, Created, Event, stored
from shared.feed.relay import Relay
from shared.feed.sequencer import Sequencer
from shared.keys import KeyRing, lookup
from shared.log import AppendQueue, LogParts, LogReader, LogUnavailable, Projections, Unit, VersionConflict
from shared.log.outage import DATABASE_AWAY
from shared.log.snapshots import Snapshots

CALLERS: Final = 8
HOT: Final = 4
SECRET: Final = b"s" * 32
WRITTEN: Final = "written"
NAMED: Final = {"application_name": f"counting-{os.getpid()}"}
"""By which the server tells whose a session is."""


@stored("counter.begun")
class Begun(Created):
    """A count begins."""

    def apply(self, aggregate: "Counter") -> None:
        aggregate.count = 0


@stored("counter.counted")
class Counted(Event):
    """One more."""

    count: int

    def apply(self, aggregate: "Counter") -> None:
        aggregate.count = self.count


class Counter(Aggregate):
    """Counts without a gap."""

    BEGINS = (Begun,)
    SNAPSHOT_EVERY = 20
    count: int

    def go_on(self, *, now: datetime) -> None:
        self.emit(Counted, now=now, count=self.count + 1)


class HasCounted(BaseModel):
    """One more was counted."""

    count: int


PUBLISHED = Published("counter")
PUBLISHED.add(
    Counted,
    HasCounted(count=1),
    name="Counted",
)


class Writers:
    """The callers of one process."""

    def __init__(self, pool: asyncpg.Pool, queue: AppendQueue) -> None:
        keys = KeyRing(pool, SECRET, "counter")  # nothing personal is counted: no key is ever asked for
        self._parts = LogParts(
            queue, LogReader(pool, keys), keys, Snapshots(pool, keys), Projections(), lookup(SECRET)
        )
        self.stopping = False

    def unit(self) -> Unit:
        return Unit(self._parts, datetime.now(UTC))

    async def begin(self, stream: UUID) -> None:
        unit = self.unit()
        await unit.save(Counter.begin(Begun, id=stream, now=unit.now))
        await unit.commit()

    @staticmethod
    def _pick(streams: list[UUID]) -> UUID:
        """Often one of a few; were it always, a flush would wait for each other and none run side by side."""
        return random.choice(streams[:HOT] if random.random() < 0.25 else streams)

    async def write(self, streams: list[UUID]) -> None:
        """Counts on; says each event that it was told is written."""
        while not self.stopping:
            unit = self.unit()
            try:
                counter = await unit.load(Counter, self._pick(streams))
                counter.go_on(now=unit.now)
                await unit.save(counter)
                event_id = unit.append.streams[0].events[0].event_id
                await unit.commit()
            except (VersionConflict, LogUnavailable, *DATABASE_AWAY):
                continue
            print(f"{WRITTEN} {event_id}", flush=True)


async def main(url: str, streams: str, *broker: str) -> None:
    """Writes until SIGTERM; with a broker's URL and a prefix it numbers and publishes as well."""
    pool = await asyncpg.create_pool(url, min_size=1, max_size=6, server_settings=NAMED)
    relay = _relay(pool, *broker) if broker else None
    queue = AppendQueue(lambda: asyncpg.connect(url), lambda _: relay.wake() if relay else None)
    await queue.start()
    if relay is not None:
        await relay.start()
    writers = Writers(pool, queue)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, setattr, writers, "stopping", True)
    ids = [UUID(one) for one in streams.split(",")]
    await asyncio.gather(*(writers.write(ids) for _ in range(CALLERS)))
    await queue.close()
    if relay is not None:
        await relay.close()
    await pool.close()


def _relay(pool: asyncpg.Pool, url: str, prefix: str) -> Relay:
    from shared.bus.broker import BrokerNames, PublishingChannel  # half of what a process takes to begin

    line = PublishingChannel(url, BrokerNames(prefix, "portal.events"), "counter")
    return Relay(pool, Sequencer(pool, PUBLISHED), line)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
