"""PayPal's hosts in memory: webhooks as they would post them, and what they answer when asked."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509

from deploy.local.sandbox.paypal.authority import Authority
from services.payments.providers.paypal import Account, PayPal
from services.payments.providers.port import Callback, CallbackForged

VECTOR = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}'
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
WEBHOOK = "8PT597110X687430LKGECATA"
ATTEMPT = "0189000000007000800000000000002a"
URL = "https://api.paypal.com/v1/notifications/certs/CERT-1"
OURS = Authority.new(begins=NOW - timedelta(days=30), lasts=timedelta(days=60))
ORDER = {
    "id": "5O190127TN364715T",
    "status": "COMPLETED",
    "purchase_units": [
        {
            "custom_id": ATTEMPT,
            "amount": {"currency_code": "EUR", "value": "30.00"},
            "payments": {
                "captures": [
                    {
                        "id": "3C679366HH908993F",
                        "status": "COMPLETED",
                        "amount": {"currency_code": "EUR", "value": "30.00"},
                    }
                ]
            },
        }
    ],
}
CAPTURED: dict[str, Any] = {
    "id": "WH-7",
    "event_type": "PAYMENT.CAPTURE.COMPLETED",
    "resource": {
        "id": "3C679366HH908993F",
        "amount": {"currency_code": "EUR", "value": "30.00"},
        "supplementary_data": {"related_ids": {"order_id": ORDER["id"]}},
    },
}


def raw(event: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**event, **changes}).encode()


def posted(
    body: bytes,
    signer: Authority = OURS,
    at: datetime = NOW,
    url: str = URL,
    webhook: str = WEBHOOK,
    other: Mapping[str, str] | None = None,
) -> Callback:
    """As PayPal would post it at this moment; `other` replaces headers."""
    time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {
        "paypal-transmission-id": "69cd13f0-d67a-11e5-baa3-778b53f4ae55",
        "paypal-transmission-time": time,
        "paypal-transmission-sig": signer.signature(
            "69cd13f0-d67a-11e5-baa3-778b53f4ae55", time, webhook, body
        ),
        "paypal-cert-url": url,
        "paypal-auth-algo": "SHA256withRSA",
    }
    return Callback(b"", {**headers, **(other or {})}, body)


class Net:
    """Answers for PayPal's hosts in memory; `asked` holds the addresses, `pem` what every certificate is."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pem = OURS.certificate
        self.certificate_status = 200
        self.order: dict[str, Any] = ORDER
        self.verdict = "SUCCESS"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        path = request.url.path
        if "/certs/" in path:
            return httpx.Response(self.certificate_status, text=self.pem)
        if path == "/v1/oauth2/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 32400})
        if path.endswith("/verify-webhook-signature"):
            self.question = json.loads(request.content)
            return httpx.Response(200, json={"verification_status": self.verdict})
        if path.startswith("/v2/payments/captures/"):
            return httpx.Response(200, json=CAPTURED["resource"])
        return httpx.Response(200, json=self.order)

    def certificates(self) -> list[str]:
        return [url for url in self.asked if "/certs/" in url]


def paypal(http: httpx.AsyncClient, now: datetime = NOW, **changes: Any) -> PayPal:
    account = Account(
        client_id="c",
        client_secret="s",
        webhook_id=WEBHOOK,
        brand_name="Stadt",
        authorities=(x509.load_pem_x509_certificate(OURS.ca.encode()),),
    )
    return PayPal(
        base_url="https://api-m.paypal.com", account=replace(account, **changes), http=http, clock=lambda: now
    )


async def reason(provider: PayPal, callback: Callback) -> str:
    with pytest.raises(CallbackForged) as raised:
        await provider.verify_callback(callback)
    return raised.value.reason


def collide(body: bytes, wanted: int) -> bytes:
    """The event with a first member of some letters, chosen so that its CRC-32 is the wanted one."""
    head, tail = b'{"x":"', b'",' + body[1:]
    base = zlib.crc32(head + b"\0" * 48 + tail)
    rows = []  # CRC-32 is linear: each of these bits changes the sum by what does not depend on the others
    for place in range(48):
        letter = bytearray(48)
        letter[place] = 1
        rows.append((zlib.crc32(head + bytes(letter) + tail) ^ base, 1 << place))
    start = b"@" * 48
    target = zlib.crc32(head + start + tail) ^ wanted
    chosen = _solve(rows, target)
    filler = bytes(sign | (chosen >> place & 1) for place, sign in enumerate(start))
    found = head + filler + tail
    assert zlib.crc32(found) == wanted
    return found


def _solve(rows: list[tuple[int, int]], target: int) -> int:
    """Which of the rows XOR to the target, by elimination over GF(2)."""
    basis: list[tuple[int, int]] = []
    for start_value, start_mask in rows:
        value, mask = start_value, start_mask
        for kept_value, kept_mask in basis:
            if value ^ kept_value < value:
                value, mask = value ^ kept_value, mask ^ kept_mask
        if value:
            basis.append((value, mask))
            basis.sort(reverse=True)
    chosen = 0
    for value, mask in basis:
        if target ^ value < target:
            target, chosen = target ^ value, chosen ^ mask
    assert target == 0, "these places do not span the sum"
    return chosen
