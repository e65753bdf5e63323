"""Watchers on a real broker: what they hear, and that its absence only makes them slower."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import aio_pika
import pytest

from gateway.live import MOST_WAITING, LiveHub, Watch
from shared.bus.envelope import Envelope, write
from shared.ids import new_id

pytestmark = pytest.mark.integration


class Cable:
    """A stretch of network before the broker that can be cut and mended."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._open: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        while self._open:
            self._open.pop().transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._to)
        self._open += [writer, far_writer]

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


class Publisher:
    def __init__(self, exchange: Any) -> None:
        self.exchange, self.sequence = exchange, 0

    async def say(self, kind: str, subject: UUID, **data: str) -> None:
        self.sequence += 1
        envelope = Envelope(
            id=new_id(),
            source=f"portal/{kind.split('.', maxsplit=1)[0]}",
            type=kind,
            subject=str(subject),
            time=datetime.now(UTC),
            sequence=self.sequence,
            data=data,
            streamversion=1,
        )
        await self.exchange.publish(aio_pika.Message(write(envelope)), routing_key=kind)


@pytest.fixture
def exchange() -> str:
    return f"test-{uuid4().hex[:8]}.portal.events"


@pytest.fixture
async def publisher(amqp_url: str, exchange: str) -> AsyncIterator[Publisher]:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        declared = await channel.declare_exchange(exchange, aio_pika.ExchangeType.TOPIC, durable=True)
        yield Publisher(declared)
        await declared.delete()


@pytest.fixture
async def hub(amqp_url: str, exchange: str) -> AsyncIterator[LiveHub]:
    async with LiveHub(amqp_url, exchange) as hub:
        await until(lambda: hub.connected)
        yield hub


async def until(true: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def heard(watch: Watch, seconds: float = 5) -> Envelope:
    """The next event, hints left out."""
    async with asyncio.timeout(seconds):
        async for envelope in watch:
            if envelope is not None:
                return envelope
    raise AssertionError("the watch has ended")


class TestWatch:
    async def test_hears_of_its_case_by_data_and_by_subject(self, hub: LiveHub, publisher: Publisher) -> None:
        case_id, claim_id = new_id(), new_id()
        watch = hub.watch(case_id)
        await publisher.say("payments.payment_settled.v1", claim_id, case_id=str(case_id))
        await publisher.say("applications.application_withdrawn.v1", case_id)
        assert (await heard(watch)).type == "payments.payment_settled.v1"
        assert (await heard(watch)).type == "applications.application_withdrawn.v1"

    async def test_hears_an_event_that_names_its_case_twice_once(
        self, hub: LiveHub, publisher: Publisher
    ) -> None:
        case_id = new_id()
        watch = hub.watch(case_id)
        await publisher.say("applications.one.v1", case_id, case_id=str(case_id))
        await publisher.say("applications.two.v1", case_id, case_id=str(case_id))
        assert [(await heard(watch)).type for _ in range(2)] == ["applications.one.v1", "applications.two.v1"]

    async def test_hears_nothing_of_another_case(self, hub: LiveHub, publisher: Publisher) -> None:
        mine, other = hub.watch(new_id()), hub.watch(case_id := new_id())
        await publisher.say("applications.one.v1", case_id)
        await heard(other)
        with pytest.raises(TimeoutError):
            await heard(mine, 0.2)

    async def test_takes_nothing_from_another_reader(self, hub: LiveHub, publisher: Publisher) -> None:
        case_id = new_id()
        watches = [hub.watch(case_id) for _ in range(3)]
        await publisher.say("applications.one.v1", case_id)
        assert [(await heard(watch)).type for watch in watches] == ["applications.one.v1"] * 3

    async def test_keeps_a_slow_reader_bounded(self, hub: LiveHub, publisher: Publisher) -> None:
        case_id = new_id()
        slow, quick = hub.watch(case_id), hub.watch(case_id)
        for _ in range(MOST_WAITING + 8):
            await publisher.say("applications.one.v1", case_id)
            await heard(quick)
        assert (await heard(slow)).sequence == 9

    async def test_can_be_caught_up_with(self, hub: LiveHub, publisher: Publisher) -> None:
        case_id = new_id()
        late, quick = hub.watch(case_id), hub.watch(case_id)
        for kind in ("applications.one.v1", "applications.two.v1"):
            await publisher.say(kind, case_id)
            await heard(quick)
        late.catch_up()
        await publisher.say("applications.three.v1", case_id)
        assert (await heard(late)).type == "applications.three.v1"

    async def test_is_forgotten_with_its_reader(self, hub: LiveHub) -> None:
        case_id = new_id()
        watch = hub.watch(case_id)
        assert len(hub._watches[str(case_id)]) == 1
        del watch
        gc.collect()
        assert not hub._watches[str(case_id)]

    async def test_survives_a_message_that_is_no_event(self, hub: LiveHub, publisher: Publisher) -> None:
        watch = hub.watch(case_id := new_id())
        await publisher.exchange.publish(aio_pika.Message(b"{"), routing_key="x")
        await publisher.say("applications.one.v1", case_id)
        assert (await heard(watch)).type == "applications.one.v1"

    async def test_ends_when_the_hub_closes(self, amqp_url: str, exchange: str) -> None:
        async with LiveHub(amqp_url, exchange) as hub:
            await until(lambda: hub.connected)
            watch = hub.watch(new_id())
            reading = asyncio.create_task(_all(watch))
            await asyncio.sleep(0.05)
        async with asyncio.timeout(2):
            assert set(await reading) <= {None}


async def _all(watch: Watch) -> list[Envelope | None]:
    return [envelope async for envelope in watch]


class TestBrokerAway:
    async def test_makes_watchers_look_once_a_second(self, exchange: str) -> None:
        async with LiveHub("amqp://guest:guest@127.0.0.1:9/", exchange) as hub:
            watch, begun = hub.watch(new_id()), time.monotonic()
            hints: list[Envelope | None] = []
            async with asyncio.timeout(10):
                while len(hints) < 3:
                    hints.append(await anext(watch))
            assert hints == [None] * 3
            assert 0.9 < time.monotonic() - begun < 5

    async def test_is_mended_without_a_word(self, amqp_url: str, exchange: str, publisher: Publisher) -> None:
        at = urlsplit(amqp_url)
        cable = Cable(at.hostname or "127.0.0.1", at.port or 5672)
        await cable.mend()
        login = f"{at.username}:{at.password}@" if at.username else ""
        async with LiveHub(f"amqp://{login}127.0.0.1:{cable.port}{at.path}", exchange) as hub:
            await until(lambda: hub.connected)
            watch = hub.watch(case_id := new_id())
            await cable.cut()
            await until(lambda: not hub.connected)
            async with asyncio.timeout(3):
                assert await anext(watch) is None
            await cable.mend()
            await until(lambda: hub.connected)
            await publisher.say("applications.one.v1", case_id)
            assert (await heard(watch)).type == "applications.one.v1"
        await cable.cut()
