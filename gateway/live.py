"""Public events as they pass, for pages that watch a case. Only a hint to look again: what counts is asked.

Nothing is kept: a queue of this process alone, gone with its connection. While the broker is away watchers
are woken once a second instead, so that a page is never later than that.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID
from weakref import WeakSet

import aio_pika
import structlog
from aio_pika.abc import AbstractIncomingMessage

from gateway.settings import GatewaySettings
from shared.bus.envelope import BadEnvelope, Envelope, read
from shared.waking import woken
from shared.web.probes import Probes

MOST_WAITING: Final = 32
BEAT_SECONDS: Final = 15.0
POLL_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 1.0
QUEUE_BOUNDS: Final[dict[str, Any]] = {"x-max-length": 10_000, "x-overflow": "drop-head"}

log = structlog.get_logger("live")


class Watch:
    """The events of one case from the moment of `LiveHub.watch` on; None means: look, it may have changed.

    None comes every 15 seconds while the broker is there, every second while it is not. Whoever reads too
    slowly misses the oldest. Ends when the hub closes.
    """

    def __init__(self, hub: "LiveHub") -> None:
        self._hub = hub
        self._waiting: deque[Envelope | None] = deque(maxlen=MOST_WAITING)
        self._woken = asyncio.Event()

    def put(self, envelope: Envelope | None) -> None:
        """Called by the hub; two hints in a row are one."""
        if envelope is not None or not self._waiting:
            self._waiting.append(envelope)
        self._woken.set()

    def catch_up(self) -> None:
        """Forgets what waits: whoever asks the services from now on finds all of it."""
        self._waiting.clear()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Envelope | None:
        if not self._waiting and not self._hub.closed:
            self._woken.clear()
            await woken(self._woken, self._hub.beat)
        if self._waiting:
            return self._waiting.popleft()
        if self._hub.closed:
            raise StopAsyncIteration
        return None


class LiveHub:
    """One consumer for the process. `start` needs a running loop and does not wait for the broker."""

    def __init__(self, url: str, exchange: str) -> None:
        self._url, self._exchange = url, exchange
        self._watches: dict[str, WeakSet[Watch]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self.connected = False
        self.closed = False

    @classmethod
    def of(cls, settings: GatewaySettings) -> Self:
        """On the exchange that the services publish to."""
        return cls(settings.rabbitmq_url, f"{settings.name_prefix}{settings.exchange}")

    @property
    def beat(self) -> float:
        """Seconds after which a watcher is told to look although nothing was heard."""
        return BEAT_SECONDS if self.connected else POLL_SECONDS

    def watch(self, case_id: UUID) -> Watch:
        """Events whose `data.case_id` or subject is `case_id`. Forgotten with the object that is returned."""
        watch = Watch(self)
        if len(self._watches) > MOST_WAITING * 4:
            self._watches = {case: kept for case, kept in self._watches.items() if kept}
        self._watches.setdefault(str(case_id), WeakSet()).add(watch)
        return watch

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name="live-hub")

    async def close(self) -> None:
        """Ends every watch."""
        self.closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._wake_all()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _keep(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:
                log.warning("broker_away", error=type(error).__name__)
            finally:
                self.connected = False
            self._wake_all()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        """Returns when the connection is lost."""
        properties: dict[str, Any] = {"connection_name": "gateway-live"}
        connection = await aio_pika.connect(self._url, timeout=5, client_properties=properties)
        async with connection:
            channel = await connection.channel()
            exchange = await channel.declare_exchange(
                self._exchange, aio_pika.ExchangeType.TOPIC, durable=True
            )
            queue = await channel.declare_queue(
                exclusive=True, auto_delete=True, arguments=dict(QUEUE_BOUNDS)
            )
            await queue.bind(exchange, "#")
            await queue.consume(self._receive, no_ack=True)
            self.connected = True
            self._wake_all()  # what passed while nobody listened
            log.info("listening", exchange=self._exchange)
            await channel.closed()

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        try:
            envelope = read(message.body)
        except BadEnvelope as error:
            log.error("message_unreadable", error=type(error).__name__)
            return
        for case_id in {envelope.subject, str(envelope.data.get("case_id", ""))}:
            for watch in list(self._watches.get(case_id, ())):
                watch.put(envelope)

    def _wake_all(self) -> None:
        for kept in self._watches.values():
            for watch in list(kept):
                watch.put(None)


@contextlib.asynccontextmanager
async def listening(settings: GatewaySettings, probes: Probes) -> AsyncIterator[LiveHub]:
    """A hub at work. It closes as soon as the process begins to stop: open streams would keep it waiting."""

    async def close_in_time() -> None:
        await probes.until_draining()
        await hub.close()

    async with LiveHub.of(settings) as hub:
        closing = asyncio.create_task(close_in_time(), name="live-hub-closing")
        try:
            yield hub
        finally:
            closing.cancel()
