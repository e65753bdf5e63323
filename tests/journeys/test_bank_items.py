"""A transfer whose Kassenzeichen is mistyped: proposed, confirmed by the clerk, and the case goes on."""

import asyncio
from typing import Any

import pytest

from deploy.local.demo.listening import Listener
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official, Resident

pytestmark = pytest.mark.integration
PAYER, ACCOUNT = "Wanda Zahlemann", "DE89 3704 0044 0532 0130 00"


def mistyped(kassenzeichen: str) -> str:
    """With another check digit, so that it is nobody's."""
    return f"{kassenzeichen[:-1]}{(int(kassenzeichen[-1]) + 1) % 10}"


async def gives_a_mandate_and_takes_it_back(resident: Resident) -> None:
    """From then on the city knows the payer's name."""
    page = await resident.chooses("direct_debit")
    form = page.form(with_field="iban")
    await resident.browser.send(page, form, holder=PAYER, iban=ACCOUNT, agreed="true")
    profile = await resident.browser.get("/konto")
    await resident.browser.send(profile, profile.form(action="/widerrufen"))


async def waiting(clerk: Official, text: str) -> dict[str, Any]:
    """The payment that says this, once it waits in the list. Raises TimeoutError."""
    async with asyncio.timeout(30):
        while True:
            answer = await clerk.browser.http.get("/api/v1/bank-items", params={"limit": 200})
            for item in answer.raise_for_status().json()["items"]:
                if item["text"] == text:
                    return dict(item)
            await asyncio.sleep(0.2)


class TestAMistypedKassenzeichen:
    async def test_is_proposed_and_confirmed(
        self, arrive: Arrive, clerk: Official, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit()
        await gives_a_mandate_and_takes_it_back(resident)
        claim, bank = await resident.claim(), resident.addresses.city_bank
        text = mistyped(claim["kassenzeichen"])
        said = {"name": PAYER, "iban": ACCOUNT.replace(" ", ""), "amount_cents": claim["owed_cents"],
                "text": text}  # fmt: skip
        await resident.outside.post(f"{bank}/sandbox/transfers", json=said)
        await resident.outside.post(f"{bank}/sandbox/days", json={"count": 1})
        item = await waiting(clerk, text)
        assert item["proposals"] == [claim["claim_id"]]
        listed = await clerk.browser.get("/arbeit/kasse/bankposten")
        assert claim["case_number"] in listed.said
        page = await clerk.browser.get(f"/arbeit/kasse/bankposten/{item['item_id']}")
        form = page.form(with_field="claim")
        done = await clerk.browser.send(page, form, claim=claim["claim_id"])
        assert "Die Zahlung ist der Forderung zugeordnet." in done.said
        late = await clerk.browser.http.get(f"/arbeit/kasse/bankposten/{item['item_id']}")
        assert "Diese Zahlung gehört zu einer Forderung." in late.text
        await listener.wait_for("applications.application_completed.v1", resident.case_id)
        await books.settled()
        assert (await resident.claim())["state"] == "settled"
