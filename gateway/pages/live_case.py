"""A case page's event stream (HTML Living Standard, 9.2): its steps and documents as they change.

`steps` and `documents` carry HTML, `announce` the sentence to read out. `done` asks to load the page again,
since something around those parts has changed; `end` only says that nothing more will come.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from gateway.live import Watch
from gateway.pages.parts import LIVE, Parts, gathered
from gateway.pages.situations import Standing
from gateway.views.cases import LiveParts
from gateway.visit import Visit
from shared.web.calls import RemoteProblem, RemoteUnavailable

HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
RECONNECT_MILLISECONDS: Final = 2000
POLL_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 600.0
SETTLE_SECONDS: Final = 0.3
"""Before a page is loaded again: what one payment sets off comes in quick succession."""


Changes = AsyncIterator[object]


def changes_of(visit: Visit, case_id: UUID) -> Changes:
    """Hints that the case may have changed, from now on."""
    return visit.portal.live.watch(case_id) if visit.portal.live else _every_second()


async def stream(
    visit: Visit, first: Parts, changes: Changes, stand: str, *, returned: bool
) -> AsyncIterator[str]:
    """`first` are the parts as of after `changes` began, `stand` is that of the page that listens. Ends with
    the session, the case or the process, and after ten minutes: a browser comes back by itself."""
    case_id = UUID(first.case["case_id"])
    stopping = asyncio.create_task(visit.portal.probes.until_draining())
    until = time.monotonic() + LONGEST_SECONDS
    said, _, around = stand.partition(".")
    sent: dict[str, str] = {}
    known: Parts | None = first
    yield f"retry: {RECONNECT_MILLISECONDS}\n\n"
    try:
        while True:
            if isinstance(changes, Watch) and known is None:
                changes.catch_up()  # what one payment sets off is asked for together
            try:
                standing = Standing(known or await gathered(visit, case_id, LIVE), returned)
            except RemoteUnavailable:
                yield ": away\n\n"
            except RemoteProblem:
                return
            else:
                for name, html in _fragments(visit, standing).items():
                    if sent.get(name) != html:
                        sent[name] = html
                        yield event(name, html)
                if standing.situation != said:
                    said = standing.situation
                    yield event("announce", visit.t(f"situation.{said}"))
                changed = standing.around != around
                if standing.parts.complete and (standing.ended or changed):
                    await asyncio.sleep(SETTLE_SECONDS if changed else 0)
                    yield event("done" if changed else "end", said)
                    return
                yield ": here\n\n"
            known = None
            if not await _changed(changes, stopping) or time.monotonic() > until:
                return
    finally:
        stopping.cancel()


def event(name: str, data: str) -> str:
    """One event; each line of its data under a field of its own."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"


def _fragments(visit: Visit, standing: Standing) -> dict[str, str]:
    view = LiveParts(steps=standing.steps(visit.t), documents=standing.documents())
    named = {"steps": "case/_timeline.html", "documents": "case/_papers.html"}
    if standing.parts.documents is None:
        del named["documents"]
    frame = visit.frame()
    return {name: visit.portal.renderer.fragment(template, view, frame) for name, template in named.items()}


async def _changed(changes: Changes, stopping: asyncio.Task[None]) -> bool:
    """Waits for the next hint; False when there will be none."""

    async def hint() -> bool:
        try:
            await anext(changes)
        except StopAsyncIteration:
            return False
        return True

    waiting = asyncio.create_task(hint())
    both: set[asyncio.Task[Any]] = {waiting, stopping}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return not stopping.done() and waiting.done() and waiting.result()
    finally:
        waiting.cancel()


async def _every_second() -> AsyncIterator[None]:
    while True:
        await asyncio.sleep(POLL_SECONDS)
        yield None
