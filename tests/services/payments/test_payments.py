"""Payments on real parts: PostgreSQL, RabbitMQ, the sandbox bank; callbacks as the bank signed them."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aio_pika
import pytest

from services.payments.domain.claim import Claim
from services.payments.providers.girocheckout import GiroCheckout
from services.payments.providers.port import (
    Attempt,
    Callback,
    Started,
)
from shared.bus.envelope import Envelope, write
from shared.ids import derived_id, new_id
from shared.keys import KeyDestroyed
from shared.testing import Running
from tests.deploy.sandbox.serving import (
    Sandbox,
    Shop,
)
from tests.services.payments.paying import FEE, PORTAL, Citizen, decide, notify, paid

pytestmark = pytest.mark.integration


class TestSettling:
    async def test_takes_the_banks_word_once(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        query = await paid(citizen, bank, shop)
        first, second = await notify(payments, query), await notify(payments, query)
        assert (first.status_code, first.json()["Recorded"]) == (200, "settled")
        assert (second.status_code, second.json()["Recorded"]) == (200, "duplicate")
        assert (await citizen.claim())["state"] == "settled"

    async def test_balances_the_books(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        await notify(payments, await paid(citizen, bank, shop))
        headers = payments.mint.account(new_id(), "payments", "treasurer")
        books = (await payments.http.get("/ledger/trial-balance", headers=headers)).json()
        assert books["sum_cents"] == 0
        assert {a["account"]: a["cents"] for a in books["accounts"]} == {
            "provider:girocheckout": FEE, "receivable": 0, "revenue:541000": -FEE,
        }  # fmt: skip

    async def test_gives_a_receipt(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        before = await payments.http.get(f"/claims/{citizen.claim_id}/receipt", headers=citizen.headers)
        assert before.status_code == 409
        await notify(payments, await paid(citizen, bank, shop))
        after = await payments.http.get(f"/claims/{citizen.claim_id}/receipt", headers=citizen.headers)
        assert (after.json()["amount_cents"], after.json()["method"]) == (FEE, "card")

    async def test_keeps_the_claim_open_after_a_cancelled_try(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        answer = await notify(payments, await paid(citizen, bank, shop, "cancel"))
        assert answer.json()["Recorded"] == "failed"
        assert (await citizen.claim())["state"] == "open"
        await notify(payments, await paid(citizen, bank, shop, key="k2"))
        assert (await citizen.claim())["state"] == "settled"

    async def test_asks_the_bank_that_stays_silent(
        self, payments: Running, citizen: Citizen, bank: Sandbox
    ) -> None:
        await asyncio.to_thread(bank.http.post, "/sandbox/faults", json={"fault": "never"})
        begun = await citizen.begins()
        await decide(bank, begun.json()["redirect_url"], "pay")
        await payments.runtime.pool.execute("UPDATE task SET due_at = now()")
        async with asyncio.timeout(10):
            while (await citizen.claim())["state"] != "settled":
                await asyncio.sleep(0.05)

    async def test_looks_when_the_payer_comes_back(
        self, payments: Running, citizen: Citizen, bank: Sandbox
    ) -> None:
        await asyncio.to_thread(bank.tell, "never")
        begun = await citizen.begins()
        path = f"/claims/{citizen.claim_id}/look"
        undecided = await payments.http.post(path, headers=citizen.headers)
        assert (undecided.status_code, undecided.json()["state"]) == (200, "open")
        await decide(bank, begun.json()["redirect_url"], "pay")
        assert (await payments.http.post(path, headers=citizen.headers)).json()["state"] == "settled"
        other = payments.mint.account(new_id(), "payments")
        assert (await payments.http.post(path, headers=other)).status_code == 404


DUE = "SELECT count(*) FROM task WHERE due_at <= now() AND kind <> 'housekeeping'"


class TestLeaving:
    async def test_the_bank_undecided_lets_the_citizen_pay_otherwise(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        assert (await citizen.begins()).status_code == 201
        await payments.runtime.pool.execute("UPDATE task SET due_at = now()")
        async with asyncio.timeout(10):
            while await payments.runtime.pool.fetchval(DUE):
                await asyncio.sleep(0.05)
        assert (await citizen.claim())["state"] == "open"
        await notify(payments, await paid(citizen, bank, shop, key="k2"))
        assert (await citizen.claim())["state"] == "settled"


class TestSurplus:
    async def test_after_cancellation_is_booked_and_shown_to_a_person(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        query = await paid(citizen, bank, shop)
        unit = payments.runtime.unit()
        claim = await unit.load(Claim, citizen.claim_id)
        claim.withdraw_claim("withdrawn", now=unit.now)
        await unit.save(claim)
        await unit.commit()
        answer = await notify(payments, query)
        assert (answer.status_code, answer.json()["Recorded"]) == (200, "surplus")
        headers = payments.mint.account(new_id(), "payments", "treasurer")
        tasks = (await payments.http.get("/money-tasks", headers=headers)).json()["tasks"]
        assert [(t["kind"], t["amount_cents"]) for t in tasks] == [("after_cancellation", FEE)]
        assert (await payments.http.get("/ledger/trial-balance", headers=headers)).json()["sum_cents"] == 0

    async def test_does_not_come_where_less_was_paid(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        await asyncio.to_thread(
            bank.http.post, "/sandbox/faults", json={"fault": "altered_amount", "amount_cents": 1}
        )
        before = await citizen.log_length()
        query = await paid(citizen, bank, shop)
        assert b"gcAmount=1&" in query
        assert (await notify(payments, query)).json()["Recorded"] == "part"
        claim = await citizen.claim()
        assert (claim["state"], claim["owed_cents"]) == ("open", FEE - 1)
        assert await citizen.log_length() == before + 3


class TestForgery:
    async def test_is_answered_400_and_changes_nothing(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        query = await paid(citizen, bank, shop)
        before = await citizen.log_length()
        altered = query.replace(b"gcResultPayment=4000", b"gcResultPayment=4502")
        assert altered != query
        answer = await notify(payments, altered)
        assert answer.status_code == 400
        assert answer.json()["type"] == "urn:portal:problem:callback_forged"
        assert await citizen.log_length() == before

    @pytest.mark.parametrize("query", [b"", b"gcReference=x", b"a=b&gcHash=0"])
    async def test_is_seen_in_any_garbage(self, payments: Running, query: bytes) -> None:
        assert (await notify(payments, query)).status_code == 400


class TestADoor:
    async def test_of_a_provider_that_is_not_set_up_is_closed(self, payments: Running) -> None:
        answer = await payments.http.post("/callbacks/nobody/notify", content=b"{}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:portal:problem:provider_unknown")

    async def test_hands_on_what_came_as_it_came(
        self, payments: Running, citizen: Citizen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[Callback] = []

        async def looks(_provider: GiroCheckout, callback: Callback) -> None:
            seen.append(callback)

        monkeypatch.setattr(GiroCheckout, "verify_callback", looks)
        headers = [("X-Sig", "a"), ("x-sig", "b"), ("Content-Type", "application/json")]
        before = await citizen.log_length()
        answer = await payments.http.post(
            "/callbacks/girocheckout/notify?a=%2f", content=b'{"a":  1}', headers=headers
        )
        assert (answer.status_code, answer.json()["Recorded"]) == (200, "nothing")
        assert (seen[0].query, seen[0].body, seen[0].headers["x-sig"]) == (b"a=%2f", b'{"a":  1}', "a, b")
        assert await citizen.log_length() == before


class TestRefusals:
    async def test_the_same_key_gives_the_same_attempt(self, citizen: Citizen) -> None:
        first, second = await citizen.begins(), await citizen.begins()
        assert first.json() == second.json()
        assert second.headers["Idempotent-Replayed"] == "true"
        assert len((await citizen.claim())["attempts"]) == 1

    async def test_the_same_key_with_other_content_is_refused(self, citizen: Citizen) -> None:
        await citizen.begins()
        again = await citizen.begins(method="paypal")
        assert (again.status_code, again.json()["type"]) == (422, "urn:portal:problem:idempotency_key_reused")

    async def test_somebody_elses_claim_is_not_there(self, payments: Running, citizen: Citizen) -> None:
        other = payments.mint.account(new_id(), "payments")
        answer = await payments.http.get(f"/claims/{citizen.claim_id}", headers=other)
        assert answer.status_code == 404

    @pytest.mark.parametrize("role", ["clerk", "treasurer"])
    async def test_staff_look_at_a_claim_and_pay_for_nobody(
        self, payments: Running, citizen: Citizen, role: str
    ) -> None:
        citizen.headers = payments.mint.account(new_id(), "payments", "citizen", role)
        assert (await citizen.claim())["amount_cents"] == FEE
        before = await citizen.log_length()
        assert (await citizen.begins()).status_code == 404
        assert await citizen.log_length() == before

    @pytest.mark.parametrize(("service", "status"), [("documents", 200), ("gateway", 404), ("identity", 404)])
    async def test_is_read_by_the_services_that_print_it(
        self, payments: Running, citizen: Citizen, service: str, status: int
    ) -> None:
        headers = payments.mint.service(service, "payments")
        answer = await payments.http.get(f"/claims/{citizen.claim_id}", headers=headers)
        assert answer.status_code == status

    async def test_a_start_is_recorded_whatever_came_in_between(
        self, payments: Running, citizen: Citizen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start = GiroCheckout.start

        async def slow(provider: GiroCheckout, attempt: Attempt) -> Started:
            started = await start(provider, attempt)
            unit = payments.runtime.unit()  # meanwhile the payer opens a second window
            claim = await unit.load(Claim, citizen.claim_id)
            claim.open_attempt(new_id(), "paypal", PORTAL, now=unit.now)
            await unit.save(claim)
            await unit.commit()
            return started

        monkeypatch.setattr(GiroCheckout, "start", slow)
        answer = await citizen.begins()
        assert answer.status_code == 201, answer.text
        states = {a["attempt_id"]: a["state"] for a in (await citizen.claim())["attempts"]}
        assert states[answer.json()["attempt_id"]] == "started"
        asked = "SELECT count(*) FROM task WHERE kind = 'ask_provider' AND dedupe = $1"
        assert await payments.runtime.pool.fetchval(asked, answer.json()["attempt_id"]) == 1
        assert (await citizen.begins()).json() == answer.json()

    async def test_an_unknown_method_is_named(self, citizen: Citizen) -> None:
        answer = await citizen.begins(method="shells")
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:portal:problem:method_unknown")

    async def test_a_foreign_return_address_is_refused(self, payments: Running, citizen: Citizen) -> None:
        answer = await payments.http.post(
            f"/claims/{citizen.claim_id}/attempts",
            json={"method": "card", "return_url": "https://evil.example/"},
            headers={**citizen.headers, "Idempotency-Key": "k9"},
        )
        assert answer.status_code == 422

    async def test_the_books_are_the_treasurers(self, payments: Running, citizen: Citizen) -> None:
        answer = await payments.http.get("/ledger/trial-balance", headers=citizen.headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:wrong_role")

    async def test_a_bank_that_is_away_leaves_an_abandoned_attempt(
        self, citizen: Citizen, bank: Sandbox
    ) -> None:
        await asyncio.to_thread(
            bank.http.post, "/sandbox/faults", json={"fault": "unavailable", "call": "start"}
        )
        answer = await citizen.begins()
        assert answer.status_code == 503
        assert [a["state"] for a in (await citizen.claim())["attempts"]] == ["abandoned"]


class TestPolicies:
    async def test_open_one_claim_for_a_submitted_application(self, payments: Running) -> None:
        case_id, account_id = new_id(), new_id()
        data = {
            "case_id": str(case_id), "case_number": "BPA-2026-000009", "account_id": str(account_id),
            "service": "resident-parking-permit", "fee_cents": FEE, "currency": "EUR",
            "fee_due": "before_decision", "cost_object": "541000", "pay_by": "2026-11-29", "language": "de",
        }  # fmt: skip
        headers = payments.mint.account(account_id, "payments")
        claims: list[Any] = []
        async with asyncio.timeout(15):
            while not claims or claims[0]["state"] != "cancelled":
                # again and again: the queue may not be there yet, and duplicates are ordinary
                await publish(payments, "application_submitted", case_id, 1, data)
                await publish(payments, "application_withdrawn", case_id, 2, {"case_id": str(case_id)})
                await asyncio.sleep(0.2)
                answer = await payments.http.get(f"/claims?case_id={case_id}", headers=headers)
                claims = answer.json()["claims"]
        assert len(claims) == 1
        assert claims[0]["amount_cents"] == FEE


async def publish(
    payments: Running, name: str, case_id: UUID, sequence: int, data: dict[str, Any], of: str = "applications"
) -> None:
    """What the applications service would publish."""
    settings = payments.runtime.settings
    envelope = Envelope(
        id=derived_id("test", case_id, sequence), source=f"portal/{of}",
        type=f"{of}.{name}.v1", subject=str(case_id), time=datetime.now(UTC), sequence=sequence,
        data=data, streamversion=sequence,
    )  # fmt: skip
    connection = await aio_pika.connect(settings.rabbitmq_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(
            f"{settings.name_prefix}{settings.exchange}", aio_pika.ExchangeType.TOPIC, durable=True
        )
        await exchange.publish(aio_pika.Message(write(envelope)), envelope.type)


class TestAnErasedCitizen:
    async def test_leaves_bookings_that_balance_and_money_that_still_settles(
        self, payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop
    ) -> None:
        query = await paid(citizen, bank, shop)
        data = {"account_id": str(citizen.account_id)}
        await publish(payments, "account_erased", citizen.account_id, 1, data, of="identity")
        done = "SELECT count(done_at) FROM task WHERE kind = 'erase_citizen'"
        async with asyncio.timeout(10):
            while await payments.runtime.pool.fetchval(done) == 0:
                await asyncio.sleep(0.05)
        with pytest.raises(KeyDestroyed):
            await payments.runtime.keys.obtain(citizen.account_id)
        assert (await notify(payments, query)).json()["Recorded"] == "settled"
        headers = payments.mint.account(new_id(), "payments", "treasurer")
        books = (await payments.http.get("/ledger/trial-balance", headers=headers)).json()
        assert (books["sum_cents"], len(books["accounts"])) == (0, 3)
