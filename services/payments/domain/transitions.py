"""What may follow what, as data: a claim's condition, an attempt's and a refund's state.

The aggregate moves by these tables alone, and the diagrams in `docs/payments.md` are drawn from them. A pair
that is in no table is no move: as a provider's word it is a duplicate or a contradiction, in the log a bug.
"""

from collections.abc import Mapping
from typing import Final

Moves = Mapping[tuple[str, str], str]
"""(state, what happens) → the state that follows."""


class ImpossibleMove(AssertionError):
    """The log says something that cannot follow: a bug, never data."""


def follow(moves: Moves, state: str, what: str) -> str:
    """The state that follows. Raises ImpossibleMove."""
    try:
        return moves[state, what]
    except KeyError:
        raise ImpossibleMove(f"{what} cannot follow {state}") from None


def _each(states: tuple[str, ...], what: Mapping[str, str]) -> dict[tuple[str, str], str]:
    return {(state, word): after for state in states for word, after in what.items()}


CLAIM: Final[Moves] = {
    ("open", "part_received"): "open",
    ("open", "payment_settled"): "settled",
    ("open", "payment_reversed"): "open",
    ("open", "cash_voided"): "open",
    ("open", "dunned"): "open",
    ("open", "claim_reduced"): "open",
    ("open", "reduced_to_paid"): "settled",
    ("open", "claim_cancelled"): "cancelled",
    ("settled", "part_refunded"): "settled",
    ("settled", "refunded_elsewhere"): "refunded",
    ("settled", "payment_reversed"): "open",
    ("settled", "cash_voided"): "open",
    ("settled", "refund_fell_due"): "refund_due",
    ("cancelled", "refund_fell_due"): "refund_due",
    ("refund_due", "refund_fell_due"): "refund_due",
    ("refund_due", "money_returned"): "refunded",
    ("refund_due", "money_kept"): "refund_waived",
    ("refund_due", "refund_offset"): "cancelled",
}

_ENDS: Final = {"failed": "failed", "cancelled": "cancelled", "expired": "expired"}
_WORDS: Final = {"unknown": "unclear", "succeeded": "succeeded", **_ENDS}

ATTEMPT: Final[Moves] = {
    ("opened", "started"): "started",
    ("opened", "abandoned"): "abandoned",
    **_each(("opened", "started", "unclear"), {"approved": "approved"}),
    **_each(("opened", "started", "approved"), _WORDS),
    **_each(("unclear",), {"succeeded": "succeeded", **_ENDS}),
    **_each(("failed", "cancelled", "expired", "abandoned"), {"succeeded": "succeeded"}),
    ("succeeded", "reversed"): "reversed",
    ("reversed", "reversed"): "reversed",
    ("reversed", "succeeded"): "succeeded",
}

REFUND: Final[Moves] = {
    ("requested", "approved"): "approved",
    ("requested", "declined"): "declined",
    ("requested", "offset"): "offset",
    ("approved", "ordered"): "ordered",
    ("approved", "unclear"): "unclear",
    ("ordered", "pending"): "pending",
    **_each(("ordered", "pending"), {"succeeded": "settled", "failed": "failed", "unclear": "unclear"}),
    **_each(("unclear",), {"succeeded": "settled", "failed": "failed"}),
    **_each(("approved", "failed", "unclear"), {"settled_by_hand": "settled"}),
    **_each(("approved", "failed"), {"offset": "offset"}),
}

OPEN_ATTEMPTS: Final = ("opened", "started", "approved", "unclear")
"""States of an attempt from which a final word is still to come."""
BEGUN: Final = ("started", "approved", "unclear")
"""Of these, those that a provider knows."""
DECIDED_ELSEWHERE: Final = ("approved", "unclear")
"""States of an attempt while which a second one could pay twice."""
UNDER_WAY: Final = ("requested", "ordered", "pending")
"""States of a refund while which nobody else gives the money back; `approved` too where a provider does."""
