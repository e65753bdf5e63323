"""A webhook is PayPal's only under the signature of its certificate, over the very bytes, about now."""

import json
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from deploy.local.sandbox.paypal.authority import Authority
from services.payments.providers.paypal import Verification
from services.payments.providers.paypal.webhooks import Transmission
from services.payments.providers.port import Notification, ProviderUnavailable, State
from tests.services.payments.providers.paypal.posting import (
    ATTEMPT,
    CAPTURED,
    NOW,
    ORDER,
    URL,
    VECTOR,
    WEBHOOK,
    Net,
    collide,
    paypal,
    posted,
    raw,
    reason,
)


class TestTheSignedMessage:
    def test_ends_in_the_published_check_value(self) -> None:
        message = Transmission.of(posted(VECTOR), lambda: NOW).message(WEBHOOK)
        expected = f"69cd13f0-d67a-11e5-baa3-778b53f4ae55|2026-11-26T08:00:00Z|{WEBHOOK}|2325436976"
        assert message == expected.encode()


class TestAGenuineWebhook:
    async def test_tells_what_the_api_says_of_its_order(self, memory: httpx.AsyncClient, net: Net) -> None:
        told = await paypal(memory).verify_callback(posted(raw(CAPTURED)))
        assert isinstance(told, Notification)
        outcome = told.outcome
        assert (outcome.state, outcome.reference, outcome.transaction_id, outcome.amount_cents) == (
            State.SUCCEEDED,
            ORDER["id"],
            ATTEMPT,
            3000,
        )
        assert outcome.backend_transaction_id == "3C679366HH908993F"

    async def test_that_lies_about_the_money_is_not_believed(
        self, memory: httpx.AsyncClient, net: Net
    ) -> None:
        net.order = {**ORDER, "status": "PAYER_ACTION_REQUIRED", "purchase_units": [
            {"custom_id": ATTEMPT, "amount": {"currency_code": "EUR", "value": "30.00"}}]}  # fmt: skip
        told = await paypal(memory).verify_callback(posted(raw(CAPTURED)))
        assert told is not None
        assert told.outcome.state is State.UNKNOWN

    @pytest.mark.parametrize("age", [timedelta(0), timedelta(days=3), timedelta(days=29)])
    async def test_says_the_same_however_often_and_late_it_comes(
        self, memory: httpx.AsyncClient, age: timedelta
    ) -> None:
        callback = posted(raw(CAPTURED), at=NOW - age)
        provider = paypal(memory)
        assert await provider.verify_callback(callback) == await provider.verify_callback(callback)

    async def test_fetches_a_certificate_once(self, memory: httpx.AsyncClient, net: Net) -> None:
        provider = paypal(memory)
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
        self, memory: httpx.AsyncClient, event: dict[str, Any]
    ) -> None:
        assert await paypal(memory).verify_callback(posted(raw(event))) is None

    async def test_about_another_shops_order_says_nothing(self, memory: httpx.AsyncClient, net: Net) -> None:
        unit = {"custom_id": "Bestellung 7", "amount": {"currency_code": "EUR", "value": "30.00"}}
        net.order = {**ORDER, "purchase_units": [unit]}
        assert await paypal(memory).verify_callback(posted(raw(CAPTURED))) is None

    async def test_of_a_reversal_says_that_the_money_is_gone(self, memory: httpx.AsyncClient) -> None:
        told = await paypal(memory).verify_callback(
            posted(raw(CAPTURED, event_type="PAYMENT.CAPTURE.REVERSED"))
        )
        assert told is not None
        assert (told.outcome.state, told.outcome.amount_cents) == (State.REVERSED, 3000)

    async def test_finds_the_order_by_the_link_up_to_the_capture(self, memory: httpx.AsyncClient) -> None:
        up = "https://api.paypal.com/v2/payments/captures/3C679366HH908993F"
        resource = {"id": "1JU08902781691411", "links": [{"rel": "up", "href": up}]}
        event = raw(CAPTURED, event_type="PAYMENT.CAPTURE.REVERSED", resource=resource)
        told = await paypal(memory).verify_callback(posted(event))
        assert told is not None
        assert told.outcome.transaction_id == ATTEMPT

    @pytest.mark.parametrize("kind", ["REVERSED", "REFUNDED"])
    async def test_of_what_went_back_names_its_own_reference_and_amount(
        self, memory: httpx.AsyncClient, kind: str
    ) -> None:
        for reference, value in (("1JU08902781691411", "10.00"), ("2JU08902781691412", "5.00")):
            event = raw(
                CAPTURED, event_type=f"PAYMENT.CAPTURE.{kind}", resource=went_back(reference, value, ATTEMPT)
            )
            told = await paypal(memory).verify_callback(posted(event))
            assert told is not None
            outcome = told.outcome
            assert (outcome.state.value, outcome.entry) == (kind.lower(), reference)
            assert (outcome.amount_cents, outcome.transaction_id) == (int(float(value) * 100), ATTEMPT)

    @pytest.mark.parametrize(
        "said", [{"custom_id": "0" * 32}, {"status": "PENDING"}, {"status": "FAILED"}, {"links": []}]
    )
    async def test_of_a_refund_that_is_ours_or_none_says_nothing(
        self, memory: httpx.AsyncClient, said: dict[str, Any]
    ) -> None:
        resource = {**went_back("1JU08902781691411", "10.00", ATTEMPT), **said}
        event = raw(CAPTURED, event_type="PAYMENT.CAPTURE.REFUNDED", resource=resource)
        assert await paypal(memory).verify_callback(posted(event)) is None

    async def test_waits_where_the_api_does_not_answer(self, memory: httpx.AsyncClient, net: Net) -> None:
        net.order = {"name": "nonsense"}
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            await paypal(memory).verify_callback(posted(raw(CAPTURED)))

    async def test_in_dollars_waits_for_a_person(self, memory: httpx.AsyncClient, net: Net) -> None:
        unit = {"custom_id": ATTEMPT, "amount": {"currency_code": "USD", "value": "30.00"}}
        net.order = {**ORDER, "purchase_units": [unit]}
        with pytest.raises(ProviderUnavailable, match="refused_other_currency"):
            await paypal(memory).verify_callback(posted(raw(CAPTURED)))


