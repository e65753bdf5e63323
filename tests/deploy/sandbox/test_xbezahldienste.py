"""The platform's side by itself: what it refuses, what it books, what a payer sees."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy.sandbox.xbezahldienste_serving import (
    CLIENT_ID,
    CLIENT_SECRET,
    END_POINT,
    ORIGINATOR,
    PlatformSandbox,
    running_platform,
)

START = f"/xbezahldienste/paymenttransaction/{ORIGINATOR}/{END_POINT}"
CLIENT = (CLIENT_ID, CLIENT_SECRET)


def item(**changes: Any) -> dict[str, Any]:
    amounts = {"totalNetAmount": 30.6, "totalTaxAmount": 0, "singleNetAmount": 30.6, "singleTaxAmount": 0}
    plain = {"id": "1", "reference": "4711", "description": "Gebühr", "taxRate": 0, "quantity": 1, **amounts}
    return {**plain, "bookingData": {"kassenzeichen": "4711"}, **changes}


def request(**changes: Any) -> dict[str, Any]:
    return {
        "requestId": "r1",
        "requestTimestamp": "2026-11-26T08:00:00+00:00",
        "currency": "EUR",
        "grosAmount": 30.6,
        "purpose": "Bewohnerparken 4711",
        "redirectUrl": "https://shop.example/back",
        "items": [item()],
        **changes,
    }


def start(sandbox: PlatformSandbox, **changes: Any) -> httpx.Response:
    return sandbox.http.post(START, json=request(**changes), auth=CLIENT)


def opened(sandbox: PlatformSandbox) -> str:
    return str(start(sandbox).raise_for_status().json()["paymentInformation"]["transactionId"])


class TestAStart:
    def test_opens_a_payment(self, platform: PlatformSandbox) -> None:
        told = start(platform).json()
        assert told["paymentInformation"]["status"] == "INITIAL"
        assert "/bezahlen/" in told["paymentInformation"]["transactionRedirectUrl"]
        assert (told["paymentRequest"]["requestId"], told["paymentRequest"]["grosAmount"]) == ("r1", 30.6)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"requestId": "with blank"}, "VALIDATION_ERROR"),
            ({"requestId": "x" * 37}, "VALIDATION_ERROR"),
            ({"currency": "USD"}, "VALIDATION_ERROR"),
            ({"purpose": "x" * 28}, "VALIDATION_ERROR"),
            ({"purpose": "Gebühr"}, "VALIDATION_ERROR"),
            ({"redirectUrl": "/back"}, "VALIDATION_ERROR"),
            ({"grosAmount": "30.60"}, "VALIDATION_ERROR"),
            ({"grosAmount": 30.605}, "VALIDATION_ERROR"),
            ({"grosAmount": 0}, "VALIDATION_ERROR"),
            ({"items": []}, "VALIDATION_ERROR"),
            ({"items": [item(quantity=0)]}, "VALIDATION_ERROR"),
            ({"items": [item(taxRate=None)]}, "VALIDATION_ERROR"),
            ({"grosAmount": 30.61}, "CALCULATION_ERROR"),
            ({"items": [item(quantity=2)]}, "CALCULATION_ERROR"),
            ({"items": [item(bookingData={})]}, "BOOKING_DATA_MISSING"),
        ],
    )
    def test_that_breaks_a_rule_is_refused(
        self, platform: PlatformSandbox, changes: dict[str, Any], code: str
    ) -> None:
        answer = start(platform, **changes)
        assert (answer.status_code, answer.json()["functionalCode"]) == (400, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert platform.book()["payments"] == []

    @pytest.mark.parametrize("content", [b"", b"{", b"[]"])
    def test_that_is_no_object_is_refused(self, platform: PlatformSandbox, content: bytes) -> None:
        assert platform.http.post(START, content=content, auth=CLIENT).status_code == 400

    def test_twice_is_refused(self, platform: PlatformSandbox) -> None:
        start(platform)
        answer = start(platform)
        assert (answer.status_code, answer.json()["functionalCode"]) == (409, "PAYMENT_EXISTS")

    @pytest.mark.parametrize("auth", [("", ""), (CLIENT_ID, "wrong")])
    def test_of_a_stranger_is_refused(self, platform: PlatformSandbox, auth: tuple[str, str]) -> None:
        answer = platform.http.post(START, json=request(), auth=auth)
        assert (answer.status_code, answer.json()["functionalCode"]) == (401, "FORBIDDEN")

    def test_for_another_town_is_refused(self, platform: PlatformSandbox) -> None:
        answer = platform.http.post(START.replace(END_POINT, "other"), json=request(), auth=CLIENT)
        assert answer.json()["functionalCode"] == "NO_VALID_ORIGINATOR_OR_ENDPOINT"


class TestAPayment:
    @pytest.mark.parametrize(
        ("wish", "status", "balance"),
        [("pay", "PAYED", 3060), ("fail", "FAILED", 0), ("cancel", "CANCELED", 0)],
    )
    def test_is_decided_once(self, platform: PlatformSandbox, wish: str, status: str, balance: int) -> None:
        payment = opened(platform)
        assert platform.decide(payment, wish)["status"] == status
        again = platform.http.post(f"/sandbox/payments/{payment}/decide", json={"outcome": "pay"})
        assert (again.status_code, platform.book()["balance_cents"]) == (409, balance)
        told = platform.http.get(f"{START}/{payment}", auth=CLIENT).json()["paymentInformation"]
        assert (told["status"], "transactionRedirectUrl" in told) == (status, False)

    def test_survives_a_restart(self, tmp_path: Path) -> None:
        with running_platform(tmp_path) as first:
            payment = opened(first)
        with running_platform(tmp_path) as second:
            second.decide(payment)
            assert second.book()["balance_cents"] == 3060

    @pytest.mark.parametrize("content", [b"{", b"[]", b'{"outcome":"steal"}'])
    def test_is_not_decided_by_nonsense(self, platform: PlatformSandbox, content: bytes) -> None:
        path = f"/sandbox/payments/{opened(platform)}/decide"
        assert platform.http.post(path, content=content).status_code == 400

    @pytest.mark.parametrize("data", [{}, {"fault": "explode"}, {"fault": "slow", "seconds": "soon"}])
    def test_takes_no_unknown_fault(self, platform: PlatformSandbox, data: dict[str, object]) -> None:
        assert platform.http.post("/sandbox/faults", json=data).status_code == 400


class TestThePayersPage:
    def test_shows_what_is_paid_and_that_it_is_a_sandbox(self, platform: PlatformSandbox) -> None:
        page = platform.http.get(f"/bezahlen/{opened(platform)}")
        for text in ("30,60 €", "4711", "Bewohnerparken", "Sandbox", "XBezahldienste", 'lang="de"'):
            assert text in page.text
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert policy.endswith("form-action 'self' https://shop.example")
        assert not re.search(r"<script|\son\w+=|style=", page.text)

    def test_sends_the_browser_back_and_then_only_leads_back(self, platform: PlatformSandbox) -> None:
        path = f"/bezahlen/{opened(platform)}"
        answer = platform.http.post(path, data={"outcome": "pay"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "https://shop.example/back")
        page = platform.http.get(path).text
        assert "Diese Zahlung ist bezahlt" in page
        assert "<form" not in page
        assert platform.http.post(path, data={"outcome": "cancel"}).status_code == 409
        assert "<strong>30,60 €</strong>" in platform.http.get("/").text

    @pytest.mark.parametrize("data", [{}, {"outcome": "steal"}, {"outcome": "pay", "fault": "proxy"}])
    def test_refuses_what_is_no_decision(self, platform: PlatformSandbox, data: dict[str, str]) -> None:
        payment = opened(platform)
        assert platform.http.post(f"/bezahlen/{payment}", data=data).status_code == 400
        assert platform.payment(payment)["status"] == "INITIAL"

    def test_of_an_unknown_payment_is_404(self, platform: PlatformSandbox) -> None:
        assert platform.http.get("/bezahlen/none").status_code == 404
        assert platform.http.post("/bezahlen/none", data={"outcome": "pay"}).status_code == 404
