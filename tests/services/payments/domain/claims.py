"""What tests ask of a claim."""

from collections import Counter
from typing import Any

from services.payments.domain.ledger import entry


def of_provider(claim: Any, state: str) -> list[Any]:
    """Its refunds in this state that a provider carries out."""
    return [one for one in claim.refunds.values() if (one.state, one.via) == (state, "provider")]


def balances(claim: Any) -> Counter[str]:
    """Cents by account of the ledger, of all that the claim has booked."""
    found: Counter[str] = Counter()
    for event in claim.pending_events:
        for line in entry(event):
            found[line.account] += line.cents
    return found


def is_made_up(claim: Any, since: int) -> bool:
    """Whether nothing waits to go back of money that came since then while something is reclaimable."""
    waits = any(task.version > since and not task.done for task in claim.money_tasks.values())
    return not waits or not balances(claim)["reclaimable"]
