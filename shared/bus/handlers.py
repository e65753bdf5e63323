"""What a service does on the public events of others: policies, written as functions `(event, unit)`.

A handler reads and writes through the unit alone; the bus commits the unit together with its cursor, so
the effect happens once. No remote call belongs here: schedule a task. Raise Permanent to park the event.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.bus.envelope import Envelope
from shared.log import Unit
from shared.observe.tracing import span_from, traceparent_of

Reader = TypeVar("Reader", bound="ForeignEvent")
Handler = Callable[[Any, Unit], Awaitable[None]]


class Permanent(Exception):
    """Trying again will not help: the event is parked (or the task failed) until a person looks."""


class ForeignEvent(BaseModel):
    """Base of a consumer's narrow reader of a foreign event: name only the fields you need."""

    model_config = ConfigDict(extra="ignore", frozen=True)


@dataclass(frozen=True, slots=True)
class _Registered:
    reader: type[ForeignEvent]
    handler: Handler


class Handlers:
    """The reactions of one service, by event type."""

    def __init__(self) -> None:
        self._by_type: dict[str, list[_Registered]] = {}

    def on(self, event_type: str, reader: type[Reader]) -> Callable[[Handler], Handler]:
        """Registers a reaction to `event_type`, such as `payments.payment_settled.v1`.

        The handler is called as `await handler(reader, unit)` and writes through the unit alone; it does not
        commit. It may be called again after a failure, yet what it writes is committed once.
        """

        def register(handler: Handler) -> Handler:
            self._by_type.setdefault(event_type, []).append(_Registered(reader, handler))
            return handler

        return register

    def sources(self) -> list[str]:
        """The services listened to; a whole service is bound, since its sequence is gapless."""
        return sorted({event_type.partition(".")[0] for event_type in self._by_type})

    def readers(self) -> dict[str, list[type[ForeignEvent]]]:
        """Which readers exist for which event type: the consumer's side of the message contract."""
        return {event_type: [r.reader for r in found] for event_type, found in self._by_type.items()}

    def wants(self, envelope: Envelope) -> bool:
        return envelope.type in self._by_type

    async def apply(self, envelope: Envelope, unit: Unit) -> None:
        """Runs the reactions, in the trace of what set the event off. Raises Permanent when the event cannot
        be read."""
        if not self.wants(envelope):
            return
        with span_from(envelope.traceparent, f"react {envelope.type}", SpanKind.CONSUMER) as span:
            unit.context = unit.context.within(traceparent_of(span) or envelope.traceparent)
            for registered in self._by_type[envelope.type]:
                await registered.handler(_read(registered.reader, envelope), unit)


def _read(reader: type[ForeignEvent], envelope: Envelope) -> ForeignEvent:
    try:
        return reader.model_validate(envelope.data)
    except ValidationError as error:
        raise Permanent(f"{envelope.type} cannot be read: {error.error_count()} fields") from error
