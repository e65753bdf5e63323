"""Loops that sleep until they are woken, with a slow safety poll."""

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
