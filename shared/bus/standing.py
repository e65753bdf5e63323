"""Where an inbox stands towards a source that may have been restored (see `shared.feed.epochs`).

A source that went back to before the cursor has lost events that were applied here, and gives their
sequences to others. The inbox then applies nothing of it, says so, and waits for an operator, who restores
this service as well or accepts what was applied (`portal inbox accept`).
"""

from typing import Any, Final

import asyncpg
import structlog

from shared.bus.envelope import Envelope
from shared.feed.epochs import Epoch, FeedPage, is_void, overtaken
from shared.log import CursorMoved
from shared.observe.metrics import gauge

log = structlog.get_logger()

DOUBT: Final = "may have been applied before its source was restored: compare, then retry or discard"

_ahead_gauge = gauge(
    "portal_inbox_ahead_events", "Events applied that a restored source no longer has", ("source",)
)

_LOAD = "SELECT sequence, epoch, doubtful_until FROM inbox_cursor WHERE source = $1"
_JOIN = """
INSERT INTO inbox_cursor AS c (source, sequence, epoch) VALUES ($1, $2, $3)
ON CONFLICT (source) DO UPDATE SET epoch = $3 WHERE c.sequence = $2 AND c.epoch <= $3 RETURNING epoch
"""
_REPORT = """
INSERT INTO inbox_ahead (source, epoch, stands, feed_after, feed_until) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""


class Standing:
    """The epoch under which the cursor of one source stands."""

    def __init__(self, source: str, pool: asyncpg.Pool) -> None:
        self.ahead = False
        self._source = source
        self._pool = pool
        self._epoch = 0  # not loaded yet
        self._doubtful_until = 0
        self._known: tuple[Epoch, ...] = ()

    async def load(self) -> int:
        """The cursor, as stored."""
        row: Any = await self._pool.fetchrow(_LOAD, self._source)
        cursor, self._epoch, self._doubtful_until = tuple(row) if row else (0, 1, 0)
        return int(cursor)

    def admits(self, envelope: Envelope) -> bool:
        """Whether it is of the history that this inbox follows; where that is unknown, ask the feed."""
        if self.ahead:
            return False
        if envelope.epoch == self._epoch or not self._epoch:
            return True
        return envelope.epoch < self._epoch and bool(self._known) and not is_void(envelope, self._known)

    def doubts(self, envelope: Envelope) -> bool:
        """Whether it may have been applied under another sequence, before the inbox was told to go back."""
        return envelope.sequence <= self._doubtful_until

    async def agree(self, cursor: int, page: list[Envelope]) -> bool:
        """Takes notice of what the source says of itself; False while this inbox is ahead of it.

        Raises CursorMoved when the cursor does not stand where it was thought to.
        """
        if not isinstance(page, FeedPage):
            return True
        self._known = page.epochs
        restore = overtaken(cursor, self._epoch, page.epochs)
        latest = max((e.epoch for e in page.epochs), default=1)
        if restore is not None:
            await self._pool.execute(
                _REPORT, self._source, latest, cursor, restore.after, restore.until
            )  # fmt: skip
            return self._halt(cursor, restore.after)
        if page.last is not None and page.last < cursor:  # restored, and not even said so
            return self._halt(cursor, page.last)
        self.ahead = False
        _ahead_gauge.labels(self._source).set(0)
        if latest > self._epoch:
            if await self._pool.fetchval(_JOIN, self._source, cursor, latest) != latest:
                raise CursorMoved("the cursor was moved while the source's epoch was noted")
            log.info("inbox_joined_epoch", source=self._source, epoch=latest, sequence=cursor)
            self._epoch = latest
        return True

    def _halt(self, cursor: int, holds: int) -> bool:
        if not self.ahead:
            log.error("inbox_is_ahead_of_its_source", source=self._source, stands=cursor, source_holds=holds)
        _ahead_gauge.labels(self._source).set(cursor - holds)
        self.ahead = True
        return False
