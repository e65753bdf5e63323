"""Loops that sleep until they are woken, with a slow safety poll, and end only when they are told to."""

import asyncio
from contextlib import suppress


async def woken(event: asyncio.Event, seconds: float) -> None:
    """Returns when `event` is set or after `seconds`, and clears it.

    Not by `wait_for`: before Python 3.12 it swallows a cancellation that comes together with the event, and
    the loop that was to end goes on.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()


def being_cancelled() -> bool:
    """Whether somebody wants the current task to end.

    What a broker's connection lost in a black hole ends in a CancelledError that nobody asked for: a loop
    that takes it for its own end would stop without a word.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
