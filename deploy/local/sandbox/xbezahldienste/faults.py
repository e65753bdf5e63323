"""What the sandbox can be told to do wrong: a course for a payment, or a failure of the line for one call."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Course(StrEnum):
    NORMAL = "normal"
    ALTERED_AMOUNT = "altered_amount"  # `amount_cents` are booked (default: one euro more), and said so
    FOREIGN_CURRENCY = "foreign_currency"  # the answer names Swiss francs
    UNKNOWN_FIRST = "unknown_first"  # the first `answers` status replies after the decision say INITIAL
    SILENT = "silent"  # the answer does not repeat what was asked for


class Line(StrEnum):
    REPLY_LOST = "reply_lost"  # the call is carried out, the connection breaks before the answer
    UNAVAILABLE = "unavailable"  # HTTP 503, nothing carried out
    SLOW = "slow"  # carried out, answered after `seconds`
    REFUSE = "refuse"  # HTTP `status` with `code`, nothing carried out
    PROXY = "proxy"  # HTTP 200 with a page that some proxy wrote, nothing carried out


@dataclass(frozen=True)
class Fault:
    """`call` says where a Line fault strikes: start, status, health, token."""

    kind: Course | Line
    seconds: float = 2.0
    answers: int = 1
    amount_cents: int | None = None
    status: int = 400
    code: str = "UNSPECIFIED"
    call: str = "start"

    @property
    def of_the_line(self) -> bool:
        return isinstance(self.kind, Line)

    @classmethod
    def read(cls, data: dict[str, Any]) -> "Fault":
        """From JSON {"fault": name, …}. Raises ValueError for what is not known."""
        name = str(data.get("fault", ""))
        kind: Course | Line = Line(name) if name in list(Line) else Course(name)
        allowed = {"seconds": float, "answers": int, "amount_cents": int, "status": int}
        allowed |= {"code": str, "call": str}
        return cls(kind, **{k: make(data[k]) for k, make in allowed.items() if data.get(k) is not None})

    def as_json(self) -> dict[str, Any]:
        values = asdict(self)
        return {"fault": values.pop("kind").value, **values}


NORMAL = Fault(Course.NORMAL)
