import re

import httpx
import pytest

from tests.deploy.sandbox.paypal_serving import PayPalSandbox
from tests.deploy.sandbox.test_paypal_calls import captured, created, unit


class TestThePayersPage:
    def test_shows_what_is_paid_and_that_it_is_a_sandbox(self, paypal: PayPalSandbox) -> None:
        order = created(paypal, purchase_units=unit(description="<b>Parken</b>"))
        page = paypal.http.get(f"/checkoutnow?token={order}")
        assert page.status_code == 200
        for text in ("30,00 €", "4711-a1", "&lt;b&gt;Parken&lt;/b&gt;", "Sandbox", "PayPal", 'lang="de"'):
            assert text in page.text

    def test_needs_no_script_and_allows_none(self, paypal: PayPalSandbox) -> None:
        page = paypal.http.get(f"/checkoutnow?token={created(paypal)}")
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert policy.endswith("form-action 'self' https://shop.example")
        assert not re.search(r"<script|\son\w+=|style=", page.text)

    @pytest.mark.parametrize(
        ("outcome", "path", "status"),
        [
            ("pay", "/ok", "APPROVED"),
            ("fail", "/ok", "APPROVED"),
            ("cancel", "/back", "PAYER_ACTION_REQUIRED"),
            ("timeout", "/back", "GONE"),
        ],
    )
    def test_sends_the_browser_back(
        self, paypal: PayPalSandbox, outcome: str, path: str, status: str
    ) -> None:
        order = created(paypal)
        answer = paypal.http.post(f"/checkoutnow?token={order}", data={"outcome": outcome})
        back = httpx.URL(answer.headers["Location"])
        assert (answer.status_code, back.host, back.path) == (303, "shop.example", path)
        assert (back.params["token"], paypal.order(order)["status"]) == (order, status)

    def test_lets_the_payer_choose_a_fault(self, paypal: PayPalSandbox) -> None:
        order = created(paypal)
        paypal.http.post(f"/checkoutnow?token={order}", data={"outcome": "pay", "fault": "pending"})
        assert paypal.order(order)["fault"] == "pending"

    @pytest.mark.parametrize("data", [{}, {"outcome": "steal"}, {"outcome": "pay", "fault": "slow"}])
    def test_refuses_what_is_no_decision(self, paypal: PayPalSandbox, data: dict[str, str]) -> None:
        order = created(paypal)
        assert paypal.http.post(f"/checkoutnow?token={order}", data=data).status_code == 400
        assert paypal.order(order)["status"] == "PAYER_ACTION_REQUIRED"

    def test_of_an_order_agreed_to_only_leads_back(self, paypal: PayPalSandbox) -> None:
        order = created(paypal)
        paypal.decide(order)
        page = paypal.http.get(f"/checkoutnow?token={order}")
        assert "Diese Zahlung ist freigegeben" in page.text
        assert "<form" not in page.text
        again = paypal.http.post(f"/checkoutnow?token={order}", data={"outcome": "cancel"})
        assert again.status_code == 409

    @pytest.mark.parametrize("path", ["/checkoutnow?token=none", "/checkoutnow"])
    def test_of_an_unknown_order_is_404(self, paypal: PayPalSandbox, path: str) -> None:
        assert paypal.http.get(path).status_code == 404
        assert paypal.http.post(path, data={"outcome": "pay"}).status_code == 404


class TestTheStatement:
    def test_lists_payments_and_balance(self, paypal: PayPalSandbox) -> None:
        captured(paypal)
        page = paypal.http.get("/").text
        assert "Guthaben der Stadt Lindenau: <strong>30,00 €</strong>" in page
        assert "bezahlt" in page

    def test_has_its_style_from_its_own_server(self, paypal: PayPalSandbox) -> None:
        assert paypal.http.get("/static/bank.css").headers["Content-Type"].startswith("text/css")
