"""Where an event is when, between the commit in one service and the commit in another.

The kernel's own functions are wrapped while this looks on, and left as they were. A wrapper notes the time
by the stream's id; nothing else is changed.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from shared.bus.envelope import read
from shared.bus.handlers import Handlers
from shared.bus.inbox import Inbox
from shared.feed.publishing import Publisher
from shared.feed.sequencer import Sequencer

STAGES: Final = (
    "committed", "read by the sequencer", "in the feed", "taken by the relay", "confirmed by the broker",
    "delivered to the inbox", "handled", "handler committed",
)  # fmt: skip


@dataclass(slots=True)
class Stages:
    """Seconds by stage and stream; the first time counts."""

    at: dict[str, dict[str, float]] = field(default_factory=lambda: {stage: {} for stage in STAGES})

    def mark(self, stage: str, stream: object) -> None:
        self.at[stage].setdefault(str(stream), time.perf_counter())

    def medians(self) -> dict[str, float]:
        """Median milliseconds from the commit to each stage, of the events that were seen everywhere.

        The relay's confirm and the consumer's delivery run side by side: either may be first.
        """
        whole = set.intersection(*(set(seen) for seen in self.at.values()))
        began = self.at["committed"]
        return {
            f"commit → {stage}": median((self.at[stage][one] - began[one]) * 1000 for one in whole)
            for stage in STAGES[1:] if whole
        }  # fmt: skip


@contextmanager
def looking_on(stages: Stages) -> Iterator[None]:
    """Wraps the kernel's functions until it is left."""
    numbered, run_once = Sequencer._numbered, Sequencer.run_once
    send, settled, deliver, apply = Publisher.send, Publisher._settled, Inbox.deliver, Handlers.apply
    sent: dict[int, str] = {}
    passed: list[Any] = []

    def numbering(self: Any, rows: list[Any], sequence: int) -> Any:
        for row in rows:
            stages.mark("read by the sequencer", row["stream_id"])
            passed.append(row["stream_id"])
        return numbered(self, rows, sequence)

    async def running(self: Any, source: Any = None) -> Any:
        found = await run_once(self, source)
        while passed:
            stages.mark("in the feed", passed.pop())
        return found

    async def sending(self: Any, events: Any) -> None:
        for sequence, raw in events:
            sent[sequence] = read(raw).subject
            stages.mark("taken by the relay", sent[sequence])
        await send(self, events)

    def settling(self: Any, sequence: int, message_id: str, confirmation: Any) -> None:
        if sequence in sent:
            stages.mark("confirmed by the broker", sent.pop(sequence))
        settled(self, sequence, message_id, confirmation)

    def delivering(self: Any, envelope: Any, settle: Any, *, redelivered: bool = False) -> None:
        stages.mark("delivered to the inbox", envelope.subject)
        deliver(self, envelope, settle, redelivered=redelivered)

    async def applying(self: Any, envelope: Any, unit: Any) -> None:
        stages.mark("handled", envelope.subject)
        await apply(self, envelope, unit)

    wrapped: tuple[tuple[Any, str, Callable[..., Any], Callable[..., Any]], ...] = (
        (Sequencer, "_numbered", numbering, numbered),
        (Sequencer, "run_once", running, run_once),
        (Publisher, "send", sending, send),
        (Publisher, "_settled", settling, settled),
        (Inbox, "deliver", delivering, deliver),
        (Handlers, "apply", applying, apply),
    )
    for owner, name, wrapper, _ in wrapped:
        setattr(owner, name, wrapper)
    try:
        yield
    finally:
        for owner, name, _, original in wrapped:
            setattr(owner, name, original)
