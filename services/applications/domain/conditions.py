"""The conditions of a case and which decision leads from one to the next, as data.

The diagram in the documentation is drawn from `TRANSITIONS`; the aggregate refuses what is not in it.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final


class Condition(StrEnum):
    """Where a case stands. A draft is no case yet."""

    AWAITING_REGISTER_AND_PAYMENT = "awaiting_register_and_payment"
    AWAITING_REGISTER = "awaiting_register"
    AWAITING_PAYMENT = "awaiting_payment"
    READY = "ready"
    IN_REVIEW = "in_review"
    CORRECTION_REQUESTED = "correction_requested"
    APPROVED = "approved"
    COMPLETED = "completed"
    SUSPENDED = "suspended"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Step(StrEnum):
    """What happens to a case, named as its event."""

    REGISTER_ANSWERED = "register_answered"
    PROVISIONAL_FEE_RECEIVED = "provisional_fee_received"
    FEE_SETTLED = "fee_settled"
    FEE_REVERSED = "fee_reversed"
    FEE_AWAITED = "fee_awaited"
    FEE_WAIT_ENDED = "fee_wait_ended"
    REST_AWAITED = "rest_awaited"
    FEE_REMINDED = "fee_reminded"
    REFERRED = "referred"
    CORRECTION_REQUESTED = "correction_requested"
    CORRECTION_REMINDED = "correction_reminded"
    CORRECTION_LAPSED = "correction_lapsed"
    CORRECTION_TAKEN_BACK = "correction_taken_back"
    CORRECTED = "corrected"
    CORRECTED_WITH_CHECK = "corrected_with_check"
    APPROVED_BY_RULE = "approved_by_rule"
    APPROVED_BY_CLERK = "approved_by_clerk"
    REJECTED_BY_CLERK = "rejected_by_clerk"
    WITHDRAWN = "withdrawn"
    EXPIRED_UNPAID = "expired_unpaid"
    COMPLETED = "completed"
    APPROVAL_CORRECTED = "approval_corrected"
    APPROVAL_SUSPENDED = "approval_suspended"
    APPROVAL_REINSTATED = "approval_reinstated"
    APPROVAL_REVOKED = "approval_revoked"


OPEN: Final = (
    Condition.AWAITING_REGISTER_AND_PAYMENT,
    Condition.AWAITING_REGISTER,
    Condition.AWAITING_PAYMENT,
    Condition.READY,
    Condition.IN_REVIEW,
    Condition.CORRECTION_REQUESTED,
)
UNPAID: Final = (Condition.AWAITING_REGISTER_AND_PAYMENT, Condition.AWAITING_PAYMENT)
CITIZENS_TURN: Final = (*UNPAID, Condition.CORRECTION_REQUESTED)
_WITH_FEE_OPEN: Final = (
    Condition.IN_REVIEW,
    Condition.CORRECTION_REQUESTED,
    Condition.APPROVED,
    Condition.COMPLETED,
    Condition.SUSPENDED,
)
"""Where a fee may come or be taken back and nothing else moves: a person, or dunning, sees to it."""


def _unmoved(*conditions: Condition) -> dict[Condition, Condition]:
    return {condition: condition for condition in conditions}


TRANSITIONS: Final[Mapping[Step, Mapping[Condition, Condition]]] = {
    Step.REGISTER_ANSWERED: {
        Condition.AWAITING_REGISTER_AND_PAYMENT: Condition.AWAITING_PAYMENT,
        Condition.AWAITING_REGISTER: Condition.READY,
    },
    Step.PROVISIONAL_FEE_RECEIVED: _unmoved(*UNPAID, Condition.AWAITING_REGISTER, *_WITH_FEE_OPEN),
    Step.FEE_SETTLED: {
        Condition.AWAITING_REGISTER_AND_PAYMENT: Condition.AWAITING_REGISTER,
        Condition.AWAITING_PAYMENT: Condition.READY,
        **_unmoved(Condition.AWAITING_REGISTER, *_WITH_FEE_OPEN),
    },
    Step.FEE_REVERSED: {
        Condition.AWAITING_REGISTER: Condition.AWAITING_REGISTER_AND_PAYMENT,
        **_unmoved(*UNPAID, *_WITH_FEE_OPEN),
    },
    Step.FEE_AWAITED: _unmoved(*UNPAID),
    Step.FEE_WAIT_ENDED: _unmoved(*UNPAID, Condition.AWAITING_REGISTER, Condition.READY, *_WITH_FEE_OPEN),
    Step.REST_AWAITED: _unmoved(*UNPAID),
    Step.FEE_REMINDED: _unmoved(*UNPAID),
    Step.REFERRED: {Condition.READY: Condition.IN_REVIEW},
    Step.CORRECTION_REQUESTED: {Condition.IN_REVIEW: Condition.CORRECTION_REQUESTED},
    Step.CORRECTION_REMINDED: {Condition.CORRECTION_REQUESTED: Condition.CORRECTION_REQUESTED},
    Step.CORRECTION_LAPSED: {Condition.CORRECTION_REQUESTED: Condition.IN_REVIEW},
    Step.CORRECTION_TAKEN_BACK: {Condition.CORRECTION_REQUESTED: Condition.IN_REVIEW},
    Step.CORRECTED: {Condition.CORRECTION_REQUESTED: Condition.READY},
    Step.CORRECTED_WITH_CHECK: {Condition.CORRECTION_REQUESTED: Condition.AWAITING_REGISTER},
    Step.APPROVED_BY_RULE: {Condition.READY: Condition.APPROVED},
    Step.APPROVED_BY_CLERK: {Condition.IN_REVIEW: Condition.APPROVED},
    Step.REJECTED_BY_CLERK: {Condition.IN_REVIEW: Condition.REJECTED},
    Step.WITHDRAWN: dict.fromkeys(OPEN, Condition.WITHDRAWN),
    Step.EXPIRED_UNPAID: dict.fromkeys(UNPAID, Condition.EXPIRED),
    Step.COMPLETED: {Condition.APPROVED: Condition.COMPLETED},
    Step.APPROVAL_CORRECTED: {Condition.COMPLETED: Condition.APPROVED},
    Step.APPROVAL_SUSPENDED: {Condition.COMPLETED: Condition.SUSPENDED},
    Step.APPROVAL_REINSTATED: {Condition.SUSPENDED: Condition.COMPLETED},
    Step.APPROVAL_REVOKED: dict.fromkeys(
        (Condition.APPROVED, Condition.COMPLETED, Condition.SUSPENDED), Condition.REVOKED
    ),
}


def first_condition(*, register_check: bool, fee_first: bool) -> Condition:
    """Where a submitted case begins: with what it waits for."""
    if register_check:
        return Condition.AWAITING_REGISTER_AND_PAYMENT if fee_first else Condition.AWAITING_REGISTER
    return Condition.AWAITING_PAYMENT if fee_first else Condition.READY


def diagram() -> str:
    """The transitions as a Mermaid state diagram."""
    return "\n".join(("stateDiagram-v2", *_arrows()))


def _arrows() -> Iterator[str]:
    firsts = {
        first_condition(register_check=check, fee_first=fee)
        for check in (True, False)
        for fee in (True, False)
    }
    yield from (f"    [*] --> {condition}: submitted" for condition in Condition if condition in firsts)
    for step, ways in TRANSITIONS.items():
        yield from (f"    {before} --> {after}: {step}" for before, after in ways.items())
