"""Reactions: read narrowly, run in the trace of their cause."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.bus.envelope import Envelope
from shared.bus.handlers import ForeignEvent, Handlers, Permanent
from shared.log import Context, Unit
from shared.observe.tracing import configure_tracing, current_traceparent
from shared.testing.memory import MemoryService

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Noted(ForeignEvent):
    """What is read."""

    n: int


def noted(kind: str = "other.noted.v1", **data: Any) -> Envelope:
    return Envelope(
        id=uuid4(), source="portal/other", type=kind, subject="s", time=NOW, sequence=1, data=data,
        streamversion=1, traceparent=TRACE,
    )  # fmt: skip


class TestAReaction:
    async def test_and_what_it_writes_stay_in_the_trace_of_the_event(self) -> None:
        configure_tracing("test")
        handlers, service, inside = Handlers(), MemoryService(), []

        @handlers.on("other.noted.v1", Noted)
        async def note(event: Noted, unit: Unit) -> None:
            inside.append(current_traceparent() or "")
            unit.task("note", {"n": event.n})

        unit = service.unit(NOW, Context(correlation="c", traceparent=TRACE))
        await handlers.apply(noted(n=1), unit)
        await unit.commit()
        (stored,) = service.log.tasks.values()
        assert inside[0].split("-")[1] == TRACE.split("-")[1]
        assert inside[0] != TRACE
        assert inside[0] in stored.task.meta
        assert current_traceparent() is None

    async def test_on_what_cannot_be_read_is_refused_for_good(self) -> None:
        handlers, service = Handlers(), MemoryService()
        handlers.on("other.noted.v1", Noted)(None)  # type: ignore[arg-type]
        with pytest.raises(Permanent, match="1 fields"):
            await handlers.apply(noted(n="seven"), service.unit(NOW))

    async def test_is_not_there_for_other_events(self) -> None:
        service = MemoryService()
        await Handlers().apply(noted("other.forgotten.v1"), service.unit(NOW))
        assert service.log.tasks == {}
