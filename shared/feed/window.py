"""What a relay has sent and the broker has not confirmed, in the feed's order."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable


class Window:
    """A sliding window over the feed: `size` events are on their way at most.

    `confirmed` is the last sequence up to which every event is confirmed, whatever of the later ones is: from
    there a relay goes on after a failure. `freed` is set when a good part of it is free again, `changed` with
    each confirm, both on a failure.
    """

    def __init__(self, confirmed: int, size: int, when_failed: Callable[[], None]) -> None:
        self.confirmed = self.sent = confirmed
        self.changed, self.freed = asyncio.Event(), asyncio.Event()
        self._size = size
        self._when_failed = when_failed
        self._open: deque[int] = deque()
        self._ahead: set[int] = set()
        self._failure: Exception | None = None
        self._since = 0.0
        self.has_ended = False

    @property
    def room(self) -> int:
        """How many more may be sent. Raises what has failed."""
        self.check()
        return self._size - len(self._open)

    @property
    def is_empty(self) -> bool:
        return not self._open

    def check(self) -> None:
        """Raises what has failed."""
        if self._failure is not None:
            raise self._failure

    def send(self, sequences: Iterable[int]) -> None:
        """These go out now, after all before."""
        if not self._open:
            self._since = time.monotonic()
        self._open.extend(sequences)
        self.sent = self._open[-1]

    def confirm(self, sequence: int) -> None:
        """The broker has it. It may have a later one before an earlier."""
        if self.has_ended:
            return
        self._ahead.add(sequence)
        self._since = time.monotonic()
        before = len(self._open)
        while self._open and self._open[0] in self._ahead:
            self.confirmed = self._open.popleft()
            self._ahead.remove(self.confirmed)
        self.changed.set()
        if len(self._open) <= self._size * 3 // 4 < before:
            self.freed.set()

    def fail(self, error: Exception) -> None:
        """Nothing more is believed of what is on its way; the first failure counts."""
        self._failure = self._failure or error
        self.changed.set()
        self.freed.set()
        self._when_failed()

    def end(self) -> None:
        """Nothing more is sent; what is confirmed by now is all that counts."""
        self.has_ended = True
        self.changed.set()

    def is_stuck(self, seconds: float) -> bool:
        """Whether something is on its way and nothing was confirmed for so long."""
        return bool(self._open) and time.monotonic() - self._since > seconds
