"""Delivers to an inbox as a subscription does, and waits until the event is settled."""

import asyncio
from typing import Any

from shared.bus.envelope import Envelope
from shared.bus.inbox import Inbox


async def settled(inbox: Inbox, event: Envelope, **kw: Any) -> None:
    """Returns once the event is applied, parked or known."""
    done = asyncio.Event()
    inbox.deliver(event, done.set, **kw)
    await done.wait()
