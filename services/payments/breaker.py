"""A provider that keeps failing is taken out of the offer for a while, and then tried with one payer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from shared.observe.metrics import gauge

LONGEST: Final = timedelta(minutes=15)
_out = gauge("portal_payment_provider_out", "1 while a provider is out by its own failures", ("provider",))


@dataclass(slots=True)
class Breaker:
    """Each process counts for itself. Out after `failures` failed starts in a row, for `pause` first; twice
    as long after each trial that fails too."""

    provider: str
    failures: int
    pause: timedelta
    in_a_row: int = 0
    out_until: datetime | None = None
    _pause: timedelta = field(init=False)

    def __post_init__(self) -> None:
        self._pause = self.pause
        _out.labels(self.provider).set(0)

    def is_out(self, now: datetime) -> bool:
        """Whether nobody is sent there now; after its pause one may try again."""
        return self.out_until is not None and now < self.out_until

    def tried(self, now: datetime) -> None:
        """Somebody is sent there: where it was out, everybody else waits for what becomes of it."""
        if self.out_until is not None:
            self.out_until = now + self._pause

    def succeeded(self) -> None:
        self.in_a_row, self.out_until, self._pause = 0, None, self.pause
        _out.labels(self.provider).set(0)

    def failed(self, now: datetime) -> None:
        self.in_a_row += 1
        if self.in_a_row < self.failures:
            return
        if self.out_until is not None:
            self._pause = min(self._pause * 2, LONGEST)
        self.out_until = now + self._pause
        _out.labels(self.provider).set(1)
