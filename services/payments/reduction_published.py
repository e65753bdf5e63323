"""The public event of a claim of which less is owed."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.payments.domain import reduction_events
from shared.bus.published import Published

_CLAIM = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c02")
_CASE = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c10")
_ACCOUNT = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c11")


class ClaimReduced(BaseModel):
    """What a claim is for ended early: `amount_cents` are not claimed any more, `owed_cents` still to pay.

    With nothing to pay the claim is `settled` by what had come.
    """

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    amount_cents: int
    owed_cents: int
    currency: str
    reason: str
    state: Literal["open", "settled"]
    stream_version: int


def publish(published: Published) -> None:
    """Adds it to the service's own."""
    published.add(
        reduction_events.ClaimReduced,
        ClaimReduced(
            claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, amount_cents=1530, owed_cents=2030,
            currency="EUR", reason="given_up_early", state="open", stream_version=9,
        ),
        {"state": lambda e: "open" if e.owed_cents else "settled"},
    )  # fmt: skip
