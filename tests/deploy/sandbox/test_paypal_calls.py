"""The provider's side by itself: what it refuses, what it books, whom it answers."""

from typing import Any

import httpx
import pytest

from tests.deploy.sandbox.paypal_serving import CLIENT_ID, CLIENT_SECRET, PayPalSandbox

ORDERS = "/v2/checkout/orders"


def body(**changes: Any) -> dict[str, Any]:
    unit = {"custom_id": "a1", "invoice_id": "4711-a1", "amount": {"currency_code": "EUR", "value": "30.00"}}
    context = {"return_url": "https://shop.example/ok", "cancel_url": "https://shop.example/back?x=1"}
    order = {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": context}},
    }
    return {**order, **changes}


def post(sandbox: PayPalSandbox, path: str, data: Any = None, request_id: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.token()}"} | (
        {"PayPal-Request-Id": request_id} if request_id else {}
    )
    return sandbox.http.post(path, json=data or {}, headers=headers)


def created(sandbox: PayPalSandbox, **changes: Any) -> str:
    return str(post(sandbox, ORDERS, body(**changes)).raise_for_status().json()["id"])


def captured(sandbox: PayPalSandbox) -> str:
    """A capture's id."""
    order = created(sandbox)
    sandbox.decide(order)
    post(sandbox, f"{ORDERS}/{order}/capture").raise_for_status()
    return str(sandbox.order(order)["captures"][0]["id"])


