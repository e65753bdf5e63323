import re

import httpx
import pytest

from deploy.local.sandbox.girocheckout import protocol
from tests.deploy.sandbox.serving import Sandbox, Shop
from tests.deploy.sandbox.test_girocheckout_calls import START, call, paid, start


class TestThePayersPage:
    def test_shows_what_is_paid_and_that_it_is_a_sandbox(self, sandbox: Sandbox) -> None:
        begun = start(sandbox, kassenzeichen="4711000001", purpose="<b>Parken</b>")
        page = sandbox.http.get(begun["redirect"])
        assert page.status_code == 200
        for text in ("30,00 €", "4711000001", "&lt;b&gt;Parken&lt;/b&gt;", "Sandbox", 'lang="de"'):
            assert text in page.text

    def test_needs_no_script_and_allows_none(self, sandbox: Sandbox) -> None:
        page = sandbox.http.get(start(sandbox)["redirect"])
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert policy.endswith("form-action 'self' https://shop.example")
        assert not re.search(r"<script|\son\w+=|style=", page.text)

    @pytest.mark.parametrize(
        ("outcome", "code", "state"),
        [
            ("pay", 4000, "paid"),
            ("fail", 4900, "failed"),
            ("cancel", 4502, "cancelled"),
            ("timeout", 4501, "expired"),
        ],
    )
    def test_sends_the_browser_back_with_the_result(
        self, sandbox: Sandbox, outcome: str, code: int, state: str
    ) -> None:
        begun = start(sandbox)
        answer = sandbox.http.post(begun["redirect"], data={"outcome": outcome})
        back = httpx.URL(answer.headers["Location"])
        assert (answer.status_code, back.host, back.params["gcResultPayment"]) == (
            303,
            "shop.example",
            str(code),
        )
        assert sandbox.transaction(begun["reference"])["state"] == state

    def test_lets_the_payer_choose_a_fault(self, sandbox: Sandbox, shop: Shop) -> None:
        begun = start(sandbox, urlNotify=f"{shop.url}/notify")
        sandbox.http.post(begun["redirect"], data={"outcome": "pay", "fault": "twice"})
        assert len(shop.wait(2)) == 2

    def test_keeps_the_fault_that_was_told(self, sandbox: Sandbox, shop: Shop) -> None:
        sandbox.tell("never")
        begun = start(sandbox, urlNotify=f"{shop.url}/notify")
        assert "wie vorgegeben (never)" in sandbox.http.get(begun["redirect"]).text
        sandbox.http.post(begun["redirect"], data={"outcome": "pay", "fault": ""})
        assert (sandbox.settled_notices(), shop.heard) == ([], [])

    @pytest.mark.parametrize("data", [{}, {"outcome": "steal"}, {"outcome": "pay", "fault": "unsigned"}])
    def test_refuses_what_is_no_decision(self, sandbox: Sandbox, data: dict[str, str]) -> None:
        begun = start(sandbox)
        assert sandbox.http.post(begun["redirect"], data=data).status_code == 400
        assert sandbox.transaction(begun["reference"])["state"] == "open"

    def test_of_a_decided_payment_only_leads_back(self, sandbox: Sandbox) -> None:
        reference = paid(sandbox)
        page = sandbox.http.get(f"/bank/{reference}")
        assert "Diese Zahlung ist bezahlt" in page.text
        assert "<form" not in page.text
        assert sandbox.http.post(f"/bank/{reference}", data={"outcome": "cancel"}).status_code == 409

    def test_of_an_unknown_reference_is_404(self, sandbox: Sandbox) -> None:
        assert sandbox.http.get("/bank/none").status_code == 404
        assert sandbox.http.post("/bank/none", data={"outcome": "pay"}).status_code == 404

    @pytest.mark.parametrize(("outcome", "path"), [("pay", "/ok"), ("fail", "/fail"), ("cancel", "/back")])
    def test_of_a_payment_page_returns_to_three_addresses(
        self, sandbox: Sandbox, outcome: str, path: str
    ) -> None:
        urls = {"successUrl": "ok", "failUrl": "fail", "backUrl": "back", "notifyUrl": "notify"}
        values = {name: START[name] for name in ("amount", "currency", "purpose")} | {"test": "0"}
        values |= {name: f"https://shop.example/{end}" for name, end in urls.items()}
        begun = call(sandbox, "paypage/init", protocol.PAGE, "payment_page", merchantTxId="p1", **values)
        answer = sandbox.http.post(begun["url"], data={"outcome": outcome})
        assert httpx.URL(answer.headers["Location"]).path == path


class TestTheStatement:
    def test_lists_payments_and_balance(self, sandbox: Sandbox) -> None:
        paid(sandbox)
        page = sandbox.http.get("/").text
        assert "Guthaben der Stadt Lindenau: <strong>30,00 €</strong>" in page
        assert "bezahlt" in page

    def test_has_its_style_from_its_own_server(self, sandbox: Sandbox) -> None:
        assert sandbox.http.get("/static/bank.css").headers["Content-Type"].startswith("text/css")
