"""Handlers beside aio-pika alone, and a new consumer that catches up from the feed."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
from faststream.rabbit import RabbitBroker

from deploy.local.places import ROOT
from deploy.local.ports import HOST, free_port
from deploy.local.processes import Process, Supervisor, answers_http
from deploy.local.services import inherited
from shared.bus.broker import Subscription
from shared.bus.envelope import Envelope
from shared.bus.feed_reading import FeedClient
from shared.bus.inbox import BATCH, Inbox
from shared.bus.remote_feed import RemoteFeed
from shared.log import Context, Unit
from shared.testing import CallerMint, write_secrets
from shared.web.calls import IssuedToken, ServiceCalls, TokenFor
from tests.bench.catching import looking_on
from tests.bench.flow import TOO_LONG, Flow, flowing
from tests.bench.measuring import Bench, Figures, Notes, Row, Side, Size
from tests.bench.office import ARCHIVE, archive_handlers
from tests.bench.rig import Log, Rig

PREFETCH: Final = 200
_ROWS = """
INSERT INTO raw_seen AS s (matter_id, step) SELECT * FROM unnest($1::uuid[], $2::int[])
ON CONFLICT (matter_id) DO UPDATE SET step = excluded.step
"""
_CURSOR = """
INSERT INTO inbox_cursor (source, sequence) VALUES ('raw', $1)
ON CONFLICT (source) DO UPDATE SET sequence = excluded.sequence
"""


class NothingMissed:
    """A feed that has nothing beyond the broker."""

    async def after(self, source: str, sequence: int, limit: int) -> list[Envelope]:
        return []


class Watch:
    """Notes when the first event was handled."""

    def __init__(self) -> None:
        self.began = 0.0
        self.handlers = archive_handlers()

    async def apply(self, envelope: Envelope, unit: Unit) -> None:
        self.began = self.began or time.perf_counter()
        await self.handlers.apply(envelope, unit)


@dataclass(slots=True)
class Archive:
    """The consumer: its own log, emptied before each round."""

    log: Log
    flow: Flow
    rig: Rig

    async def empty(self) -> None:
        await self.log.owner.execute("TRUNCATE seen_matter, raw_seen, inbox_cursor")

    def unit_on(self, envelope: Envelope) -> Unit:
        return self.log.unit(Context("service:archive", "reaction", envelope.correlationid, str(envelope.id)))

    def inbox(self, feed: FeedClient) -> tuple[Inbox, Watch]:
        watch = Watch()
        handlers: Any = watch
        return Inbox("office", self.log.pool, handlers, self.unit_on, feed), watch

    async def handle(self) -> Figures:
        """Everything in the queue through the inbox, from the first handler to the last commit."""
        await self.empty()
        await self.flow.channel.queue_delete(self.flow.names.queue("archive"))
        inbox, watch = self.inbox(NothingMissed())
        subscription = Subscription(self.flow.url, self.flow.names, "archive", {"office": inbox})
        async with RabbitBroker(self.flow.url, logger=None) as broker:
            await subscription._declare(broker)
        await self.flow.publish()
        inbox.start()

        async def all_of_it() -> None:
            subscription.start()
            await _reaches(inbox, len(self.flow.messages))

        _, client, server = await self.rig.spent(all_of_it)
        seconds = time.perf_counter() - watch.began
        await subscription.close()
        await inbox.close()
        return _figures(len(self.flow.messages), seconds, client, server)

    async def handle_raw(self) -> Figures:
        """Consume and acknowledge by aio-pika, the same rows and a cursor in as large transactions."""
        await self.empty()
        queue = await self.flow.queue("raw")
        await self.flow.publish()
        consumer = RawConsumer(self.log, queue, len(self.flow.messages))
        _, client, server = await self.rig.spent(consumer.run)
        await queue.delete(if_unused=False, if_empty=False)
        return _figures(len(self.flow.messages), consumer.ended - consumer.began, client, server)

    async def catch_up(self, feed: FeedClient) -> Figures:
        """A new consumer, the broker empty: everything from the feed of the other process."""
        await self.empty()
        inbox, _ = self.inbox(feed)

        async def all_of_it() -> None:
            inbox.start()
            await _reaches(inbox, len(self.flow.messages))

        seconds, client, server = await self.rig.spent(all_of_it)
        await inbox.close()
        return _figures(len(self.flow.messages), seconds, client, server)


def _figures(count: int, seconds: float, client: float, server: float) -> Figures:
    return {"": count / seconds, "client": client / count * 1e6, "server": server / count * 1e6}


async def _reaches(inbox: Inbox, sequence: int) -> None:
    async with asyncio.timeout(TOO_LONG):
        while inbox._cursor < sequence:
            await asyncio.sleep(0.002)


class RawConsumer:
    """The least that does the same: a prefetch, a batch, one transaction, an acknowledgement each."""

    def __init__(self, log: Log, queue: Any, count: int) -> None:
        self._log, self._queue, self._count = log, queue, count
        self._arrived: asyncio.Queue[Any] = asyncio.Queue()
        self.began = self.ended = 0.0

    async def run(self) -> None:
        await self._queue.channel.set_qos(PREFETCH)
        tag = await self._queue.consume(self._arrive)
        done = 0
        async with asyncio.timeout(TOO_LONG), self._log.pool.acquire() as connection:
            while done < self._count:
                batch = [await self._arrived.get()]
                while len(batch) < BATCH and not self._arrived.empty():
                    batch.append(self._arrived.get_nowait())
                done += len(batch)
                await self._commit(connection, batch, done)
        self.ended = time.perf_counter()
        await self._queue.cancel(tag)

    async def _arrive(self, message: Any) -> None:
        self.began = self.began or time.perf_counter()
        self._arrived.put_nowait(message)

    async def _commit(self, connection: Any, batch: list[Any], done: int) -> None:
        rows = {}
        for message in batch:
            data = msgspec.json.decode(message.body)["data"]
            rows[data["matter_id"]] = data["step"]
        async with connection.transaction():
            await connection.execute(_ROWS, list(rows), list(rows.values()))
            await connection.execute(_CURSOR, done)
        for message in batch:
            await message.ack()


@asynccontextmanager
async def served_feed(flow: Flow) -> AsyncIterator[tuple[FeedClient, psutil.Process]]:
    """The office as a process of its own; yields the client that reads its feed, and the process."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, port, mint = Path(name), free_port(), CallerMint()
        write_secrets(folder / "secrets", mint)
        office = Process(
            name="office",
            command=[sys.executable, "-m", "tests.bench.served"],
            environment=inherited(os.environ) | _told(flow, folder / "secrets", port),
            ready=answers_http(port, "/health/ready"),
        )
        supervisor = Supervisor(folder)
        try:
            await asyncio.to_thread(supervisor.start, office, within=60)
            url = f"http://{HOST}:{port}"
            calls = ServiceCalls("archive", url, "", {"office": url})
            yield MintedFeed(calls, mint), psutil.Process(supervisor.running[0].child.pid)
            await calls.aclose()
        finally:
            await asyncio.to_thread(supervisor.stop)


