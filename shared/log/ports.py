"""What a unit of work needs of the log. The real ones live beside this file; the in-memory twins, for tests
of a domain without a server, in `shared.testing.memory`. Both pass the same contract suite."""

from collections.abc import Collection
from typing import Protocol, TypeVar
from uuid import UUID

from shared.domain import Aggregate
from shared.keys import DataKey
from shared.log.append import Append, Reservation
from shared.log.reading import LATEST, Recorded

A = TypeVar("A", bound=Aggregate)


class Appends(Protocol):
    """Writes an append whole or not at all, and tells its caller which, once (see `AppendQueue`)."""

    async def append(self, append: Append) -> None:
        """Raises an AppendRefused, LogUnavailable, or the store's word on bad data."""
        ...


class Streams(Protocol):
    """Reads streams (see `LogReader`)."""

    async def stream(self, stream_id: UUID, *, after: int = 0, until: int = LATEST) -> list[Recorded]:
        """Events with after < version <= until, oldest first; empty where there is none.

        What was committed before the call is among them.
        """
        ...

    async def held_by(self, streams: Collection[UUID]) -> list[Reservation]:
        """What these streams have reserved, without knowing the values."""
        ...


class Keys(Protocol):
    """The keys of citizens (see `KeyRing`)."""

    async def find(self, subject: UUID) -> DataKey | None:
        """The key, or None where there is none or it was destroyed."""
        ...

    async def obtain(self, subject: UUID) -> DataKey:
        """The key, made and kept before it is used. Raises KeyDestroyed."""
        ...

    async def destroy(self, subject: UUID) -> None:
        """Erases the key for ever; may be repeated."""
        ...


class StateStore(Protocol):
    """Keeps folded state as a short cut, never the truth (see `Snapshots`)."""

    async def find(self, cls: type[A], stream_id: UUID) -> tuple[A, UUID | None] | None:
        """State and whose key seals it; None where none can be read."""
        ...

    async def store(self, aggregate: Aggregate, subject: UUID | None) -> None:
        """Keeps the state of committed events."""
        ...

    async def forget(self, subject: UUID) -> None:
        """Deletes what was kept of one person's streams."""
        ...
