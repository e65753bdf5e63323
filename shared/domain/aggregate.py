"""Aggregates on the domain layer of the `eventsourcing` library.

Kept from the library: frozen event classes, `mutate` with its checks of stream and version, `apply`,
pending events. Left out: topics that are class paths (a stored name is a literal, see `stored`), ids and
times out of thin air (both are arguments), the synchronous recorders (see `shared.log`).
"""

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar, cast
from uuid import UUID

from eventsourcing.domain import Aggregate as LibraryAggregate
from eventsourcing.domain import AggregateCreated, AggregateEvent, CanMutateAggregate

Event = AggregateEvent
"""A decision of an aggregate; declare subclasses at module level, fields as annotations, and `apply`."""

TAggregate = TypeVar("TAggregate", bound="Aggregate")


class Created(AggregateCreated):
    """The first event of a stream; `apply` assigns the whole initial state."""

    aggregate_class: ClassVar[type["Aggregate"]]

    def mutate(self, aggregate: Any) -> Any:
        """Makes the aggregate without calling its `__init__`: state comes from `apply` alone."""
        if aggregate is not None:
            raise ValueError(f"{type(self).__name__} begins a stream, yet one was there")
        made = self.aggregate_class.__new__(self.aggregate_class)
        made.__base_init__(self.originator_id, self.originator_version, self.timestamp)
        self.apply(made)
        return made


class Aggregate(LibraryAggregate):
    """Base of all aggregates.

    Subclasses annotate their state without defaults and list the class of their first event in `BEGINS`.
    A command refuses by raising, else it calls `emit`; `apply` of an event only assigns.
    """

    BEGINS: ClassVar[tuple[type[Created], ...]] = ()
    SNAPSHOT_EVERY: ClassVar[int] = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for first in cls.BEGINS:
            first.aggregate_class = cls

    @classmethod
    def begin(cls, event_class: type[Created], *, id: UUID, now: datetime, **fields: Any) -> Self:
        """A new aggregate from its first event; `fields` are the event's own fields."""
        first = cast(Any, event_class)(
            originator_topic=cls.__name__, originator_id=id, originator_version=1, timestamp=now, **fields
        )
        made = cast(Self, first.mutate(None))
        made.pending_events.append(first)
        return made

    def emit(self, event_class: type[Event], *, now: datetime, **fields: Any) -> None:
        """Records one more event and applies it."""
        event = cast(Any, event_class)(
            originator_id=self.id, originator_version=self.version + 1, timestamp=now, **fields
        )
        event.mutate(self)
        self.pending_events.append(event)


def stream_events(aggregate: Aggregate) -> list[CanMutateAggregate[UUID]]:
    """The events not yet stored, oldest first; they stay pending until the append is taken."""
    return list(aggregate.pending_events)
