"""Several aggregates decided on in one unit: each loaded once, all saved together."""

import asyncio
from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from shared.domain import Aggregate
from shared.log import StreamNotFound, Unit

A = TypeVar("A", bound=Aggregate)


class Work:
    """A batch of decisions; the second decision on an aggregate sees the first."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._known: dict[UUID, Any] = {}
        self._new: dict[UUID, UUID | None] = {}

    async def load(self, cls: type[A], stream_id: UUID) -> A:
        """As it stands within this batch. Raises StreamNotFound."""
        found = self._known.get(stream_id)
        if found is None:
            found = self._known[stream_id] = await self.unit.load(cls, stream_id)
        if not isinstance(found, cls):
            raise StreamNotFound(f"no {cls.__name__} {stream_id}")
        return found

    async def prefetch(self, cls: type[A], stream_ids: Iterable[UUID]) -> None:
        """Loads several side by side; those that are not there are left out."""
        wanted = [stream_id for stream_id in set(stream_ids) if stream_id not in self._known]
        found = await asyncio.gather(
            *(self.unit.load(cls, stream_id) for stream_id in wanted), return_exceptions=True
        )
        for stream_id, aggregate in zip(wanted, found, strict=True):
            if isinstance(aggregate, StreamNotFound):
                continue
            if isinstance(aggregate, BaseException):
                raise aggregate
            self._known[stream_id] = aggregate

    def add(self, aggregate: Aggregate, *, subject: UUID | None = None) -> None:
        """A new one; `subject` names whose key covers what it says of a person."""
        self._known[aggregate.id] = aggregate
        self._new[aggregate.id] = subject

    async def save(self) -> None:
        """Takes all into the unit; what is to be committed with them can still be added to it."""
        for stream_id, aggregate in self._known.items():
            await self.unit.save(aggregate, subject=self._new.get(stream_id))

    async def commit(self) -> None:
        """Writes all or nothing. Raises VersionConflict."""
        await self.save()
        await self.unit.commit()
