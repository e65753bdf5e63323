"""Payments beside PayPal's sandbox: the payer agrees there, its webhook arrives, the money is taken, once."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.payments.wiring import SERVICE
from shared.testing import CallerMint, Running, running
from tests.deploy.sandbox.paypal_serving import (
    CLIENT_ID,
    CLIENT_SECRET,
    WEBHOOK_ID,
    Listener,
    PayPalSandbox,
    running_listener,
    running_paypal,
)
from tests.services.payments.paying import FEE, PORTAL, Citizen

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PayPalSandbox, Listener]]:
    with running_paypal() as paypal, running_listener() as listener:
        yield paypal, listener


@pytest.fixture
def paypal(servers: tuple[PayPalSandbox, Listener]) -> PayPalSandbox:
    sandbox, listener = servers
    sandbox.reset()
    listener.forget()
    sandbox.send_to(listener.url)
    return sandbox


@pytest.fixture
def listener(servers: tuple[PayPalSandbox, Listener]) -> Listener:
    """Stands where the gateway stands."""
    return servers[1]


@pytest.fixture
async def payments(
    postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint, paypal: PayPalSandbox
) -> AsyncIterator[Running]:
    secrets = tmp_path / "payments"
    secrets.mkdir()
    credentials = secrets / "paypal_credentials.json"
    credentials.write_text(json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}))
    authorities = tmp_path / "authorities.pem"
    authorities.write_text(paypal.authority.ca)
    async with running(
        SERVICE, postgres_url, amqp_url, secrets, mint=mint, public_url=PORTAL,
        paypal_base_url=paypal.url, paypal_webhook_id=WEBHOOK_ID, paypal_authorities=authorities,
        paypal_certificate_origin=paypal.url,
    ) as found:  # fmt: skip
        yield found


async def begun(citizen: Citizen, key: str = "k1") -> str:
    """The order that the payer is sent to."""
    answer = await citizen.begins(key, "paypal")
    assert answer.status_code == 201, answer.text
    return parse_qs(urlsplit(str(answer.json()["redirect_url"])).query)["token"][0]


async def taken(payments: Running, posted: tuple[dict[str, str], bytes]) -> Any:
    """The answer to a webhook, as the gateway would hand it on."""
    headers, body = posted
    own = {n: v for n, v in headers.items() if n.startswith("paypal-") or n == "content-type"}
    return await payments.http.post("/callbacks/paypal/notify", content=body, headers=own)


class TestPayingByPayPal:
    async def test_is_offered(self, payments: Running, citizen: Citizen) -> None:
        answer = await payments.http.get("/methods", headers=citizen.headers)
        assert "paypal" in json.dumps(answer.json())

    async def test_settles_once_however_often_it_is_told(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        await asyncio.to_thread(paypal.decide, await begun(citizen))
        approved = (await asyncio.to_thread(listener.wait, 1))[0]
        assert (await citizen.claim())["state"] == "open"
        first = await taken(payments, approved)
        assert (first.status_code, first.json()["Recorded"]) == (200, "settled")
        for posted in await asyncio.to_thread(listener.wait, 2):
            again = await taken(payments, posted)
            assert (again.status_code, again.json()["Recorded"]) == (200, "duplicate")
        assert (await citizen.claim())["state"] == "settled"
        book = await asyncio.to_thread(paypal.book)
        assert [entry["amount_cents"] for entry in book["entries"]] == [FEE]

    async def test_that_is_declined_leaves_the_claim_open(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        await asyncio.to_thread(paypal.decide, await begun(citizen), "fail")
        answer = await taken(payments, (await asyncio.to_thread(listener.wait, 1))[0])
        assert (answer.status_code, answer.json()["Recorded"]) == (200, "failed")
        assert (await citizen.claim())["state"] == "open"
        assert (await begun(citizen, "k2")) != ""

    @pytest.mark.parametrize("fault", ["forged", "tampered", "reserialised", "foreign", "skewed"])
    async def test_is_not_believed_where_the_webhook_is_not_paypals(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener, fault: str
    ) -> None:
        await asyncio.to_thread(lambda: paypal.tell(fault))
        await asyncio.to_thread(paypal.decide, await begun(citizen))
        before = await citizen.log_length()
        answer = await taken(payments, (await asyncio.to_thread(listener.wait, 1))[0])
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:portal:problem:callback_forged")
        assert await citizen.log_length() == before
        book = await asyncio.to_thread(paypal.book)
        assert book["entries"] == []

    async def test_that_is_reviewed_is_shown_as_being_checked_by_whoever_asks(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox
    ) -> None:
        """No webhook came, and the money was taken in an answer that was lost: the portal asks."""
        await asyncio.to_thread(lambda: paypal.tell("pending", answers=50))
        order = await begun(citizen)
        await asyncio.to_thread(paypal.decide, order)
        headers = {"Authorization": f"Bearer {await asyncio.to_thread(paypal.token)}"}
        captured = await asyncio.to_thread(
            lambda: paypal.http.post(f"/v2/checkout/orders/{order}/capture", headers=headers, json={})
        )
        assert captured.status_code == 201
        await payments.http.post(f"/claims/{citizen.claim_id}/look", headers=citizen.headers)
        assert (await citizen.claim())["state"] == "being_checked"

    async def test_by_another_provider_is_unknown_here(self, payments: Running) -> None:
        answer = await payments.http.post("/callbacks/stripe/notify", content=b"{}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:portal:problem:provider_unknown")


def given_back(paypal: PayPalSandbox, order: str, cents: int) -> None:
    """Somebody captures the order, its answer is lost, and gives so much back in PayPal's own pages."""
    headers = {"Authorization": f"Bearer {paypal.token()}"}
    paypal.http.post(f"/v2/checkout/orders/{order}/capture", headers=headers, json={}).raise_for_status()
    [capture] = paypal.order(order)["captures"]
    body = {
        "amount": {"currency_code": "EUR", "value": f"{cents / 100:.2f}"},
        "custom_id": capture["custom_id"],
    }
    paypal.http.post(
        f"/v2/payments/captures/{capture['id']}/refund", headers=headers, json=body
    ).raise_for_status()