def issue(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["details"][0]["issue"]


def unit(**changes: Any) -> list[dict[str, Any]]:
    return [{**body()["purchase_units"][0], **changes}]


def priced(currency: str, value: Any) -> list[dict[str, Any]]:
    return unit(amount={"currency_code": currency, "value": value})


class TestTheDoor:
    @pytest.mark.parametrize("auth", [("", ""), (CLIENT_ID, "wrong"), ("wrong", CLIENT_SECRET)])
    def test_gives_no_token_to_a_stranger(self, paypal: PayPalSandbox, auth: tuple[str, str]) -> None:
        answer = paypal.http.post("/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=auth)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    def test_gives_no_token_for_another_grant(self, paypal: PayPalSandbox) -> None:
        answer = paypal.http.post(
            "/v1/oauth2/token", data={"grant_type": "password"}, auth=(CLIENT_ID, CLIENT_SECRET)
        )
        assert answer.status_code == 400

    @pytest.mark.parametrize("header", ["", "Bearer x", "Basic x"])
    def test_is_closed_without_a_token(self, paypal: PayPalSandbox, header: str) -> None:
        answer = paypal.http.post(ORDERS, json=body(), headers={"Authorization": header})
        assert issue(answer) == (401, "INVALID_TOKEN")

    def test_is_closed_after_the_tokens_were_forgotten(self, paypal: PayPalSandbox) -> None:
        token = paypal.token()
        paypal.http.delete("/sandbox/tokens").raise_for_status()
        answer = paypal.http.get(f"{ORDERS}/X", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401

    @pytest.mark.parametrize(("content", "status"), [(b"{", 400), (b"[]", 400)])
    def test_wants_one_json_object(self, paypal: PayPalSandbox, content: bytes, status: int) -> None:
        headers = {"Authorization": f"Bearer {paypal.token()}", "Content-Type": "application/json"}
        assert paypal.http.post(ORDERS, content=content, headers=headers).status_code == status

    def test_wants_it_called_json(self, paypal: PayPalSandbox) -> None:
        headers = {"Authorization": f"Bearer {paypal.token()}"}
        assert paypal.http.post(ORDERS, content=b"", headers=headers).status_code == 415


class TestACreate:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"intent": "AUTHORIZE"}, (400, "INVALID_PARAMETER_VALUE")),
            ({"purchase_units": []}, (400, "INVALID_ARRAY_MIN_ITEMS")),
            ({"purchase_units": unit(amount=None)}, (400, "MISSING_REQUIRED_PARAMETER")),
            ({"purchase_units": priced("EUR", 30)}, (400, "MISSING_REQUIRED_PARAMETER")),
            ({"purchase_units": priced("EUR", "30")}, (422, "DECIMAL_PRECISION")),
            ({"purchase_units": priced("XYZ", "30.00")}, (422, "CURRENCY_NOT_SUPPORTED")),
            ({"purchase_units": priced("EUR", "0.00")}, (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
            ({"purchase_units": unit(custom_id="x" * 128)}, (400, "INVALID_STRING_MAX_LENGTH")),
            ({"payment_source": {"paypal": {}}}, (400, "INVALID_PARAMETER_SYNTAX")),
        ],
    )  # fmt: skip
    def test_of_a_broken_order_is_refused(
        self, paypal: PayPalSandbox, changes: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        assert issue(post(paypal, ORDERS, body(**changes))) == expected
        assert paypal.book()["orders"] == []

    def test_repeated_under_its_id_is_the_same_order(self, paypal: PayPalSandbox) -> None:
        first, again = (post(paypal, ORDERS, body(), "a1:create") for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["id"] == again.json()["id"]


class TestACapture:
    def test_without_agreement_is_refused(self, paypal: PayPalSandbox) -> None:
        answer = post(paypal, f"{ORDERS}/{created(paypal)}/capture")
        assert issue(answer) == (422, "ORDER_NOT_APPROVED")

    def test_of_an_invoice_paid_before_is_refused(self, paypal: PayPalSandbox) -> None:
        captured(paypal)
        order = created(paypal)
        paypal.decide(order)
        assert issue(post(paypal, f"{ORDERS}/{order}/capture")) == (422, "DUPLICATE_INVOICE_ID")
        assert paypal.book()["balance_cents"] == 3000

    def test_of_an_expired_order_finds_none(self, paypal: PayPalSandbox) -> None:
        order = created(paypal)
        paypal.decide(order, "timeout")
        assert issue(post(paypal, f"{ORDERS}/{order}/capture")) == (404, "INVALID_RESOURCE_ID")

    def test_that_is_pending_ends_on_request(self, paypal: PayPalSandbox) -> None:
        paypal.tell("pending", answers=9)
        capture = captured(paypal)
        assert paypal.book()["balance_cents"] == 0
        paypal.change(capture, "complete")
        assert paypal.book()["balance_cents"] == 3000

    def test_can_be_reversed(self, paypal: PayPalSandbox) -> None:
        paypal.change(captured(paypal), "reverse")
        assert [entry["amount_cents"] for entry in paypal.book()["entries"]] == [3000, -3000, 0]


class TestARefund:
    def test_of_everything_needs_no_amount_and_happens_once(self, paypal: PayPalSandbox) -> None:
        path = f"/v2/payments/captures/{captured(paypal)}/refund"
        assert post(paypal, path).status_code == 201
        assert issue(post(paypal, path)) == (422, "CAPTURE_FULLY_REFUNDED")
        assert paypal.book()["balance_cents"] == 0

    @pytest.mark.parametrize(
        ("amount", "expected"),
        [
            ({"currency_code": "EUR", "value": "30.01"}, (422, "REFUND_AMOUNT_EXCEEDED")),
            ({"currency_code": "USD", "value": "1.00"}, (422, "REFUND_CAPTURE_CURRENCY_MISMATCH")),
            ({"currency_code": "EUR", "value": "1"}, (422, "DECIMAL_PRECISION")),
        ],
    )
    def test_of_what_was_not_paid_is_refused(
        self, paypal: PayPalSandbox, amount: dict[str, str], expected: tuple[int, str]
    ) -> None:
        path = f"/v2/payments/captures/{captured(paypal)}/refund"
        assert issue(post(paypal, path, {"amount": amount})) == expected

    def test_of_no_capture_is_refused(self, paypal: PayPalSandbox) -> None:
        assert post(paypal, "/v2/payments/captures/X/refund").status_code == 404

    def test_of_a_declined_capture_is_refused(self, paypal: PayPalSandbox) -> None:
        paypal.tell("declined")
        answer = post(paypal, f"/v2/payments/captures/{captured(paypal)}/refund")
        assert issue(answer) == (422, "CAPTURE_STATUS_NOT_VALID")


class TestTheControl:
    @pytest.mark.parametrize("data", [{}, {"fault": "explode"}, {"fault": "late", "seconds": "soon"}])
    def test_refuses_an_unknown_fault(self, paypal: PayPalSandbox, data: dict[str, object]) -> None:
        assert paypal.http.post("/sandbox/faults", json=data).status_code == 400

    def test_can_change_one_order(self, paypal: PayPalSandbox) -> None:
        order = created(paypal)
        paypal.tell("declined", reference=order)
        paypal.decide(order)
        post(paypal, f"{ORDERS}/{order}/capture").raise_for_status()
        assert paypal.order(order)["captures"][0]["status"] == "DECLINED"

    def test_lets_a_payer_agree_once(self, paypal: PayPalSandbox) -> None:
        order = created(paypal)
        paypal.decide(order)
        again = paypal.http.post(f"/sandbox/orders/{order}/decide", json={"outcome": "cancel"})
        assert (again.status_code, again.json()["status"]) == (409, "APPROVED")

    @pytest.mark.parametrize(
        ("content", "status"), [(b"{", 400), (b"[]", 400), (b'{"outcome":"steal"}', 400)]
    )
    def test_refuses_a_decision_it_cannot_read(
        self, paypal: PayPalSandbox, content: bytes, status: int
    ) -> None:
        path = f"/sandbox/orders/{created(paypal)}/decide"
        assert paypal.http.post(path, content=content).status_code == status

    @pytest.mark.parametrize("path", ["/sandbox/orders/X", "/sandbox/nothing"])
    def test_knows_no_strangers(self, paypal: PayPalSandbox, path: str) -> None:
        assert paypal.http.get(path).status_code == 404
