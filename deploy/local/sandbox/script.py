"""The order in which a sandbox errs: what it was told first is played first."""

from collections import deque
from typing import Any, Generic, Protocol, TypeVar


class Playable(Protocol):
    @property
    def call(self) -> str: ...
    @property
    def of_the_line(self) -> bool: ...
    def as_json(self) -> dict[str, Any]: ...


F = TypeVar("F", bound=Playable)


class Script(Generic[F]):
    """The faults still to come: courses for what is opened next, failures of the line for single calls. It is
    kept in memory: a restarted sandbox behaves."""

    def __init__(self, normal: F) -> None:
        self._normal = normal
        self._courses: deque[F] = deque()
        self._lines: deque[F] = deque()

    def add(self, fault: F, count: int) -> None:
        (self._lines if fault.of_the_line else self._courses).extend([fault] * count)

    def clear(self) -> None:
        self._courses.clear()
        self._lines.clear()

    def next_course(self) -> F:
        return self._courses.popleft() if self._courses else self._normal

    def next_line(self, call: str) -> F | None:
        for fault in self._lines:
            if fault.call == call:
                self._lines.remove(fault)
                return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        return [fault.as_json() for fault in (*self._courses, *self._lines)]
