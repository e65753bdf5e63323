"""The connection to RabbitMQ: one durable topic exchange, one quorum queue for each consuming service.

Only what RabbitMQ 3.10 and 4.x share is declared. FastStream holds the consuming connection and declares;
messages are taken from the channel below it, and published on plain aio-pika (docs/decisions/0019).
"""

import asyncio
from functools import partial
from typing import Any, Final

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection, AbstractExchange, AbstractRobustConnection
from faststream.rabbit import ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue

from shared import crash
from shared.bus.deliveries import Deliveries
from shared.bus.envelope import BadEnvelope, read
from shared.bus.inbox import Inbox
from shared.crash import CrashPoint
from shared.observe.metrics import counter
from shared.waking import being_cancelled, woken

log = structlog.get_logger()

PREFETCH: Final = 200
DELIVERY_LIMIT: Final = 20
WATCH_SECONDS: Final = 15.0
ANSWERED_WITHIN: Final = 5.0
DECLARED_WITHIN: Final = 20.0

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


class ConsumerLost(ConnectionError):
    """Nothing comes from the queue any more: the subscription begins anew."""


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
        await self._disconnect()

    async def _keep(self) -> None:
        """Consumes; a connection on which nothing comes any more is left for a new one."""
        while True:
            try:
                await self._consume()
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and being_cancelled():
                    raise
                log.warning("subscription_failed", error=type(error).__name__, detail=str(error)[:200])
            await self._disconnect()
            await asyncio.sleep(1)

    async def _consume(self) -> None:
        """Raises ConsumerLost once the broker has ended it, and what aio-pika raises."""
        self._broker = RabbitBroker(self._url, logger=None, app_id=self._service, timeout=ANSWERED_WITHIN)
        connection = await self._broker.connect()
        deliveries, lost = Deliveries(PREFETCH // 2), asyncio.Event()

        def lose(_: Any) -> None:
            lost.set()
            deliveries.changed.set()

        async def receive(message: Any) -> None:
            self._receive(message, deliveries)

        async with asyncio.timeout(DECLARED_WITHIN):
            queue = await self._declare(self._broker)
            made = await connection.channel(publisher_confirms=False)
            channel: Any = await made.get_underlay_channel()
            channel.closing.add_done_callback(lose)
            channel.on_consumer_cancel_callbacks.add(lose)
            await channel.basic_qos(prefetch_count=PREFETCH)
            await channel.basic_consume(queue, receive)
        log.info("subscribed", sources=sorted(self._inboxes))
        await self._acknowledge(channel, deliveries, lost, connection)

    async def _declare(self, broker: RabbitBroker) -> str:
        """The topology that this service needs; returns the name of its queue."""
        names, service = self._names, self._service
        exchange = await broker.declare_exchange(
            RabbitExchange(names.exchange, type=ExchangeType.TOPIC, durable=True)
        )
        dead = RabbitQueue(names.dead(service), queue_type=QueueType.QUORUM, durable=True)
        await broker.declare_queue(dead)
        queue = await broker.declare_queue(
            RabbitQueue(
                names.queue(service),
                queue_type=QueueType.QUORUM,
                durable=True,
                arguments={
                    "x-single-active-consumer": True,
                    "x-delivery-limit": DELIVERY_LIMIT,
                    "x-dead-letter-exchange": "",
                    "x-dead-letter-routing-key": dead.name,
                    "x-dead-letter-strategy": "at-least-once",
                    "x-overflow": "reject-publish",
                },
            )
        )
        for source in self._inboxes:
            await queue.bind(exchange, f"{source}.#")
        return queue.name

    def _receive(self, message: Any, deliveries: Deliveries) -> None:
        """Hands a message to its source's inbox, which settles it; what belongs to none is forgotten."""
        tag = message.delivery.delivery_tag
        deliveries.delivered(tag)
        try:
            envelope = read(message.body)
        except BadEnvelope as error:
            _unreadable.inc()
            log.error("message_unreadable", error=type(error).__name__)
            deliveries.settle(tag)
            return
        inbox = self._inboxes.get(envelope.service)
        if inbox is None:
            deliveries.settle(tag)
            return
        redelivered = bool(message.delivery.redelivered)
        inbox.deliver(envelope, partial(deliveries.settle, tag), redelivered=redelivered)

    async def _acknowledge(
        self, channel: Any, deliveries: Deliveries, lost: asyncio.Event, connection: AbstractConnection
    ) -> None:
        """Tells the broker what is settled, and watches that it still has a consumer here."""
        clock = asyncio.get_running_loop().time
        watch_at = clock() + WATCH_SECONDS
        while not lost.is_set():
            await woken(deliveries.changed, max(watch_at - clock(), 0.0))
            for tag, multiple in deliveries.due():
                crash.reach(CrashPoint.APPLIED)
                await channel.basic_ack(tag, multiple=multiple, wait=False)
            if clock() >= watch_at:
                async with asyncio.timeout(ANSWERED_WITHIN):
                    await self._watch(connection)
                watch_at = clock() + WATCH_SECONDS
        raise ConsumerLost("the broker has ended the channel or its consumer")

    async def _watch(self, connection: AbstractConnection) -> None:
        """Asks on the connection that consumes, which a silent wire does not answer. Raises ConsumerLost."""
        channel = await connection.channel()
        queue = await channel.declare_queue(self._names.queue(self._service), passive=True)
        if not queue.declaration_result.consumer_count:
            raise ConsumerLost("the queue has no consumer")
        await channel.close()

    async def _disconnect(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            try:
                async with asyncio.timeout(8):
                    await broker.stop()
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and being_cancelled():
                    raise
                log.debug("broker_stop_failed", error=type(error).__name__)
