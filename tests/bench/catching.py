"""Where the time of a catch-up goes: its steps by the clock, who works by processor.

The kernel's own functions are wrapped while this looks on, and left as they were. The steps overlap: the next
page is on its way while one is applied.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from shared.bus import remote_feed
from shared.bus.inbox import Inbox
from shared.log import AppendQueue
from shared.web.calls import ServiceCalls

STEPS: Final[tuple[tuple[Any, str, str], ...]] = (
    (ServiceCalls, "request", "page: until the source has answered (while the one before is applied)"),
    (remote_feed, "_decode", "page: decode"),
    (Inbox, "_handle", "reactions"),
    (AppendQueue, "append", "commit of effects and cursor: until the database has answered"),
)


@contextmanager
def looking_on(spent: dict[str, float]) -> Iterator[None]:
    """Adds the seconds of each step to `spent` until it is left."""
    originals = [getattr(owner, name) for owner, name, _ in STEPS]
    for (owner, name, step), original in zip(STEPS, originals, strict=True):
        spent[step] = 0.0
        wrapped = _at_once if name == "_decode" else _awaited
        setattr(owner, name, wrapped(original, step, spent))
    try:
        yield
    finally:
        for (owner, name, _), original in zip(STEPS, originals, strict=True):
            setattr(owner, name, original)


def _awaited(original: Callable[..., Any], step: str, spent: dict[str, float]) -> Callable[..., Any]:
    async def timed(*args: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return await original(*args, **named)
        finally:
            spent[step] += time.perf_counter() - began

    return timed


def _at_once(original: Callable[..., Any], step: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any) -> Any:
        began = time.perf_counter()
        found = original(*args)
        spent[step] += time.perf_counter() - began
        return found

    return timed
