"""What the sandbox can be told to do wrong.

A *course* is given to a transaction when it is opened (or to one that exists) and shapes what follows the
payer's decision. A *failure of the line* spoils the answer to a single call.
"""

from dataclasses import dataclass
from enum import StrEnum

from deploy.local.sandbox.script import Told


class Course(StrEnum):
    NORMAL = "normal"
    SUCCEED = "succeed"  # whatever the payer clicks, the bank says paid
    FAIL = "fail"
    CANCEL = "cancel"
    TIMEOUT = "timeout"
    LATE = "late"  # the notification leaves `seconds` later
    TWICE = "twice"  # two equal notifications at once
    FORGED = "forged"  # one notification that claims "paid" with a wrong hash, none that is true
    TAMPERED = "tampered"  # one notification with another amount under the true hash
    ALTERED_AMOUNT = "altered_amount"  # the bank books `amount_cents` (default: one euro more), and says so
    NEVER = "never"  # no notification at all
    UNKNOWN_FIRST = "unknown_first"  # notification and the first `answers` status replies say 4500
    SUCCESS_AFTER_CANCEL = "success_after_cancel"  # cancelled, and `seconds` later paid after all


class Line(StrEnum):
    REPLY_LOST = "reply_lost"  # the call is carried out, the connection breaks before the answer
    UNSIGNED = "unsigned"  # the answer has no hash
    WRONG_HASH = "wrong_hash"
    UNAVAILABLE = "unavailable"  # HTTP 503, nothing carried out
    REFUSE = "refuse"  # answered with rc `code`, nothing carried out


@dataclass(frozen=True)
class Fault(Told):
    """`call` says where a Line fault strikes: start (also paypage/init), status, payment, refund, void."""

    kinds = (Line, Course)
    makers = Told.makers | {"code": int}

    kind: Course | Line
    seconds: float = 2.0
    answers: int = 1
    amount_cents: int | None = None
    code: int = 5101
    call: str = "start"


NORMAL = Fault(Course.NORMAL)
