"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta


class FixedClock:
    """Gives one instant; `advance` moves it."""

    def __init__(self, at: datetime | None = None) -> None:
        self._now = at or datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
