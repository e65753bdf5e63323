"""Epochs of a feed: each restore of its log begins one, so that whoever saw more than is left can tell."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from shared.bus.envelope import Envelope

_EPOCHS: Final = """
SELECT epoch, feed_after, coalesce(feed_until, feed_after) AS feed_until FROM log_restore ORDER BY epoch
"""


class Epoch(msgspec.Struct, frozen=True, omit_defaults=True):
    """An epoch that began with a restore.

    Up to `after` the feed is the same as in the epoch before; what came after that is void. Events up to
    `until` were in the log already when it was restored: they may have had other sequences before.
    """

    epoch: int
    after: int
    until: int


class FeedPage(list[Envelope]):
    """Events of a feed, with what the source says of itself. A plain list: it was never restored."""

    def __init__(
        self, events: Sequence[Envelope], epochs: Sequence[Epoch] = (), last: int | None = None
    ) -> None:
        super().__init__(events)
        self.epochs = tuple(epochs)
        self.last = last


async def epochs(pool: Any) -> list[Epoch]:
    """The restores of this service's log, oldest first; empty while it is in its first epoch."""
    rows = await pool.fetch(_EPOCHS)
    return [Epoch(row["epoch"], row["feed_after"], row["feed_until"]) for row in rows]


def is_void(envelope: Envelope, known: Sequence[Epoch]) -> bool:
    """Whether a restore took back what this event tells."""
    return any(envelope.epoch < e.epoch and envelope.sequence > e.after for e in known)


def overtaken(cursor: int, epoch: int, known: Sequence[Epoch]) -> Epoch | None:
    """The restore that went back to before `cursor`, which was reached in `epoch`; the furthest one back."""
    behind = [e for e in known if e.epoch > epoch and e.after < cursor]
    return min(behind, key=lambda e: e.after, default=None)
