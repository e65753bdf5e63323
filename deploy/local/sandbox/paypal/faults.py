"""What the sandbox can be told to do wrong.

A *course* is given to an order when it is created (or to one that exists) and shapes what follows the payer's
decision. A *failure of the line* spoils the answer to a single call.
"""

from dataclasses import dataclass
from enum import StrEnum

from deploy.local.sandbox.script import Told


class Course(StrEnum):
    NORMAL = "normal"
    # of the money
    PENDING = "pending"  # the capture stays PENDING for `answers` readings, then COMPLETED
    DECLINED = "declined"  # the capture is DECLINED, the order COMPLETED all the same
    INSTRUMENT_DECLINED = "instrument_declined"  # no capture: the payer has to choose another card, once
    ALTERED_AMOUNT = "altered_amount"  # `amount_cents` are captured (default: one euro more)
    FOREIGN_CURRENCY = "foreign_currency"  # captured in dollars
    REFUND_PENDING = "refund_pending"  # a refund stays PENDING for `answers` readings
    REFUND_FAILED = "refund_failed"  # a refund is FAILED
    # of the webhooks
    LATE = "late"  # they leave `seconds` later
    TWICE = "twice"  # each is sent two times
    NEVER = "never"
    FORGED = "forged"  # signed by a key that is not the certificate's
    TAMPERED = "tampered"  # another amount under the true signature
    RESERIALISED = "reserialised"  # the same JSON in other bytes
    FOREIGN = "foreign"  # signed under a certificate of another authority
    SKEWED = "skewed"  # signed truly for a moment a day ahead


class Line(StrEnum):
    REPLY_LOST = "reply_lost"  # the call is carried out, the connection breaks before the answer
    UNAVAILABLE = "unavailable"  # HTTP 503, nothing carried out
    SLOW = "slow"  # carried out, answered after `seconds`
    REFUSE = "refuse"  # HTTP `status` with `issue`, nothing carried out


@dataclass(frozen=True)
class Fault(Told):
    """`call` says where a Line fault strikes: token, create, read, capture, refund, read_refund,
    read_dispute, verify, certificate."""

    kinds = (Line, Course)
    makers = Told.makers | {"status": int, "issue": str}

    kind: Course | Line
    seconds: float = 2.0
    answers: int = 1
    amount_cents: int | None = None
    status: int = 422
    issue: str = "PAYEE_ACCOUNT_RESTRICTED"
    call: str = "create"


NORMAL = Fault(Course.NORMAL)
