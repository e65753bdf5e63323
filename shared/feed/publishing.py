"""Publishing without waiting for each confirm.

aio-pika's exchange takes a task, several futures and a wait for the socket for every message: more work than
the broker's own. Here frames are written as they are, by what aiormq's channel offers for that.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

import aiormq
import aiormq.exceptions
from aio_pika import Exchange
from aio_pika.abc import AbstractExchange
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from pamqp import commands, frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from shared import crash
from shared.bus.envelope import Address, address
from shared.crash import CrashPoint
from shared.feed.sequencer import Numbered
from shared.feed.window import Window
from shared.observe.metrics import counter

PERSISTENT: Final = 2

_published = counter("portal_feed_published", "Events confirmed by the broker")
_unroutable = counter("portal_feed_unroutable", "Events that no queue wanted")


class Publisher:
    """Sends on one channel with confirms; `window` is told of each confirm, and of what ends the channel.

    Nobody else publishes on the channel. A refusal by the broker fails the window; an event that no queue
    wants counts as confirmed: the feed keeps it for whoever comes.
    """

    def __init__(self, channel: Channel, exchange: str, window: Window) -> None:
        self._channel = channel
        self._exchange = exchange
        self._window = window
        self._heads: dict[str, bytes] = {}
        channel.closing.add_done_callback(self._closed)

    @classmethod
    async def on(cls, exchange: AbstractExchange, window: Window) -> "Publisher":
        """A publisher on the channel that the exchange was declared on."""
        channel = await cast(Exchange, exchange).channel.get_underlay_channel()
        return cls(cast(Channel, channel), exchange.name, window)

    async def send(self, events: Sequence[Numbered]) -> None:
        """Hands the events to the connection, in order. Raises when the channel is closed."""
        if self._channel.is_closed:
            raise aiormq.exceptions.ChannelInvalidStateError("the channel is closed")
        self._window.send(sequence for sequence, _ in events)
        frames = b"".join([self._frames(sequence, raw) for sequence, raw in events])
        await self._channel.write_queue.put(ChannelFrame(payload=frames, should_close=False))

    def _frames(self, sequence: int, raw: bytes) -> bytes:
        channel, to = self._channel, address(raw)
        confirmation: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        channel.delivery_tag += 1
        channel.confirmations[channel.delivery_tag] = confirmation
        channel.message_id_delivery_tag[to.id] = channel.delivery_tag  # by which a returned message is found
        confirmation.add_done_callback(partial(self._settled, sequence, to.id))
        parts = [self._head(to.type), frame.marshal(_header(to, len(raw)), channel.number)]
        for start in range(0, len(raw), channel.max_content_size):
            body = ContentBody(raw[start : start + channel.max_content_size])
            parts.append(frame.marshal(body, channel.number))
        return b"".join(parts)

    def _head(self, key: str) -> bytes:
        if key not in self._heads:
            publish = commands.Basic.Publish(exchange=self._exchange, routing_key=key, mandatory=True)
            self._heads[key] = frame.marshal(publish, self._channel.number)
        return self._heads[key]

    def _settled(self, sequence: int, message_id: str, confirmation: "asyncio.Future[Any]") -> None:
        self._channel.message_id_delivery_tag.pop(message_id, None)
        error = confirmation.exception()
        if isinstance(error, aiormq.exceptions.PublishError):
            _unroutable.inc()
        elif error is not None:
            self._window.fail(_refused(error))
            return
        _published.inc()
        self._window.confirm(sequence)
        crash.reach(CrashPoint.PUBLISHING)

    def _closed(self, closing: "asyncio.Future[Any]") -> None:
        self._window.fail(_refused(None if closing.cancelled() else closing.exception()))


def _refused(error: BaseException | None) -> Exception:
    """A connection lost in a black hole ends in a CancelledError, which is nobody's wish here."""
    return error if isinstance(error, Exception) else aiormq.exceptions.ChannelInvalidStateError("closed")


def _header(to: Address, size: int) -> ContentHeader:
    properties = commands.Basic.Properties(
        message_id=to.id,
        message_type=to.type,
        correlation_id=to.correlationid or None,
        content_type="application/cloudevents+json",
        delivery_mode=PERSISTENT,
        timestamp=to.time,
        app_id=to.service,
        headers={"traceparent": to.traceparent} if to.traceparent else {},
    )
    return ContentHeader(properties=properties, body_size=size)
