"""A case as server-sent events (HTML Standard, 9.2) with JSON in them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from gateway.live import POLL_SECONDS
from gateway.people import is_session_over
from gateway.portal import Portal
from shared.bus.envelope import Envelope
from shared.web.calls import RemoteProblem, RemoteUnavailable

HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
LONGEST_SECONDS: Final = 600.0
_OVER: Final = frozenset({"withdrawn", "expired", "revoked"})
_OVER_WITH_A_DOCUMENT: Final = frozenset({"completed", "rejected"})


async def case_stream(
    portal: Portal,
    case_id: UUID,
    first: dict[str, Any],
    ask: Callable[[], Awaitable[dict[str, Any]]],
) -> AsyncIterator[bytes]:
    """`ask` reads the case anew. Ends when the case is over, after ten minutes (a browser comes back by
    itself), when the session ends and when the process stops."""
    until = time.monotonic() + LONGEST_SECONDS
    watch = portal.live.watch(case_id) if portal.live else _every_second()
    case = await ask() if portal.live else first  # what happened before the watch began
    yield event("case", case)
    async for hint in watch if not over(case) else _nothing():
        if portal.probes.draining or time.monotonic() > until:
            return
        if isinstance(hint, Envelope):
            yield event("happened", happened(hint))
        try:
            now = await ask()
        except RemoteUnavailable:
            continue
        except RemoteProblem as refused:
            if is_session_over(refused):
                return
            continue
        yield event("case", now) if now != case else b": still the same\n\n"
        case = now
        if over(case):
            break
    if over(case):
        yield event("done", {"state": case["state"]})


def over(case: dict[str, Any]) -> bool:
    """Whether nothing more will happen: a decision is only complete with its document."""
    if case["state"] in _OVER_WITH_A_DOCUMENT:
        return bool(case["documents"])
    return case["state"] in _OVER


def event(name: str, data: Any) -> bytes:
    """One event; JSON has no line break outside of strings, and inside them it is escaped."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def happened(envelope: Envelope) -> dict[str, Any]:
    """A public event as its citizen sees it."""
    return {"type": envelope.type, "service": envelope.service, "time": envelope.time.isoformat()}


async def _every_second() -> AsyncIterator[None]:
    while True:
        await asyncio.sleep(POLL_SECONDS)
        yield None


async def _nothing() -> AsyncIterator[None]:
    return
    yield
