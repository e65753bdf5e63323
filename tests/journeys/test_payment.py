"""Paying when something is in the way: the payer changes their mind, the bank is silent, or somebody lies."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from deploy.local.demo.journey import Journey
from deploy.local.demo.listening import Listener
from deploy.local.demo.main import METHODS
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official, Resident, home
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration
SETTLED = "payments.payment_settled.v1"
NOTIFY = "/zahlung/girocheckout/notify"


async def completed(resident: Resident, listener: Listener) -> None:
    await listener.wait_for("applications.application_completed.v1", resident.case_id)
    await resident.see("Fertig! Ihr Dokument liegt für Sie bereit.")


class TestEveryWayToPay:
    """The demo's own citizen, with each of the ways that the demo can be told."""

    @pytest.mark.parametrize("method", METHODS)
    async def test_leads_to_the_permit(self, stage: Stage, books: Books, method: str) -> None:
        journey = Journey(stage.addresses, method=method, comes_from=home())
        await journey.run()
        assert journey.pdf.startswith(b"%PDF")
        settled = [event for event in books.heard(journey.case_id) if event.kind == SETTLED]
        assert len(settled) == 1


class TestACancelledPayment:
    async def test_costs_nothing_and_another_method_does_it(
        self, arrive: Arrive, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit()
        page = await (await resident.to_the_bank("card")).pay("cancel")
        assert "Sie haben die Zahlung abgebrochen. Es wurde nichts abgebucht." in page.said
        failed = await listener.wait_for("payments.payment_failed.v1", resident.case_id)
        assert failed.data["outcome"] == "cancelled"
        assert (await resident.case())["state"] == "awaiting_payment"
        page = await (await resident.to_the_bank("wero")).pay()
        assert "Danke, Ihre Zahlung ist angekommen." in page.said
        await completed(resident, listener)
        assert [one["state"] for one in (await resident.claim())["attempts"]] == ["cancelled", "succeeded"]
        settled = [event for event in books.heard(resident.case_id) if event.kind == SETTLED]
        assert [event.data["method"] for event in settled] == ["wero"]


class TestASilentBank:
    async def test_is_asked_until_it_answers(self, arrive: Arrive, listener: Listener, books: Books) -> None:
        resident = await arrive()
        await resident.submit()
        bank = await resident.to_the_bank("wero")
        await bank.play("never")
        page = await bank.pay()
        assert "Wir warten noch auf die Bestätigung Ihrer Zahlung." in page.said
        assert SETTLED.removesuffix(".v1") not in books.kinds(resident.case_id)
        await books.hurry("payments", "ask_provider", (await resident.claim())["claim_id"])
        await listener.wait_for(SETTLED, resident.case_id)
        await completed(resident, listener)


class TestABankThatSaysItTwice:
    async def test_is_believed_once(self, arrive: Arrive, listener: Listener, books: Books) -> None:
        resident = await arrive()
        await resident.submit()
        bank = await resident.to_the_bank()
        await bank.play("twice")
        await bank.pay()
        assert await bank.answers_to_notices(2) == [200, 200]
        await completed(resident, listener)
        await books.settled()
        kinds = books.kinds(resident.case_id)
        assert kinds.count("payments.payment_settled") == 1
        assert kinds.count("applications.application_approved") == 1
        assert "payments.surplus_received" not in kinds


class TestAForgedCallback:
    async def test_is_refused_and_changes_nothing(
        self, arrive: Arrive, stage: Stage, books: Books, listener: Listener
    ) -> None:
        resident = await arrive()
        await resident.submit()
        bank = await resident.to_the_bank()
        await bank.play("forged")
        before = await books.metric("payments", "portal_security_events_total")
        async with books.untouched():
            await bank.decide()
            assert await bank.answers_to_notices(1) == [400]
        assert await books.metric("payments", "portal_security_events_total") == before + 1
        assert (await resident.case())["state"] == "awaiting_payment"
        await books.hurry("payments", "ask_provider", (await resident.claim())["claim_id"])
        await listener.wait_for(SETTLED, resident.case_id)  # the bank itself, asked, tells the truth

    async def test_with_an_altered_value_is_refused(
        self, arrive: Arrive, stage: Stage, books: Books, listener: Listener
    ) -> None:
        resident = await arrive()
        await resident.submit()
        bank = await resident.to_the_bank()
        await bank.play("never")
        told = dict(parse_qsl(urlsplit(await bank.decide("cancel")).query))
        told = {name: value for name, value in told.items() if name.startswith("gc")}
        before = await books.metric("payments", "portal_security_events_total")
        altered = [
            {**told, "gcResultPayment": "4000"},
            {**told, "gcAmount": "1"},
            {**told, "gcHash": "0" * 32},
            {name: value for name, value in told.items() if name != "gcHash"},
            {},
        ]
        async with books.untouched(), httpx.AsyncClient(base_url=stage.addresses.portal) as http:
            for query in altered:
                answer = await http.get(f"{NOTIFY}?{urlencode(query)}")
                assert answer.status_code == 400, query
                assert answer.json()["type"] == "urn:portal:problem:callback_forged"
        after = await books.metric("payments", "portal_security_events_total")
        assert after == before + len(altered)
        await books.hurry("payments", "ask_provider", (await resident.claim())["claim_id"])
        await listener.wait_for("payments.payment_failed.v1", resident.case_id)


class TestACallbackAfterWithdrawal:
    async def test_is_accounted_for_and_given_to_the_treasurer(
        self, arrive: Arrive, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit()
        bank = await resident.to_the_bank()
        asked = await resident.browser.get(f"/vorgang/{resident.case_id}/zurueckziehen")
        page = await resident.browser.send(asked, asked.form(action="/zurueckziehen"))
        assert "Der Antrag ist zurückgezogen." in page.said
        await listener.wait_for("payments.claim_cancelled.v1", resident.case_id)
        await bank.pay()
        assert await bank.answers_to_notices(1) == [200]
        surplus = await listener.wait_for("payments.surplus_received.v1", resident.case_id)
        assert surplus.data["reason"] == "after_cancellation"
        assert surplus.data["amount_cents"] == 3060
        tasks = await books.money_tasks((await resident.claim())["claim_id"])
        assert [(task["kind"], task["amount_cents"]) for task in tasks] == [("after_cancellation", 3060)]
        page = await resident.see("Sie haben den Antrag zurückgezogen.")
        assert "applications.application_approved" not in books.kinds(resident.case_id)


class TestAPaidApplicationThatIsWithdrawn:
    async def test_has_its_fee_given_back(
        self, arrive: Arrive, listener: Listener, books: Books, treasurer: Official
    ) -> None:
        resident = await arrive()
        await resident.submit(remark="Bitte prüfen")
        await resident.pay()
        await listener.wait_for("applications.application_referred.v1", resident.case_id)
        asked = await resident.browser.get(f"/vorgang/{resident.case_id}/zurueckziehen")
        assert "Ihre Gebühr erstatten wir." in asked.said
        await resident.browser.send(asked, asked.form(action="/zurueckziehen"))
        await listener.wait_for("applications.application_withdrawn.v1", resident.case_id)
        await books.settled()
        await listener.wait_for("payments.refund_settled.v1", resident.case_id)
        claim = await resident.claim()
        assert claim["state"] == "refunded"
        assert claim["kassenzeichen"] not in (await treasurer.browser.get("/arbeit/zahlungen")).said
        await books.assert_balanced()
        assert "receipt" in await resident.documents()


class TestAnotherAmount:
    async def test_counts_and_leaves_the_rest_to_pay(
        self, arrive: Arrive, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit()
        bank = await resident.to_the_bank()
        await bank.play("altered_amount", amount_cents=2000)
        await bank.pay()
        part = await listener.wait_for("payments.part_received.v1", resident.case_id)
        assert part.data["amount_cents"] == 2000
        claim = await resident.claim()
        assert (claim["state"], claim["owed_cents"]) == ("open", claim["amount_cents"] - 2000)
        assert await books.money_tasks(claim["claim_id"]) == []
        assert SETTLED.removesuffix(".v1") not in books.kinds(resident.case_id)
        await (await resident.to_the_bank()).pay()
        await completed(resident, listener)
