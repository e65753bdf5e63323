"""Named places at which a process can be told to die, to prove that dying there loses nothing.

`PORTAL_CRASH_AT=relay.published:2` kills the process (SIGKILL: no clean-up, no flush) when it reaches that
place for the second time. Not armed, `reach` is a function that does nothing. `make faults` arms them all.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

VARIABLE: Final = "PORTAL_CRASH_AT"


class CrashPoint(StrEnum):
    """Between two steps of which one is done and the other is not. The comment says what is lost there."""

    BEFORE_COMMIT = "append.before_commit"  # decided, nothing written
    AFTER_COMMIT = "append.after_commit"  # written, nobody told: the caller, the relay, the broker
    SEQUENCING = "feed.sequencing"  # read from the log and numbered, nothing of it written
    SEQUENCED = "feed.sequenced"  # in the feed, not published
    PUBLISHING = "relay.publishing"  # one event confirmed, others on their way
    PUBLISHED = "relay.published"  # confirmed, the cursor not saved: they go out again
    HANDLED = "inbox.handled"  # a reaction decided, not written
    APPLIED = "inbox.applied"  # written, not acknowledged: the broker delivers again
    TASK_TAKEN = "task.taken"  # leased, not begun
    TASK_DONE = "task.done"  # its effect on the world has happened, its completion is not written
    KEY_MADE = "keys.made"  # a citizen's key committed, the append that uses it not
    NUMBER_GIVEN = "numbers.given"  # an official number committed, the append that uses it not
    PARTNER_ANSWERED = "partner.answered"  # an outside party has acted within a request, nothing says so yet


class UnknownCrashPoint(ValueError):
    """The variable names no place, or a count below one; the message is one sentence for the operator."""


class Armed(NamedTuple):
    """The place, and at which time of reaching it the process dies."""

    point: CrashPoint
    nth: int


def armed(environment: Mapping[str, str]) -> Armed | None:
    """What the environment asks for, None for nothing. Raises UnknownCrashPoint."""
    wish = environment.get(VARIABLE, "")
    if not wish:
        return None
    name, _, count = wish.partition(":")
    try:
        found = Armed(CrashPoint(name), int(count or 1))
    except ValueError:
        raise UnknownCrashPoint(f"{VARIABLE}={wish}: name one of {', '.join(CrashPoint)}.") from None
    if found.nth < 1:
        raise UnknownCrashPoint(f"{VARIABLE}={wish}: the count begins with 1.")
    return found


def reaching(wish: Armed | None, die: Callable[[], None]) -> Callable[[CrashPoint], None]:
    """The function that the kernel calls at each place."""
    if wish is None:
        return _go_on
    left = wish.nth

    def reach(point: CrashPoint) -> None:
        nonlocal left
        if point is wish.point:
            left -= 1
            if left == 0:
                die()

    return reach


def _go_on(point: CrashPoint) -> None:
    """Nothing is armed."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


try:
    reach: Final = reaching(armed(os.environ), _die)
except UnknownCrashPoint as wrong:  # armed by somebody who wants to see a crash: not to be ignored
    sys.exit(str(wrong))