def went_back(reference: str, value: str, custom_id: str) -> dict[str, Any]:
    """The body of a refund, which links up to its capture."""
    up = "https://api.paypal.com/v2/payments/captures/3C679366HH908993F"
    return {
        "id": reference, "status": "COMPLETED", "custom_id": custom_id,
        "amount": {"currency_code": "EUR", "value": value}, "links": [{"rel": "up", "href": up}],
    }  # fmt: skip


class TestAForgedWebhook:
    async def test_of_another_key(self, memory: httpx.AsyncClient) -> None:
        assert await reason(paypal(memory), posted(raw(CAPTURED), Authority.new())) == "wrong_hash"

    async def test_to_another_webhook_of_the_merchant(self, memory: httpx.AsyncClient) -> None:
        assert await reason(paypal(memory), posted(raw(CAPTURED), webhook="OTHER")) == "wrong_hash"

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
    async def test_whose_bytes_are_not_those_signed(self, memory: httpx.AsyncClient, change: Any) -> None:
        genuine = posted(raw(CAPTURED))
        assert await reason(paypal(memory), replace(genuine, body=change(genuine.body))) == "wrong_hash"

    @pytest.mark.parametrize("name", ["id", "time", "sig"])
    async def test_whose_headers_are_not_those_signed(self, memory: httpx.AsyncClient, name: str) -> None:
        other = {"id": "x", "time": "2026-11-26T08:00:01Z", "sig": "QUJD"}[name]
        forged = posted(raw(CAPTURED), other={f"paypal-transmission-{name}": other})
        assert await reason(paypal(memory), forged) == "wrong_hash"

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
        self, memory: httpx.AsyncClient, net: Net, changes: dict[str, str], expected: str
    ) -> None:
        assert await reason(paypal(memory), posted(raw(CAPTURED), other=changes)) == expected
        assert net.asked == []

    @pytest.mark.parametrize("off", [timedelta(minutes=6), timedelta(days=1), -timedelta(days=31)])
    async def test_of_another_time(self, memory: httpx.AsyncClient, net: Net, off: timedelta) -> None:
        assert await reason(paypal(memory), posted(raw(CAPTURED), at=NOW + off)) == "skewed"
        assert net.asked == []

    async def test_that_is_too_long(self, memory: httpx.AsyncClient) -> None:
        assert await reason(paypal(memory), posted(raw(CAPTURED, more="x" * 300_000))) == "too_long"

    @pytest.mark.parametrize(
        "body",
        [b"{", b"[]", b"null", b"\xff", b"[" * 5000, b'{"id":"WH-1"}', b'{"event_type":"X"}',
         b'{"id":"WH-1","event_type":"X","event_type":"PAYMENT.CAPTURE.COMPLETED"}',
         b'{"id":"WH-1","event_type":"X","resource":[]}'],
    )  # fmt: skip
    async def test_that_is_no_event_though_signed(self, memory: httpx.AsyncClient, body: bytes) -> None:
        assert await reason(paypal(memory), posted(body)) == "no_event"


class TestTheApisVerdict:
    async def test_is_asked_with_the_bytes_received(self, memory: httpx.AsyncClient, net: Net) -> None:
        provider = paypal(memory, verification=Verification.API)
        assert await provider.verify_callback(posted(raw(CAPTURED))) is not None
        assert net.question["webhook_event"] == CAPTURED
        assert net.question["webhook_id"] == WEBHOOK
        assert net.certificates() == []

    async def test_that_is_failure_is_a_forgery(self, memory: httpx.AsyncClient, net: Net) -> None:
        net.verdict = "FAILURE"
        provider = paypal(memory, verification=Verification.API)
        assert await reason(provider, posted(raw(CAPTURED))) == "wrong_hash"

    async def test_is_not_asked_about_what_would_change_the_question(
        self, memory: httpx.AsyncClient, net: Net
    ) -> None:
        body = raw(CAPTURED) + b', "webhook_id": "OTHER"'
        provider = paypal(memory, verification=Verification.API)
        assert await reason(provider, posted(body)) == "no_event"
        assert net.asked == []


class TestACrcCollision:
    async def test_moves_no_money(self, memory: httpx.AsyncClient, net: Net) -> None:
        """Some letters give any body the CRC-32 of a genuine one, whose signature holds then."""
        genuine = posted(raw({**CAPTURED, "event_type": "CHECKOUT.ORDER.APPROVED"}))
        forged_body = collide(raw(CAPTURED), zlib.crc32(genuine.body))
        unit = {"custom_id": ATTEMPT, "amount": {"currency_code": "EUR", "value": "30.00"}}
        net.order = {**ORDER, "status": "APPROVED", "purchase_units": [unit]}
        told = await paypal(memory).verify_callback(replace(genuine, body=forged_body))
        assert told is not None
        assert told.outcome.state is State.APPROVED
