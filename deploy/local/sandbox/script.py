"""The order in which a sandbox errs: what it was told first is played first."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar


class Playable(Protocol):
    @property
    def call(self) -> str: ...
    @property
    def of_the_line(self) -> bool: ...
    def as_json(self) -> dict[str, Any]: ...


F = TypeVar("F", bound=Playable)


@dataclass(frozen=True)
class Told:
    """A fault as told in JSON. A subclass has `kinds`, the failures of the line first, a field `kind` of
    one of them, and fields with defaults, of which those in `makers` may be told."""

    kinds: ClassVar[tuple[type[StrEnum], type[StrEnum]]]
    makers: ClassVar[dict[str, type]] = {
        "seconds": float, "answers": int, "amount_cents": int, "call": str,
    }  # fmt: skip

    @property
    def of_the_line(self) -> bool:
        return isinstance(vars(self)["kind"], self.kinds[0])

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """From JSON {"fault": name, …}. Raises ValueError for what is not known."""
        name = str(data.get("fault", ""))
        line, course = cls.kinds
        told = {key: make(data[key]) for key, make in cls.makers.items() if data.get(key) is not None}
        kind = line(name) if name in list(line) else course(name)
        return cls(kind=kind, **told)  # type: ignore[call-arg]

    def as_json(self) -> dict[str, Any]:
        values = asdict(self)
        return {"fault": values.pop("kind").value, **values}


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
