"""When an inbox reads its source's feed, and what is on its way from there."""

import asyncio
from typing import Final, Protocol

import structlog

from shared.bus.envelope import Envelope

log = structlog.get_logger()

FEED_PAGE: Final = 500
FEED_SECONDS: Final = 30.0
PAUSES: Final = (0.05, 0.2, 0.5, 1.0, 2.0)


class FeedClient(Protocol):
    """Reads a source's feed, as a `FeedPage` if the source may have been restored.

    Whatever it raises means: not now.
    """

    async def after(self, source: str, sequence: int, limit: int) -> list[Envelope]: ...


class FeedReading:
    """The feed of one source, page by page: while a full one is applied the next is on its way.

    A page that was asked for ahead is given only to who asks for what follows the one before, and only if it
    is full: what was the end then may not be the end now.
    """

    def __init__(self, source: str, feed: FeedClient) -> None:
        self._source = source
        self._feed = feed
        self._due = 0.0
        self._failures = 0
        self._ahead: tuple[int, asyncio.Task[list[Envelope]]] | None = None
        self.goes_on = False
        """Whether the last page was full: there may be more."""

    @property
    def is_due(self) -> bool:
        return self.seconds == 0.0

    @property
    def seconds(self) -> float:
        """Until the feed is to be looked at."""
        return max(self._due - _now(), 0.0)

    @property
    def may_be_asked(self) -> bool:
        """Whether it answered the last time, or may do so by now."""
        return not self._failures or self.is_due

    def ask_soon(self) -> None:
        """Something is not as the feed last said: what is on its way may be of the history before."""
        self._due = 0.0
        if self._ahead is not None:
            self._ahead[1].cancel()
            self._ahead = None

    def ask_late(self) -> None:
        """It has not got what it should have: not at once again."""
        self._failures, self.goes_on = len(PAUSES), False
        self._due = _now() + PAUSES[-1]

    async def after(self, cursor: int) -> list[Envelope] | None:
        """The events after `cursor`; None where the source does not answer, it is asked again soon.

        After a full page the feed is due at once, else now and then.
        """
        try:
            page = await self._page(cursor)
        except Exception as error:
            self._failures += 1
            self.goes_on = False
            self._due = _now() + PAUSES[min(self._failures, len(PAUSES)) - 1]
            log.warning("feed_unreachable", source=self._source, detail=str(error)[:200])
            return None
        self._failures = 0
        self.goes_on = len(page) >= FEED_PAGE
        self._due = _now() + (0 if self.goes_on else FEED_SECONDS)
        if self.goes_on:
            last = page[-1].sequence
            coming = self._feed.after(self._source, last, FEED_PAGE)
            self._ahead = last, asyncio.ensure_future(coming)
        return page

    async def _page(self, cursor: int) -> list[Envelope]:
        if self._ahead is not None and self._ahead[0] == cursor:
            (_, coming), self._ahead = self._ahead, None
            page = await coming
            if len(page) >= FEED_PAGE:
                return page
        await self.forget()
        return await self._feed.after(self._source, cursor, FEED_PAGE)

    async def forget(self) -> None:
        """What is on its way is not wanted any more."""
        if self._ahead is not None:
            (_, coming), self._ahead = self._ahead, None
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


def _now() -> float:
    return asyncio.get_running_loop().time()
