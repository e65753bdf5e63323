import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from services.payments.providers.paypal import requests
from services.payments.providers.port import Attempt, Method, RefundOrder

ATTEMPT = Attempt(
    attempt_id=uuid.UUID("01890000-0000-7000-8000-00000000002a"),
    method=Method.PAYPAL,
    amount_cents=3060,
    currency="EUR",
    purpose="KZ  4711000001",
    kassenzeichen="4711000001",
    return_url="https://portal.example/zurueck",
    notify_url="https://portal.example/notify",
)
REFUND = RefundOrder(
    refund_id=uuid.UUID("01890000-0000-7000-8000-00000000002b"),
    method=Method.PAYPAL,
    payment_reference="5O190127TN364715T",
    backend_reference="3C679366HH908993F",
    amount_cents=1000,
    currency="EUR",
    purpose="Erstattung " + "x" * 300,
    kassenzeichen="4711000001",
)


class TestAnOrder:
    def test_is_the_attempt_in_paypals_words(self) -> None:
        own = "0189000000007000800000000000002a"
        assert requests.create(ATTEMPT, "Stadt Lindenau") == {
            "intent": "CAPTURE",
            "purchase_units": [
                {
                    "reference_id": own,
                    "custom_id": own,
                    "invoice_id": f"4711000001-{own}",
                    "description": "KZ 4711000001",
                    "amount": {"currency_code": "EUR", "value": "30.60"},
                }
            ],
            "payment_source": {
                "paypal": {
                    "experience_context": {
                        "brand_name": "Stadt Lindenau",
                        "locale": "de-DE",
                        "shipping_preference": "NO_SHIPPING",
                        "user_action": "PAY_NOW",
                        "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
                        "return_url": "https://portal.example/zurueck",
                        "cancel_url": "https://portal.example/zurueck",
                    }
                }
            },
        }

    def test_speaks_the_payers_language(self) -> None:
        assert '"locale": "en-GB"' in json.dumps(requests.create(replace(ATTEMPT, language="en"), "Stadt"))

    def test_never_has_the_invoice_number_of_another_attempt(self) -> None:
        other = replace(ATTEMPT, attempt_id=uuid.uuid4())
        numbers = {requests.create(a, "Stadt")["purchase_units"][0]["invoice_id"] for a in (ATTEMPT, other)}
        assert len(numbers) == 2

    @pytest.mark.parametrize(
        "change",
        [
            {"amount_cents": 0},
            {"amount_cents": -1},
            {"currency": "USD"},
            {"currency": "eur"},
            {"purpose": "  "},
            {"kassenzeichen": "9" * 95},
            {"return_url": "/zurueck"},
            {"return_url": "javascript:alert(1)"},
            {"return_url": "https://portal.example/" + "x" * 2000},
            {"method": Method.CARD},
        ],
    )
    def test_refuses_what_paypal_would(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError):
            requests.create(replace(ATTEMPT, **change), "Stadt")


class TestARefund:
    def test_is_the_order_in_paypals_words(self) -> None:
        body = requests.refund(REFUND)
        own = "0189000000007000800000000000002b"
        assert body["amount"] == {"currency_code": "EUR", "value": "10.00"}
        assert (body["custom_id"], body["invoice_id"]) == (own, f"4711000001-{own}")
        assert len(body["note_to_payer"]) == 255

    @pytest.mark.parametrize(
        "change", [{"amount_cents": 0}, {"currency": "USD"}, {"kassenzeichen": "9" * 95}]
    )
    def test_refuses_what_paypal_would(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError):
            requests.refund(replace(REFUND, **change))
