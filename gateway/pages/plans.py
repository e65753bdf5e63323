"""What of a charge falls due when, and how each instalment stands, in words."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from gateway.views.frame import Tone
from gateway.views.plans import Instalment

TONES: Final[Mapping[str, Tone]] = {
    "settled": "success", "refunded": "success", "overdue": "warning", "came_back": "warning",
    "refund_due": "warning", "being_checked": "warning",
}  # fmt: skip
CAME_BACK: Final = frozenset({"returned", "rejected"})


def plan_of(
    claims: Sequence[Mapping[str, Any]], url: Callable[[str], str] | None = None, here: str = ""
) -> tuple[Instalment, ...]:
    """The instalments in their order; none where the charge is paid at once.

    `url` gives the address of a claim by its id, `here` is the id of the one that is looked at.
    """
    parts = [claim for claim in claims if claim.get("instalment_count", 1) > 1]
    return tuple(
        Instalment(
            number=claim["instalment"],
            due=date.fromisoformat(claim["pay_by"]) if claim["pay_by"] else None,
            amount_cents=claim["amount_cents"],
            kassenzeichen=claim["kassenzeichen"],
            state=(state := state_of(claim)),
            tone=TONES.get(state, "info"),
            debited_on=date.fromisoformat(claim["debit"]["due"]) if state == "announced" else None,
            url=url(claim["claim_id"]) if url and claim["claim_id"] != here else "",
            here=claim["claim_id"] == here,
        )
        for claim in parts
    )


def state_of(claim: Mapping[str, Any]) -> str:
    """A key below `plan_state.`: what happens next with an open claim, else how it ended."""
    debit = claim.get("debit") or {}
    if claim["state"] != "open":
        return str(claim["state"])
    if claim.get("waits_for"):
        return "announced" if claim["waits_for"] == "debit" else "transfer"
    if claim.get("arranged"):
        return "arranged"
    if debit.get("state") in CAME_BACK:
        return "came_back"
    return "overdue" if claim.get("overdue") else "open"
