"""The stored names of events: literals, never class paths, so that a file can move."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypedDict, TypeVar, get_type_hints

import msgspec

from shared.domain.aggregate import Created, Event
from shared.domain.redacted import PersonalMark

COMMON = {"originator_id", "originator_version", "timestamp", "originator_topic"}

E = TypeVar("E", bound=Event)


class UnknownEvent(LookupError):
    """The log holds a name that this code does not know: an older release reads a newer log."""


class NameTaken(ValueError):
    """Two event classes claim one stored name."""


@dataclass(frozen=True, slots=True)
class StoredType:
    """How one event class is written and read; its decoders are made once.

    `body` is the shape of its fields as JSON: a plain dict, personal fields as sealed bytes or null.
    `decoder` reads a payload of today's version, that is `at` and such a body as `d`; `personal` has, for
    each personal field, the decoder of what its sealed bytes hold.
    """

    name: str
    version: int
    event_class: type[Event]
    begins: bool
    fields: tuple[str, ...]
    personal: dict[str, msgspec.json.Decoder[Any]]
    body: Any
    decoder: msgspec.json.Decoder[Any]
    hints: dict[str, Any]


_BY_NAME: dict[str, StoredType] = {}
_BY_CLASS: dict[type, StoredType] = {}


def stored(name: str, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Registers an event class under its literal name, such as `payments.payment_settled`.

    `version` is the schema version written today; each older one needs a static method
    `upcast_v1_v2(state: dict) -> None` on the class. Raises NameTaken.
    """

    def register(cls: type[E]) -> type[E]:
        known = _BY_NAME.get(name)
        if known is not None and _place(known.event_class) != _place(cls):
            raise NameTaken(f"{name} is the stored name of {'.'.join(_place(known.event_class))} already")
        _BY_NAME[name] = _BY_CLASS[cls] = _describe(name, version, cls)
        return cls

    return register


def _place(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def _describe(name: str, version: int, cls: type[Event]) -> StoredType:
    hints = get_type_hints(cls, include_extras=True)
    own = tuple(f for f in (field.name for field in fields(cls)) if f not in COMMON)
    marked = [f for f in own if PersonalMark in getattr(hints[f], "__metadata__", ())]
    personal = {field: msgspec.json.Decoder(hints[field]) for field in marked}
    wire = {field: bytes | None if field in personal else hints[field] for field in own}
    body = TypedDict(cls.__name__ + "Body", wire)  # type: ignore[misc]
    envelope = msgspec.defstruct(cls.__name__ + "Envelope", [("at", datetime), ("d", body)])
    for step in range(1, version):
        if not hasattr(cls, f"upcast_v{step}_v{step + 1}"):
            raise TypeError(f"{name} is at version {version} and lacks upcast_v{step}_v{step + 1}")
    decoder = msgspec.json.Decoder(envelope)
    return StoredType(name, version, cls, issubclass(cls, Created), own, personal, body, decoder, hints)


def stored_type(name: str) -> StoredType:
    """The registration of a stored name. Raises UnknownEvent."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownEvent(f"no event class is registered as {name!r}") from None


def type_of(event: Event | type[Event]) -> StoredType:
    """The registration of an event or its class. Raises UnknownEvent."""
    cls = event if isinstance(event, type) else type(event)
    try:
        return _BY_CLASS[cls]
    except KeyError:
        raise UnknownEvent(f"{cls.__qualname__} has no stored name; decorate it with @stored") from None


def stored_names() -> list[str]:
    """All names registered in this process, sorted."""
    return sorted(_BY_NAME)
