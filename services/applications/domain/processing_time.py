"""How long a case takes the town hall: from submission to the document or the rejection.

While it is the citizen's turn (a payment or a correction is awaited) the clock stands. The figures are those
of real cases (nearest rank), so "nine of ten within" is true of the cases they rest on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

FEWEST: Final = 20
"""Below this many cases nothing is said: one of them would decide the figure, and could be known by it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """From `begun_at` on it is the citizen's turn, or the town hall's; a document ends it for both."""

    begun_at: datetime
    citizens: bool


@dataclass(frozen=True, slots=True)
class EndedCase:
    """A case with its outcome; `turns` in order, the first at submission."""

    turns: tuple[Turn, ...]
    ended_at: datetime
    by_rule: bool

    def counted(self) -> timedelta:
        """The time that counts: that of the town hall's turns until the end."""
        before = [turn for turn in self.turns if turn.begun_at <= self.ended_at]
        ends = [*(turn.begun_at for turn in before[1:]), self.ended_at]
        ours = (end - turn.begun_at for turn, end in zip(before, ends, strict=True) if not turn.citizens)
        return sum(ours, timedelta())


@dataclass(frozen=True, slots=True)
class Measured:
    """Half took at most `p50`, nine of ten `p90`; `straight_through` is the share decided without a clerk."""

    cases: int
    p50: timedelta
    p90: timedelta
    straight_through: float


def measure(cases: Sequence[EndedCase]) -> Measured | None:
    """None for fewer than `FEWEST`."""
    if len(cases) < FEWEST:
        return None
    times = sorted(case.counted() for case in cases)
    by_rule = sum(case.by_rule for case in cases)
    return Measured(len(cases), _nearest_rank(times, 50), _nearest_rank(times, 90), by_rule / len(cases))


def _nearest_rank(ordered: Sequence[timedelta], percent: int) -> timedelta:
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]
