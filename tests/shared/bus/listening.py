"""Services that listen to the library: what they have applied can be counted, and they can be held up."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import aio_pika

from shared.bus.handlers import ForeignEvent, Handlers
from shared.bus.published import Published
from shared.ids import new_id
from shared.log import Unit
from shared.service import Parts, Runtime, Service
from shared.testing import Running
from tests.shared.toy.library import ARCHIVE, Loan

NOTED: Final = "SELECT payload->>'title' AS title FROM task WHERE kind = 'note'"


class Door:
    """Where the consumers read the library's feed: over HTTP, without a socket."""

    def __init__(self, library: Running) -> None:
        self._library = library

    async def request(self, method: str, source: str, path: str, *, purpose: str) -> Any:
        headers = self._library.mint.service("archive", "library")
        return (await self._library.http.request(method, path, headers=headers)).raise_for_status()

    async def aclose(self) -> None:
        pass


class Lent(ForeignEvent):
    """What they read of a loan."""

    title: str


class Gate:
    """While it is shut, whoever came to it waits."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.somebody_came = asyncio.Event()
        self._opened = asyncio.Event()
        if is_open:
            self.open()

    def open(self) -> None:
        self._opened.set()

    async def passed(self) -> None:
        self.somebody_came.set()
        await self._opened.wait()


def listener(name: str, library: Running, gate: Gate) -> Service:
    """Leaves a task for each event, so that one applied twice shows."""

    def build(runtime: Runtime) -> Parts:
        handlers = Handlers()

        @handlers.on("library.book_lent.v1", Lent)
        async def note(event: Lent, unit: Unit) -> None:
            await gate.passed()
            unit.task("note", {"title": event.title})

        return Parts(handlers=handlers)

    calls: Any = lambda _settings: Door(library)  # noqa: E731
    return replace(ARCHIVE, name=name, published=Published(name), build=build, calls=calls)


async def lend(library: Running, count: int) -> list[UUID]:
    """So many loans, one after the other; each title is there once."""
    made = []
    for _ in range(count):
        unit = library.runtime.unit()
        loan = Loan.lend(id=new_id(), now=unit.now, title=str(new_id()), reader="Łukasz")
        await unit.save(loan, subject=new_id())
        await unit.commit()
        made.append(loan.id)
    return made


async def all_published(library: Running) -> None:
    """The broker has confirmed all that the log holds: nobody will send it again."""
    count = "SELECT (SELECT count(*) FROM event) = (SELECT published FROM relay_cursor)"
    async with asyncio.timeout(30):
        while not await library.runtime.pool.fetchval(count):
            await asyncio.sleep(0.05)


async def listens(one: Running) -> bool:
    """Whether its queue is there and has a consumer."""
    settings = one.runtime.settings
    try:
        async with await aio_pika.connect(settings.rabbitmq_url, timeout=5) as connection:
            name = f"{settings.name_prefix}{one.runtime.name}.events"
            queue = await (await connection.channel()).declare_queue(name, passive=True)
            return bool(queue.declaration_result.consumer_count)
    except (aio_pika.exceptions.AMQPError, OSError):
        return False


async def all_listen(*services: Running) -> None:
    async with asyncio.timeout(60):
        while not all([await listens(one) for one in services]):
            await asyncio.sleep(0.1)


async def noted(one: Running) -> "Counter[str]":
    """How often each title was applied."""
    return Counter(row["title"] for row in await one.runtime.pool.fetch(NOTED))


async def all_noted(library: Running, *services: Running) -> None:
    """Each has applied as many events as the library has, at least."""
    count = await library.runtime.pool.fetchval("SELECT count(*) FROM event")
    async with asyncio.timeout(60):
        while any([(await noted(one)).total() < count for one in services]):
            await asyncio.sleep(0.1)


async def expected(library: Running) -> "Counter[str]":
    """Each title once."""
    return Counter(row["title"] for row in await library.runtime.pool.fetch("SELECT title FROM loan"))
