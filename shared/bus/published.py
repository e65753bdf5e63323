"""Which stored facts become public events, and in what shape. The shapes are the product's contract."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from shared.bus.envelope import Envelope
from shared.domain import Event, type_of
from shared.domain.registry import COMMON
from shared.log.reading import Recorded

E = TypeVar("E", bound=Event)
Model = TypeVar("Model", bound=BaseModel)
STREAM_VERSION: Final = "stream_version"


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


def _mapping(
    event_class: type[E], model: type[Model], made: Mapping[str, Callable[[E], object]]
) -> Callable[[E], Model]:
    own = {one.name for one in fields(event_class)} - COMMON
    wanted = [name for name in model.model_fields if name not in made]
    places = {name: name for name in wanted if name in own}
    elsewhere = [name for name in wanted if name not in own]
    streams = [name for name in elsewhere if name.endswith("_id")]
    places |= dict.fromkeys(streams, "originator_id")
    if STREAM_VERSION in elsewhere:
        places[STREAM_VERSION] = "originator_version"
    if len(streams) > 1 or len(places) < len(wanted):
        raise TypeError(f"{model.__name__} has fields that {event_class.__name__} lacks: {elsewhere}")

    def to(event: E) -> Model:
        copied = {name: getattr(event, place) for name, place in places.items()}
        return model(**copied, **{name: make(event) for name, make in made.items()})

    return to


class Published:
    """The public events of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._by_event: dict[type[Event], PublicEvent[Any, Any]] = {}

    def add(
        self,
        event_class: type[E],
        example: Model,
        made: Mapping[str, Callable[[E], object]] = MappingProxyType({}),
        *,
        name: str = "",
        version: int = 1,
    ) -> None:
        """Makes an event public in the shape of `example`, which goes into schemas, documents and the message
        contracts of consumers. A change that breaks a consumer takes a new `version`.

        The model's fields are the event's of the same names; the one id that the event has no field for is
        its stream's, and `stream_version` is the stream's at it. Any other is `made` of the event: it is read
        without any key: a personal field is `Redacted` there, and does not belong into the model. `name` is
        CamelCase, subject and past participle, and the model's own unless given; the type follows from it.

        Raises TypeError when a field comes from nowhere, or when the model lacks its docstring, whose first
        line says what the event means.
        """
        model = type(example)
        meaning = (model.__doc__ or "").strip().partition("\n")[0]
        name = name or model.__name__
        if not meaning:
            raise TypeError(f"{model.__name__} lacks the line that says what {name} means")
        to = _mapping(event_class, model, made)
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
