from typing import Any

import pytest

from services.payments.providers.paypal.replies import Order, Refund
from services.payments.providers.port import Outcome, ProviderUnavailable, State

EUR30 = {"currency_code": "EUR", "value": "30.00"}


def order(status: str, *captures: dict[str, Any], **more: Any) -> Order:
    unit = {"custom_id": "a", "amount": EUR30, "payments": {"captures": list(captures)}}
    return Order.model_validate({"id": "O", "status": status, "purchase_units": [unit], **more})


def capture(status: str, **more: Any) -> dict[str, Any]:
    return {"id": f"C-{status}", "status": status, "amount": EUR30, **more}


class TestAnOrder:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("CREATED", State.UNKNOWN),
            ("SAVED", State.UNKNOWN),
            ("PAYER_ACTION_REQUIRED", State.UNKNOWN),
            ("APPROVED", State.APPROVED),
            ("VOIDED", State.EXPIRED),
            ("COMPLETED", State.UNKNOWN),
            ("SOMETHING_NEW", State.UNKNOWN),
        ],
    )
    def test_without_a_capture_is_no_money(self, status: str, state: State) -> None:
        assert order(status).outcome().state is state

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("COMPLETED", State.SUCCEEDED),
            ("PARTIALLY_REFUNDED", State.UNKNOWN),
            ("REFUNDED", State.UNKNOWN),
            ("PENDING", State.UNKNOWN),
            ("DECLINED", State.FAILED),
            ("FAILED", State.FAILED),
            ("SOMETHING_NEW", State.UNKNOWN),
        ],
    )
    def test_is_what_its_capture_is(self, status: str, state: State) -> None:
        outcome = order("COMPLETED", capture(status)).outcome()
        assert (outcome.state, outcome.code) == (state, f"COMPLETED/{status}")
        assert outcome.backend_transaction_id == f"C-{status}"

    @pytest.mark.parametrize(
        ("status", "pending"), [("PENDING", True), ("REFUNDED", True), ("SOMETHING_NEW", False)]
    )
    def test_whose_capture_is_pending_has_a_payer_who_did_their_part(
        self, status: str, pending: bool
    ) -> None:
        assert order("COMPLETED", capture(status)).outcome().pending is pending

    def test_is_paid_where_one_of_several_captures_is(self) -> None:
        outcome = order("COMPLETED", capture("DECLINED"), capture("COMPLETED"), capture("PENDING")).outcome()
        assert (outcome.state, outcome.backend_transaction_id) == (State.SUCCEEDED, "C-COMPLETED")

    def test_tells_what_was_captured_and_what_it_cost(self) -> None:
        fee = {"paypal_fee": {"currency_code": "EUR", "value": "1.24"}}
        less = {"currency_code": "EUR", "value": "29.99"}
        told = capture("COMPLETED", seller_receivable_breakdown=fee) | {"amount": less}
        outcome = order("COMPLETED", told).outcome()
        assert (outcome.amount_cents, outcome.currency, outcome.fee_cents) == (2999, "EUR", 124)

    @pytest.mark.parametrize("units", [[], [{}, {}]])
    def test_of_no_single_unit_is_none_of_ours(self, units: list[Any]) -> None:
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            order("COMPLETED", purchase_units=units).outcome()

    @pytest.mark.parametrize(
        "links",
        [
            [],
            [{"rel": "self", "href": "https://paypal.example/"}],
            [{"rel": "payer-action", "href": "javascript:alert(1)"}],
            [{"rel": "approve", "href": "/checkoutnow"}],
        ],
    )
    def test_that_leads_the_payer_nowhere_is_unreadable(self, links: list[Any]) -> None:
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            order("PAYER_ACTION_REQUIRED", links=links).payer_url()


def given_back(status: str, *refunds: dict[str, Any]) -> Outcome:
    unit = {
        "custom_id": "a" * 32, "amount": EUR30,
        "payments": {"captures": [capture(status)], "refunds": list(refunds)},
    }  # fmt: skip
    return Order.model_validate({"id": "O", "status": "COMPLETED", "purchase_units": [unit]}).outcome()


def refund(number: int, status: str = "COMPLETED", custom_id: str = "a" * 32) -> dict[str, Any]:
    amount = {"currency_code": "EUR", "value": f"{number}.00"}
    return {"id": f"R{number}", "status": status, "amount": amount, "custom_id": custom_id}


class TestMoneyThatWentBack:
    @pytest.mark.parametrize("status", ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"])
    def test_is_told_with_the_payment(self, status: str) -> None:
        outcome = given_back(status, refund(10), refund(5, "FAILED"), refund(20))
        assert outcome.state is State.SUCCEEDED
        assert {(one.state, one.transaction_id) for one in outcome.afterwards} == {(State.REFUNDED, "a" * 32)}
        told = [(one.entry, one.amount_cents) for one in outcome.afterwards]
        assert told == [("R10", 1000), ("R20", 2000)]

    def test_by_our_order_is_its_tasks_to_ask_for(self) -> None:
        outcome = given_back("PARTIALLY_REFUNDED", refund(10, custom_id="b" * 32))
        assert (outcome.state, outcome.afterwards) == (State.SUCCEEDED, ())

    @pytest.mark.parametrize("refunds", [[], [refund(10, "PENDING")], [refund(10), refund(20, "PENDING")]])
    def test_is_not_paid_before_it_is_known_how_much(self, refunds: list[Any]) -> None:
        outcome = given_back("REFUNDED", *refunds)
        assert (outcome.state, outcome.pending, outcome.afterwards) == (State.UNKNOWN, True, ())


class TestARefund:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("COMPLETED", State.SUCCEEDED),
            ("PENDING", State.UNKNOWN),
            ("FAILED", State.FAILED),
            ("CANCELLED", State.FAILED),
            ("SOMETHING_NEW", State.UNKNOWN),
        ],
    )
    def test_is_told_by_its_status(self, status: str, state: State) -> None:
        outcome = Refund(id="R", status=status).outcome()
        assert (outcome.state, outcome.code, outcome.amount_cents, outcome.currency) == (
            state,
            status,
            None,
            None,
        )
