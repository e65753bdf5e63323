"""Claims of older logs read as they were, and go on: events of the first versions, as they lie there."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.payments.domain import refunds
from services.payments.domain.claim import Claim
from services.payments.domain.ledger import entry
from services.payments.domain.money_tasks import Settled
from shared.domain import decode
from tests.services.payments.domain.test_claim import NOW, VOUCHER

FROZEN = Path(__file__).parents[3] / "contracts" / "frozen" / "stored"
BEGUN = ["payment_requested", "attempt_opened", "payment_started", "payment_settled"]


def folded(names: list[str], **said: dict[str, Any]) -> tuple[Any, list[Any]]:
    """A claim of frozen v1 events, each with its own version; `said` changes fields by event."""
    claim: Any = None
    events = []
    for version, name in enumerate(names, 1):
        kept = json.loads((FROZEN / f"payments.{name}.v1.json").read_text("utf-8"))
        kept["payload"]["d"].update(said.get(name, {}))
        payload = json.dumps(kept["payload"]).encode()
        event: Any = decode(UUID(int=7), version, kept["name"], kept["schema"], payload, None)
        claim = event.mutate(claim)
        events.append(event)
    return claim, events


class TestAnOldClaim:
    def test_that_was_settled_can_be_refunded(self) -> None:
        claim, _ = folded(BEGUN)
        assert (claim.condition, claim.kept_cents, claim.attempts[claim.settled_by].amount_cents) == (
            "settled", 3060, 3060,
        )  # fmt: skip
        wish = refunds.Wish(UUID(int=8), 1000, "x", "kim", "provider", 2000)
        refunds.request(claim, wish, now=NOW)
        assert claim.kept_cents == 2060

    @pytest.mark.parametrize(
        ("how", "condition"), [("returned_by_transfer", "refunded"), ("kept_by_agreement", "refund_waived")]
    )
    def test_that_was_refunded_stays_so(self, how: str, condition: str) -> None:
        names = [*BEGUN, "refund_fell_due", "money_task_settled"]
        task = {"how": how, "kind": "refund_due", "task_version": 5}
        claim, events = folded(names, money_task_settled=task)
        assert claim.condition == condition
        lines = [line for event in events for line in entry(event)]
        assert sum(line.cents for line in lines) == 0
        assert {line.currency for line in lines} <= {"EUR", "text"}

    def test_with_a_surplus_lets_a_person_settle_it(self) -> None:
        claim, _ = folded([*BEGUN[:3], "claim_cancelled", "surplus_received"])
        assert isinstance(claim, Claim)
        [task] = claim.money_tasks.values()
        claim.settle_money_task(task.version, Settled.RETURNED_BY_TRANSFER, 3060, VOUCHER, now=NOW)
        assert claim.money_tasks[task.version].done
