"""Which stored facts become public events, and in what shape. The shapes are the product's contract."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from shared.bus.envelope import Envelope
from shared.domain import Event, type_of
from shared.log.reading import Recorded

E = TypeVar("E", bound=Event)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PublicEvent(Generic[E, Model]):
    """One public event of a service: its name, version, model with an example, and how it is made."""

    name: str
    version: int
    model: type[Model]
    to: Callable[[E], Model]
    example: Model
    meaning: str

    def type(self, service: str) -> str:
        """The CloudEvents type and routing key, such as `payments.payment_settled.v1`."""
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in self.name).lstrip("_")
        return f"{service}.{snake}.v{self.version}"


class Published:
    """The public events of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._by_event: dict[type[Event], PublicEvent[Any, Any]] = {}

    def add(
        self,
        event_class: type[E],
        *,
        name: str,
        model: type[Model],
        to: Callable[[E], Model],
        example: Model,
        version: int = 1,
    ) -> None:
        """Makes an event public. Raises TypeError when the model's docstring, whose first line says what the
        event means, is missing.

        `name` is CamelCase, subject and past participle; the type on the wire follows from it. `to` maps the
        stored event, read without any key: a personal field is `Redacted` there, and does not belong into
        `model`. `example` goes into schemas, documents and the message contracts of consumers. A change that
        breaks a consumer takes a new `version`.
        """
        meaning = (model.__doc__ or "").strip().partition("\n")[0]
        if not meaning:
            raise TypeError(f"{model.__name__} lacks the line that says what {name} means")
        self._by_event[event_class] = PublicEvent(name, version, model, to, example, meaning)

    def __iter__(self) -> Iterator[PublicEvent[Any, Any]]:
        return iter(self._by_event.values())

    def stored_names(self) -> list[str]:
        """Stored names of the events that are public."""
        return sorted(type_of(cls).name for cls in self._by_event)

    def envelope(self, recorded: Recorded, sequence: int, epoch: int = 1) -> Envelope | None:
        """The public form of a stored event, or None where it stays inside."""
        event = recorded.event
        public = self._by_event.get(type(event))
        if public is None:
            return None
        meta = recorded.meta
        kind = public.type(self.service)
        return Envelope(
            id=recorded.event_id,
            source=f"portal/{self.service}",
            type=kind,
            subject=str(event.originator_id),
            time=event.timestamp,
            sequence=sequence,
            data=public.to(event).model_dump(mode="json"),
            streamversion=event.originator_version,
            dataschema=f"urn:portal:schema:{kind}",
            correlationid=meta.correlation or str(recorded.event_id),
            causationid=meta.causation,
            traceparent=meta.traceparent,
            epoch=epoch,
        )
