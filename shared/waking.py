"""Loops that sleep until they are woken, with a slow safety poll."""

import asyncio
from contextlib import suppress


async def woken(event: asyncio.Event, seconds: float) -> None:
    """Returns when `event` is set or after `seconds`, and clears it."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()