def heard(listener: Listener, kind: str) -> tuple[dict[str, str], bytes]:
    """The webhook of this kind, however often others are repeated."""
    number = 1
    while json.loads((posted := listener.wait(number)[number - 1])[1])["event_type"] != kind:
        number += 1
    return posted


class TestMoneyThatWentBackBeforeWeHeardOfIt:
    @pytest.mark.parametrize(("cents", "state"), [(FEE, "refunded"), (1000, "settled")])
    async def test_is_found_by_whoever_asks(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, cents: int, state: str
    ) -> None:
        """All webhooks were lost."""
        await asyncio.to_thread(lambda: paypal.tell("never"))
        order = await begun(citizen)
        await asyncio.to_thread(paypal.decide, order)
        await asyncio.to_thread(given_back, paypal, order, cents)
        await payments.http.post(f"/claims/{citizen.claim_id}/look", headers=citizen.headers)
        assert (await citizen.claim())["state"] == state
        await assert_books_agree(payments, paypal, FEE - cents)

    async def test_is_kept_where_its_webhook_is_the_first(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        order = await begun(citizen)
        await asyncio.to_thread(paypal.decide, order)
        await asyncio.to_thread(given_back, paypal, order, FEE)
        refunded = await asyncio.to_thread(heard, listener, "PAYMENT.CAPTURE.REFUNDED")
        captured = await asyncio.to_thread(heard, listener, "PAYMENT.CAPTURE.COMPLETED")
        told = [(await taken(payments, one)).json()["Recorded"] for one in (refunded, refunded)]
        assert (told, (await citizen.claim())["state"]) == (["early", "duplicate"], "open")
        told = [(await taken(payments, one)).json()["Recorded"] for one in (captured, refunded)]
        assert (told, (await citizen.claim())["state"]) == (["settled", "duplicate"], "refunded")
        await assert_books_agree(payments, paypal, 0)

    async def test_is_kept_where_the_bank_took_it(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        order = await begun(citizen)
        await asyncio.to_thread(paypal.decide, order)
        headers = {"Authorization": f"Bearer {await asyncio.to_thread(paypal.token)}"}
        await asyncio.to_thread(
            lambda: paypal.http.post(f"/v2/checkout/orders/{order}/capture", headers=headers, json={})
        )
        [capture] = (await asyncio.to_thread(paypal.order, order))["captures"]
        await asyncio.to_thread(paypal.change, capture["id"], "reverse")
        reversal = await asyncio.to_thread(heard, listener, "PAYMENT.CAPTURE.REVERSED")
        assert (await taken(payments, reversal)).json()["Recorded"] == "early"
        await payments.http.post(f"/claims/{citizen.claim_id}/look", headers=citizen.headers)
        claim = await citizen.claim()
        assert (claim["state"], claim["owed_cents"]) == ("open", FEE)
        await assert_books_agree(payments, paypal, 0)


async def assert_books_agree(payments: Running, paypal: PayPalSandbox, cents: int) -> None:
    held = "SELECT sum(cents)::int FROM ledger_line WHERE account IN ('provider:paypal', 'fees:paypal')"
    book = await asyncio.to_thread(paypal.book)
    assert await payments.runtime.pool.fetchval(held) == book["balance_cents"] == cents


async def disputed(
    payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
) -> dict[str, Any]:
    """A payment that its payer's bank has taken back; the dispute about it."""
    order = await begun(citizen)
    await asyncio.to_thread(paypal.decide, order)
    await taken(payments, (await asyncio.to_thread(listener.wait, 1))[0])
    [capture] = (await asyncio.to_thread(paypal.order, order))["captures"]
    dispute = await asyncio.to_thread(paypal.change, capture["id"], "dispute")
    answers = [await taken(payments, one) for one in await asyncio.to_thread(listener.wait, 4)]
    assert "reversed" in [answer.json()["Recorded"] for answer in answers]
    assert (await citizen.claim())["state"] == "open"
    return dispute


class TestADispute:
    async def test_that_is_won_pays_the_claim_again_once(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        dispute = await disputed(payments, citizen, paypal, listener)
        await asyncio.to_thread(paypal.resolve, dispute["id"])
        word = (await asyncio.to_thread(listener.wait, 5))[-1]
        told = [(await taken(payments, word)).json()["Recorded"] for _ in range(2)]
        assert told == ["restored", "duplicate"]
        claim = await citizen.claim()
        assert (claim["state"], claim["payments"][0]["reversed"]) == ("settled", False)
        book = await asyncio.to_thread(paypal.book)
        last = "SELECT reference FROM movement ORDER BY booked_at DESC, version DESC LIMIT 1"
        assert await payments.runtime.pool.fetchval(last) == dispute["id"]
        held = "SELECT sum(cents)::int FROM ledger_line WHERE account IN ('provider:paypal', 'fees:paypal')"
        assert await payments.runtime.pool.fetchval(held) == book["balance_cents"] == FEE

    async def test_that_is_won_in_part_leaves_the_rest_owed(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        dispute = await disputed(payments, citizen, paypal, listener)
        await asyncio.to_thread(lambda: paypal.resolve(dispute["id"], amount_cents=1000))
        await taken(payments, (await asyncio.to_thread(listener.wait, 5))[-1])
        assert (await citizen.claim())["owed_cents"] == FEE - 1000

    async def test_that_is_lost_changes_nothing(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        dispute = await disputed(payments, citizen, paypal, listener)
        await asyncio.to_thread(lambda: paypal.resolve(dispute["id"], outcome="RESOLVED_BUYER_FAVOUR"))
        before = await citizen.log_length()
        answer = await taken(payments, (await asyncio.to_thread(listener.wait, 5))[-1])
        assert (answer.status_code, answer.json()["Recorded"]) == (200, "nothing")
        assert await citizen.log_length() == before

    async def test_is_believed_by_what_the_api_says(
        self, payments: Running, citizen: Citizen, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        """While it cannot be asked nothing is booked, and PayPal repeats the word."""
        dispute = await disputed(payments, citizen, paypal, listener)
        await asyncio.to_thread(paypal.resolve, dispute["id"])
        await asyncio.to_thread(lambda: paypal.tell("unavailable", call="read_dispute"))
        word = (await asyncio.to_thread(listener.wait, 5))[-1]
        assert (await taken(payments, word)).status_code == 503
        assert (await taken(payments, word)).json()["Recorded"] == "restored"
