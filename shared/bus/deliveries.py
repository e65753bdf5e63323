"""What a channel has delivered, and what of it may be acknowledged: whole runs by one word to the broker."""

import asyncio


class Deliveries:
    """The delivery tags of one channel; they rise.

    Guarantee: an acknowledgement never covers a message that is not settled. The broker takes one for a tag
    and all below it, so the lowest open tag bounds it. What is settled above waits, but where `crowd`
    messages are outstanding it goes one by one: a source that stands still leaves the others their prefetch.
    """

    def __init__(self, crowd: int) -> None:
        self.changed = asyncio.Event()
        self._crowd = crowd
        self._open: dict[int, None] = {}
        self._settled: list[int] = []

    def delivered(self, tag: int) -> None:
        """A message came; it is open until it is settled."""
        self._open[tag] = None

    def settle(self, tag: int) -> None:
        """Its effects are committed, or it has none: the broker may forget it."""
        del self._open[tag]
        self._settled.append(tag)
        self.changed.set()

    def due(self) -> list[tuple[int, bool]]:
        """The acknowledgements to send now: (tag, whether it stands for all below it as well)."""
        if not self._settled:
            return []
        bound = next(iter(self._open), max(self._settled) + 1)
        below = [tag for tag in self._settled if tag < bound]
        above = [tag for tag in self._settled if tag > bound]
        due = [(max(below), True)] if below else []
        if len(self._open) + len(above) >= self._crowd:
            due += [(tag, False) for tag in above]
            above = []
        self._settled = above
        return due
