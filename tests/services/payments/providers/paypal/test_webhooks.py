"""A webhook is PayPal's only under the signature of its certificate, over the very bytes, about now."""

import json
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509

from deploy.local.sandbox.paypal.authority import Authority
from services.payments.providers.paypal import Account, PayPal, Verification
from services.payments.providers.paypal.webhooks import Transmission
from services.payments.providers.port import (
    Callback,
    CallbackForged,
    Notification,
    ProviderUnavailable,
    State,
)

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


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
async def http(net: Net) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(net)) as client:
        yield client


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


class TestTheSignedMessage:
    def test_ends_in_the_published_check_value(self) -> None:
        message = Transmission.of(posted(VECTOR), lambda: NOW).message(WEBHOOK)
        expected = f"69cd13f0-d67a-11e5-baa3-778b53f4ae55|2026-11-26T08:00:00Z|{WEBHOOK}|2325436976"
        assert message == expected.encode()


class TestAGenuineWebhook:
    async def test_tells_what_the_api_says_of_its_order(self, http: httpx.AsyncClient, net: Net) -> None:
        told = await paypal(http).verify_callback(posted(raw(CAPTURED)))
        assert isinstance(told, Notification)
        outcome = told.outcome
        assert (outcome.state, outcome.reference, outcome.transaction_id, outcome.amount_cents) == (
            State.SUCCEEDED,
            ORDER["id"],
            ATTEMPT,
            3000,
        )
        assert outcome.backend_transaction_id == "3C679366HH908993F"

    async def test_that_lies_about_the_money_is_not_believed(self, http: httpx.AsyncClient, net: Net) -> None:
        net.order = {**ORDER, "status": "PAYER_ACTION_REQUIRED", "purchase_units": [
            {"custom_id": ATTEMPT, "amount": {"currency_code": "EUR", "value": "30.00"}}]}  # fmt: skip
        told = await paypal(http).verify_callback(posted(raw(CAPTURED)))
        assert told is not None
        assert told.outcome.state is State.UNKNOWN

    @pytest.mark.parametrize("age", [timedelta(0), timedelta(days=3), timedelta(days=29)])
    async def test_says_the_same_however_often_and_late_it_comes(
        self, http: httpx.AsyncClient, age: timedelta
    ) -> None:
        callback = posted(raw(CAPTURED), at=NOW - age)
        provider = paypal(http)
        assert await provider.verify_callback(callback) == await provider.verify_callback(callback)

    async def test_fetches_a_certificate_once(self, http: httpx.AsyncClient, net: Net) -> None:
        provider = paypal(http)
        for _ in range(3):
            await provider.verify_callback(posted(raw(CAPTURED)))
        assert net.certificates() == [URL]

    @pytest.mark.parametrize(
        "event",
        [
            {"id": "WH-1", "event_type": "CUSTOMER.DISPUTE.CREATED", "resource": {"dispute_id": "PP-D-1"}},
            {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.REFUNDED", "resource": {"id": "1"}},
            {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {}},
            {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {"id": "1"}},
            {"id": "WH-1", "event_type": "CHECKOUT.ORDER.APPROVED"},
            {"id": "WH-1", "event_type": "SOMETHING.NEW"},
        ],
    )
    async def test_that_names_no_payment_says_nothing(
        self, http: httpx.AsyncClient, event: dict[str, Any]
    ) -> None:
        assert await paypal(http).verify_callback(posted(raw(event))) is None

    async def test_about_another_shops_order_says_nothing(self, http: httpx.AsyncClient, net: Net) -> None:
        unit = {"custom_id": "Bestellung 7", "amount": {"currency_code": "EUR", "value": "30.00"}}
        net.order = {**ORDER, "purchase_units": [unit]}
        assert await paypal(http).verify_callback(posted(raw(CAPTURED))) is None

    async def test_of_a_reversal_says_that_the_money_is_gone(self, http: httpx.AsyncClient) -> None:
        told = await paypal(http).verify_callback(
            posted(raw(CAPTURED, event_type="PAYMENT.CAPTURE.REVERSED"))
        )
        assert told is not None
        assert (told.outcome.state, told.outcome.amount_cents) == (State.REVERSED, 3000)

    async def test_finds_the_order_by_the_link_up_to_the_capture(self, http: httpx.AsyncClient) -> None:
        up = "https://api.paypal.com/v2/payments/captures/3C679366HH908993F"
        resource = {"id": "1JU08902781691411", "links": [{"rel": "up", "href": up}]}
        event = raw(CAPTURED, event_type="PAYMENT.CAPTURE.REVERSED", resource=resource)
        told = await paypal(http).verify_callback(posted(event))
        assert told is not None
        assert told.outcome.transaction_id == ATTEMPT

    async def test_waits_where_the_api_does_not_answer(self, http: httpx.AsyncClient, net: Net) -> None:
        net.order = {"name": "nonsense"}
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            await paypal(http).verify_callback(posted(raw(CAPTURED)))

    async def test_in_dollars_waits_for_a_person(self, http: httpx.AsyncClient, net: Net) -> None:
        unit = {"custom_id": ATTEMPT, "amount": {"currency_code": "USD", "value": "30.00"}}
        net.order = {**ORDER, "purchase_units": [unit]}
        with pytest.raises(ProviderUnavailable, match="refused_other_currency"):
            await paypal(http).verify_callback(posted(raw(CAPTURED)))


class TestAForgedWebhook:
    async def test_of_another_key(self, http: httpx.AsyncClient) -> None:
        assert await reason(paypal(http), posted(raw(CAPTURED), Authority.new())) == "wrong_hash"

    async def test_to_another_webhook_of_the_merchant(self, http: httpx.AsyncClient) -> None:
        assert await reason(paypal(http), posted(raw(CAPTURED), webhook="OTHER")) == "wrong_hash"

    @pytest.mark.parametrize(
        "change",
        [
            lambda body: body.replace(b"30.00", b"40.00"),
            lambda body: json.dumps(json.loads(body), indent=1).encode(),
            lambda body: body + b" ",
            lambda body: body.replace(b"WH-7", b"WH-8"),
            lambda body: b"",
        ],
        ids=["altered", "re-serialised", "longer", "another event", "empty"],
    )
    async def test_whose_bytes_are_not_those_signed(self, http: httpx.AsyncClient, change: Any) -> None:
        genuine = posted(raw(CAPTURED))
        assert await reason(paypal(http), replace(genuine, body=change(genuine.body))) == "wrong_hash"

    @pytest.mark.parametrize("name", ["id", "time", "sig"])
    async def test_whose_headers_are_not_those_signed(self, http: httpx.AsyncClient, name: str) -> None:
        other = {"id": "x", "time": "2026-11-26T08:00:01Z", "sig": "QUJD"}[name]
        forged = posted(raw(CAPTURED), other={f"paypal-transmission-{name}": other})
        assert await reason(paypal(http), forged) == "wrong_hash"

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"paypal-transmission-sig": ""}, "no_signature"),
            ({"paypal-transmission-sig": "not base64!"}, "no_signature"),
            ({"paypal-transmission-id": "x" * 51}, "no_signature"),
            ({"paypal-cert-url": ""}, "no_signature"),
            ({"paypal-auth-algo": "SHA1withRSA"}, "algorithm"),
            ({"paypal-auth-algo": ""}, "algorithm"),
            ({"paypal-transmission-time": "yesterday"}, "skewed"),
            ({"paypal-transmission-time": "2026-11-26T08:00:00"}, "skewed"),
        ],
    )
    async def test_with_an_impossible_header(
        self, http: httpx.AsyncClient, net: Net, changes: dict[str, str], expected: str
    ) -> None:
        assert await reason(paypal(http), posted(raw(CAPTURED), other=changes)) == expected
        assert net.asked == []

    @pytest.mark.parametrize("off", [timedelta(minutes=6), timedelta(days=1), -timedelta(days=31)])
    async def test_of_another_time(self, http: httpx.AsyncClient, net: Net, off: timedelta) -> None:
        assert await reason(paypal(http), posted(raw(CAPTURED), at=NOW + off)) == "skewed"
        assert net.asked == []

    async def test_that_is_too_long(self, http: httpx.AsyncClient) -> None:
        assert await reason(paypal(http), posted(raw(CAPTURED, more="x" * 300_000))) == "too_long"

    @pytest.mark.parametrize(
        "body",
        [b"{", b"[]", b"null", b"\xff", b"[" * 5000, b'{"id":"WH-1"}', b'{"event_type":"X"}',
         b'{"id":"WH-1","event_type":"X","event_type":"PAYMENT.CAPTURE.COMPLETED"}',
         b'{"id":"WH-1","event_type":"X","resource":[]}'],
    )  # fmt: skip
    async def test_that_is_no_event_though_signed(self, http: httpx.AsyncClient, body: bytes) -> None:
        assert await reason(paypal(http), posted(body)) == "no_event"


