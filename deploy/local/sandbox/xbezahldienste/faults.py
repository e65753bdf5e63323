"""What the sandbox can be told to do wrong: a course for a payment, or a failure of the line for one call."""

from dataclasses import dataclass
from enum import StrEnum

from deploy.local.sandbox.script import Told


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
class Fault(Told):
    """`call` says where a Line fault strikes: start, status, health, token."""

    kinds = (Line, Course)
    makers = Told.makers | {"status": int, "code": str}

    kind: Course | Line
    seconds: float = 2.0
    answers: int = 1
    amount_cents: int | None = None
    status: int = 400
    code: str = "UNSPECIFIED"
    call: str = "start"


NORMAL = Fault(Course.NORMAL)