def _told(flow: Flow, secrets: Path, port: int) -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT),
        "PORTAL_SECRETS_DIR": str(secrets),
        "PORTAL_PORT": str(port),
        "PORTAL_DATABASE_URL": flow.log.databases.log,
        "PORTAL_KEYS_DATABASE_URL": flow.log.databases.keys,
        "PORTAL_AUDIT_ANCHORS": (secrets.parent / "anchors").as_uri(),
        "PORTAL_RABBITMQ_URL": flow.url,
        "PORTAL_NAME_PREFIX": flow.names.exchange.removesuffix("portal.events"),
        "PORTAL_LOG_LEVEL": "error",
    }


class MintedFeed:
    """A RemoteFeed whose token comes from a mint: identity is no part of what is measured."""

    def __init__(self, calls: ServiceCalls, mint: CallerMint) -> None:
        self._calls, self._mint, self._feed = calls, mint, RemoteFeed(calls)

    async def after(self, source: str, sequence: int, limit: int) -> list[Envelope]:
        now, place = datetime.now(UTC), TokenFor("office", "read-feed", None)
        kept = self._calls._tokens.get(place)
        if kept is None or kept.expires_at < now + timedelta(seconds=20):
            token = self._mint.service("archive", "office")["Authorization"].removeprefix("Bearer ")
            self._calls._tokens[place] = IssuedToken(token=token, expires_at=now + timedelta(seconds=60))
        return await self._feed.after(source, sequence, limit)


@asynccontextmanager
async def _prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    async with (
        flowing(rig, size) as flow,
        flowing(rig, size) as theirs,  # the served office has a relay of its own, and only one leads
        rig.log(ARCHIVE) as log,
        served_feed(theirs) as (feed, office),
    ):
        await log.owner.execute("CREATE TABLE raw_seen (LIKE seen_matter INCLUDING ALL)")
        await log.owner.execute(f"GRANT ALL ON raw_seen TO {_role(log)}")
        archive = Archive(log, flow, rig)
        sink = await flow.queue()
        await sink.delete(if_unused=False, if_empty=False)

        async def relayed() -> float:
            await flow.queue()  # bound in this round alone: the other sides shall not fill it
            rate = await flow.relay()
            await sink.delete(if_unused=False, if_empty=False)
            return rate

        yield {
            "consumed": archive.handle_raw,
            "handled": archive.handle,
            "relayed": relayed,
            "caught up": lambda: archive.catch_up(feed),
        }
        notes.profiles["catch-up, microseconds an event"] = await _profile(archive, feed, office)


async def _profile(archive: Archive, feed: FeedClient, office: psutil.Process) -> dict[str, float]:
    """One more catch-up that is looked at."""
    count, spent = len(archive.flow.messages), dict[str, float]()
    before = sum(office.cpu_times()[:2])
    with looking_on(spent):
        found: Any = await archive.catch_up(feed)
    served = sum(office.cpu_times()[:2]) - before
    return {"all of it": 1e6 / found[""]} | {step: each / count * 1e6 for step, each in spent.items()} | {
        "processor of this process": found["client"],
        "processor of PostgreSQL": found["server"],
        "processor of the source's process": served / count * 1e6,
    }  # fmt: skip


def _role(log: Log) -> str:
    return log.databases.log.partition("//")[2].partition(":")[0]


ROWS: Final = (
    Row("handlers", "handlers with effect and cursor", "events/s", "handled", "consumed",
        "aio-pika consume and acknowledge, the same rows batched", 0.7),
    Row("catch-up", "catch-up of a new consumer from the feed over HTTP", "events/s", "caught up", "relayed",
        "the relay", 1.0),
)  # fmt: skip
BENCHES: Final = (Bench("inbox", "handlers and catch-up", ROWS, _prepare, rounds=5),)