class TestACertificate:
    @pytest.mark.parametrize(
        "url",
        [
            "http://api.paypal.com/v1/notifications/certs/CERT-1",
            "https://paypal.com.evil.example/certs/CERT-1",
            "https://evilpaypal.com/certs/CERT-1",
            "https://evil.example/.paypal.com",
            "https://evil.example#.paypal.com",
            "https://api.paypal.com@evil.example/certs/CERT-1",
            "https://evil.example\\.paypal.com/certs/CERT-1",
            "https://api.paypal.com:8443/certs/CERT-1",
            "https://api.paypal.com:x/certs/CERT-1",
            "https://api.paypal.com\n/certs",
            "https://[::1/certs",
            "ftp://api.paypal.com/certs",
            "/certs/CERT-1",
            "https://api.paypal.com/" + "x" * 500,
        ],
    )
    async def test_is_not_even_fetched_elsewhere(self, http: httpx.AsyncClient, net: Net, url: str) -> None:
        assert await reason(paypal(http), posted(raw(CAPTURED), url=url)) == "certificate_host"
        assert net.asked == []

    async def test_comes_from_the_sandbox_alone_where_there_is_one(
        self, http: httpx.AsyncClient, net: Net
    ) -> None:
        provider = paypal(http, certificate_origin="http://127.0.0.1:8108")
        assert await reason(provider, posted(raw(CAPTURED))) == "certificate_host"
        near = posted(raw(CAPTURED), url="http://127.0.0.1:81080/certs/1")
        assert await reason(provider, near) == "certificate_host"
        told = await provider.verify_callback(posted(raw(CAPTURED), url="http://127.0.0.1:8108/certs/1"))
        assert told is not None

    @pytest.mark.parametrize(
        ("pem", "expected"),
        [
            (Authority.new(begins=NOW - timedelta(days=30)).certificate, "certificate_chain"),
            (OURS.ca, "certificate_subject"),
            ("", "certificate_unreadable"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate_unreadable"),
            ("x" * 70_000, "certificate_unreadable"),
        ],
        ids=["of another authority", "of nobody", "empty", "broken", "endless"],
    )
    async def test_that_is_not_paypals(
        self, http: httpx.AsyncClient, net: Net, pem: str, expected: str
    ) -> None:
        net.pem = pem
        assert await reason(paypal(http), posted(raw(CAPTURED))) == expected

    async def test_of_another_host_under_a_known_authority(self, http: httpx.AsyncClient, net: Net) -> None:
        other = Authority.new(host="paypal.com.evil.example", begins=NOW - timedelta(days=1))
        net.pem = other.certificate
        trusting = paypal(http, authorities=(x509.load_pem_x509_certificate(other.ca.encode()),))
        assert await reason(trusting, posted(raw(CAPTURED), other)) == "certificate_subject"

    @pytest.mark.parametrize("now", [NOW - timedelta(days=31), NOW + timedelta(days=31)])
    async def test_that_is_not_valid_at_the_time(self, http: httpx.AsyncClient, now: datetime) -> None:
        callback = posted(raw(CAPTURED), at=now)
        assert await reason(paypal(http, now=now), callback) == "certificate_chain"

    async def test_that_expires_while_it_is_kept_is_believed_no_longer(
        self, http: httpx.AsyncClient, net: Net
    ) -> None:
        now = NOW + timedelta(days=30) - timedelta(minutes=1)
        account = paypal(http)._account
        provider = PayPal(base_url="https://api-m.paypal.com", account=account, http=http, clock=lambda: now)
        assert await provider.verify_callback(posted(raw(CAPTURED), at=now)) is not None
        now += timedelta(minutes=2)
        assert await reason(provider, posted(raw(CAPTURED), at=now)) == "certificate_chain"

    @pytest.mark.parametrize(("status", "raises"), [(404, CallbackForged), (503, ProviderUnavailable)])
    async def test_that_cannot_be_had(
        self, http: httpx.AsyncClient, net: Net, status: int, raises: type[Exception]
    ) -> None:
        net.certificate_status = status
        with pytest.raises(raises):
            await paypal(http).verify_callback(posted(raw(CAPTURED)))
        net.certificate_status = 200
        assert await paypal(http).verify_callback(posted(raw(CAPTURED))) is not None


class TestTheApisVerdict:
    async def test_is_asked_with_the_bytes_received(self, http: httpx.AsyncClient, net: Net) -> None:
        provider = paypal(http, verification=Verification.API)
        assert await provider.verify_callback(posted(raw(CAPTURED))) is not None
        assert net.question["webhook_event"] == CAPTURED
        assert net.question["webhook_id"] == WEBHOOK
        assert net.certificates() == []

    async def test_that_is_failure_is_a_forgery(self, http: httpx.AsyncClient, net: Net) -> None:
        net.verdict = "FAILURE"
        provider = paypal(http, verification=Verification.API)
        assert await reason(provider, posted(raw(CAPTURED))) == "wrong_hash"

    async def test_is_not_asked_about_what_would_change_the_question(
        self, http: httpx.AsyncClient, net: Net
    ) -> None:
        body = raw(CAPTURED) + b', "webhook_id": "OTHER"'
        provider = paypal(http, verification=Verification.API)
        assert await reason(provider, posted(body)) == "no_event"
        assert net.asked == []


class TestACrcCollision:
    async def test_moves_no_money(self, http: httpx.AsyncClient, net: Net) -> None:
        """Some letters give any body the CRC-32 of a genuine one, whose signature holds then."""
        genuine = posted(raw({**CAPTURED, "event_type": "CHECKOUT.ORDER.APPROVED"}))
        forged_body = collide(raw(CAPTURED), zlib.crc32(genuine.body))
        unit = {"custom_id": ATTEMPT, "amount": {"currency_code": "EUR", "value": "30.00"}}
        net.order = {**ORDER, "status": "APPROVED", "purchase_units": [unit]}
        told = await paypal(http).verify_callback(replace(genuine, body=forged_body))
        assert told is not None
        assert told.outcome.state is State.APPROVED


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
