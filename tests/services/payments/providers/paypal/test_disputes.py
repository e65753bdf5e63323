"""What of a dispute is money that came again."""

from typing import Any

import pytest

from services.payments.providers.paypal.disputes import Dispute


def eur(value: str) -> dict[str, str]:
    return {"currency_code": "EUR", "value": value}


def movement(party: str, kind: str, value: str) -> dict[str, Any]:
    return {"affected_party": party, "type": kind, "amount": eur(value), "reason": "DISPUTE_SETTLEMENT"}


def dispute(code: str = "RESOLVED_SELLER_FAVOUR", **more: Any) -> Dispute:
    plain = {
        "dispute_id": "PP-1",
        "status": "RESOLVED",
        "dispute_amount": eur("30.00"),
        "disputed_transactions": [{"seller_transaction_id": "C1"}],
        "dispute_outcome": {"outcome_code": code, "amount_refunded": eur("0.00")},
    }
    return Dispute.model_validate({**plain, **more})


class TestADispute:
    @pytest.mark.parametrize(
        ("code", "cents"),
        [
            ("RESOLVED_SELLER_FAVOUR", 3000),
            ("RESOLVED_WITH_PAYOUT", 3000),
            ("CANCELED_BY_BUYER", 3000),
            ("DENIED", 3000),
            ("RESOLVED_BUYER_FAVOUR", 0),
            ("ACCEPTED", 0),
            ("NONE", 0),
            ("SOMETHING_NEW", 0),
        ],
    )
    def test_brings_money_back_by_its_outcome(self, code: str, cents: int) -> None:
        assert dispute(code).came_again() == cents

    def test_that_is_open_brings_nothing(self) -> None:
        assert dispute(status="UNDER_REVIEW").came_again() == 0

    def test_brings_what_was_credited_to_the_merchant(self) -> None:
        moved = [
            movement("SELLER", "DEBIT", "30.00"),
            movement("BUYER", "CREDIT", "30.00"),
            movement("SELLER", "CREDIT", "12.34"),
        ]
        assert dispute(money_movements=moved).came_again() == 1234

    def test_brings_nothing_where_nothing_was_credited(self) -> None:
        assert dispute(money_movements=[movement("SELLER", "DEBIT", "30.00")]).came_again() == 0

    def test_brings_less_where_some_was_refunded(self) -> None:
        outcome = {"outcome_code": "RESOLVED_WITH_PAYOUT", "amount_refunded": eur("10.00")}
        assert dispute(dispute_outcome=outcome).came_again() == 2000

    @pytest.mark.parametrize(("ids", "found"), [(["C1"], "C1"), ([], ""), (["C1", "C2"], "")])
    def test_is_about_one_capture(self, ids: list[str], found: str) -> None:
        transactions = [{"seller_transaction_id": one} for one in ids]
        assert dispute(disputed_transactions=transactions).capture_id == found
