"""The connection to RabbitMQ: one durable topic exchange, one quorum queue for each consuming service.

Only what RabbitMQ 3.10 and 4.x share is declared. FastStream consumes (its defaults overridden: manual
acknowledgement, a channel of its own, no reply); publishing is the relay's, on plain aio-pika.
"""

import asyncio
from typing import Any, Final

import aio_pika
import structlog
from aio_pika.abc import AbstractExchange, AbstractRobustConnection
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue

from shared import crash
from shared.bus.envelope import BadEnvelope, read
from shared.bus.inbox import Inbox
from shared.crash import CrashPoint
from shared.observe.metrics import counter
from shared.waking import being_cancelled

log = structlog.get_logger()

PREFETCH: Final = 200
DELIVERY_LIMIT: Final = 20
WATCH_SECONDS: Final = 15.0

_unreadable = counter("portal_bus_unreadable", "Messages that are not public events of ours")


class BrokerNames:
    """Names on the broker; the prefix keeps us apart on a server that is not ours."""

    def __init__(self, prefix: str, exchange: str) -> None:
        self.exchange = f"{prefix}{exchange}"
        self._prefix = prefix

    def queue(self, service: str) -> str:
        return f"{self._prefix}{service}.events"

    def dead(self, service: str) -> str:
        return f"{self._prefix}{service}.events.dead"


async def declare_exchange(channel: Any, names: BrokerNames) -> AbstractExchange:
    """The one topic exchange that all services publish to."""
    exchange: AbstractExchange = await channel.declare_exchange(
        names.exchange, aio_pika.ExchangeType.TOPIC, durable=True
    )
    return exchange


class PublishingChannel:
    """A channel with confirms for the relay, made anew after a failure."""

    def __init__(self, url: str, names: BrokerNames, service: str) -> None:
        self._url = url
        self._names = names
        self._service = service
        self._connection: AbstractRobustConnection | None = None
        self._exchange: AbstractExchange | None = None

    async def exchange(self) -> AbstractExchange:
        """The exchange to publish to. Raises what aio-pika raises when the broker is away."""
        if self._exchange is None:
            properties: dict[str, Any] = {"connection_name": f"{self._service}-relay"}
            self._connection = await aio_pika.connect_robust(
                self._url, client_properties=properties, timeout=5
            )
            channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            self._exchange = await declare_exchange(channel, self._names)
        return self._exchange

    async def reset(self) -> None:
        """Drops the connection: the next `exchange` makes a new one."""
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            try:
                async with asyncio.timeout(3):
                    await connection.close()
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and being_cancelled():
                    raise
                log.debug("broker_close_failed", error=type(error).__name__)

    close = reset


class Subscription:
    """Takes the events of whole services from this service's queue into its inboxes."""

    def __init__(self, url: str, names: BrokerNames, service: str, inboxes: dict[str, Inbox]) -> None:
        self._names = names
        self._service = service
        self._inboxes = inboxes
        self._url = url
        self._broker: RabbitBroker | None = None
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connects in the background: a broker that is away does not keep a service from starting."""
        self._keeper = asyncio.create_task(self._keep(), name="subscription")

    async def close(self) -> None:
        """Stops consuming; what is not acknowledged is delivered again."""
        while self._keeper is not None and not self._keeper.done():
            self._keeper.cancel()  # again, since a connection being made may swallow a cancellation
            await asyncio.wait([self._keeper], timeout=1)
        await self._stop_broker()

    async def _keep(self) -> None:
        """Starts the consumer and watches that our queue still has one."""
        while True:
            try:
                if self._broker is None:
                    await self._start_broker()
                await asyncio.sleep(WATCH_SECONDS)
                if not await self._is_consumed():
                    log.warning("subscription_without_consumer", service=self._service)
                    await self._stop_broker()
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and being_cancelled():
                    raise
                log.warning("subscription_failed", error=type(error).__name__, detail=str(error)[:200])
                await self._stop_broker()
                await asyncio.sleep(1)

    async def _start_broker(self) -> None:
        await self._declare()
        broker = RabbitBroker(
            self._url, logger=None, graceful_timeout=5, app_id=self._service, apply_types=False
        )
        self._subscribe(broker)
        self._broker = broker
        await broker.start()
        log.info("subscribed", sources=sorted(self._inboxes))

    async def _declare(self) -> None:
        connection = await aio_pika.connect(self._url, timeout=5)
        async with connection:
            channel = await connection.channel()
            exchange = await declare_exchange(channel, self._names)
            dead = await channel.declare_queue(
                self._names.dead(self._service), durable=True, arguments={"x-queue-type": "quorum"}
            )
            queue = await channel.declare_queue(
                self._names.queue(self._service), durable=True, arguments=self._arguments(dead.name)
            )
            for source in self._inboxes:
                await queue.bind(exchange, f"{source}.#")

    @staticmethod
    def _arguments(dead: str) -> dict[str, Any]:
        return {
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }

    def _subscribe(self, broker: RabbitBroker) -> None:
        queue = RabbitQueue(
            self._names.queue(self._service), queue_type=QueueType.QUORUM, durable=True, declare=False
        )

        @broker.subscriber(
            queue,
            channel=Channel(prefetch_count=PREFETCH),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            decoder=_whole,
        )
        async def receive(message: Any) -> None:
            await self._receive(message.body, message)

    async def _receive(self, body: bytes, message: RabbitMessage) -> None:
        try:
            envelope = read(body)
        except BadEnvelope as error:
            _unreadable.inc()
            log.error("message_unreadable", error=type(error).__name__)
            await message.ack()
            return
        inbox = self._inboxes.get(envelope.service)
        if inbox is not None:
            redelivered = bool(message.raw_message.redelivered)
            await inbox.deliver(envelope, redelivered=redelivered)
            crash.reach(CrashPoint.APPLIED)
        await message.ack()

    async def _is_consumed(self) -> bool:
        connection = await aio_pika.connect(self._url, timeout=5)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(self._names.queue(self._service), passive=True)
            return bool(queue.declaration_result.consumer_count)

    async def _stop_broker(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            try:
                async with asyncio.timeout(8):
                    await broker.stop()
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and being_cancelled():
                    raise
                log.debug("broker_stop_failed", error=type(error).__name__)


async def _whole(message: Any) -> Any:
    """The handler gets the message itself: injecting its parts costs more than our handling of it."""
    return message
