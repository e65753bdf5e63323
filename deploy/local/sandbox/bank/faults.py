"""What the bank can be told to do wrong.

A *course* is given to a debit when it is handed in, or to an account for all debits of it from then on, and
shapes what becomes of them. A *failure of the line* spoils the next file of a kind.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from deploy.local.sandbox.script import Told


class Course(StrEnum):
    NORMAL = "normal"  # as the last digits of the account say (see `settings`)
    HOLDS = "holds"  # whatever they say
    REJECTED = "rejected"  # refused with `code` in the bank's answer
    RETURNED = "returned"  # given back with `code` `days` after the money came, for `charges_cents`


class Line(StrEnum):
    # of any file
    TWICE = "twice"  # it comes a second time, under another name and message id
    LATE = "late"  # it comes `days` later, what is written meanwhile before it
    # something else comes in its place, the true file `days` later
    CUT = "cut"  # its end is missing
    NOT_XML = "not_xml"
    HOSTILE = "hostile"  # XML whose entities fill any memory
    # of a statement
    WRONG_SUM = "wrong_sum"  # its closing balance is a cent too high; the true one `days` later
    NOTIFIED = "notified"  # a camt.054 tells its entries now, or their sums alone; it comes `days` later


@dataclass(frozen=True)
class Fault(Told):
    """`call` says which file a Line fault spoils: statement (camt.053), notification (camt.054), answer
    (pain.002). With 0 `days` it comes the same day; `charges_cents` of None is what the settings say; without
    `details` a notification tells of each entry no more than its sum."""

    kinds = (Line, Course)
    makers: ClassVar[dict[str, type]] = {
        "call": str, "code": str, "days": int, "charges_cents": int, "details": bool,
    }  # fmt: skip

    kind: Course | Line
    call: str = "statement"
    code: str = "MS03"
    days: int = 2
    charges_cents: int | None = None
    details: bool = True


NORMAL = Fault(Course.NORMAL)
