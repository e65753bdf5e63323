"""The counter and the early end: cash for a permit with its receipt, a mistake undone, a share given back."""

import asyncio
import io
from typing import Any

import pytest
from pypdf import PdfReader

from deploy.local.demo.browser import Page
from deploy.local.demo.listening import Listener
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official, Resident

pytestmark = pytest.mark.integration


async def owes(resident: Resident, listener: Listener) -> dict[str, Any]:
    await resident.submit()
    await listener.wait_for("payments.payment_requested.v1", resident.case_id)
    return await resident.claim()


async def pays(clerk: Official, number: str, given: str) -> Page:
    """Found by its number, which leads to the claim at once."""
    page = await clerk.browser.get(f"/arbeit/schalter?nummer={number}")
    return await clerk.browser.send(page, page.form(with_field="given"), given=given)


async def printed(clerk: Official, entry: Page) -> str:
    """What the receipt of an entry says."""
    answer = await clerk.browser.http.get(f"{entry.url.partition('?')[0]}/quittung")
    assert answer.headers["content-type"] == "application/pdf", answer.text[:300]
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\u00a0", " ").split())


class TestTheCounter:
    async def test_takes_cash_for_a_permit_and_prints_its_receipt(
        self, arrive: Arrive, clerk: Official, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        claim = await owes(resident, listener)
        entry = await pays(clerk, claim["kassenzeichen"], "200")
        assert "Rückgeld" in entry.said
        receipt = await printed(clerk, entry)
        assert "Barzahlung" in receipt
        assert claim["kassenzeichen"] in receipt
        await listener.wait_for("applications.application_completed.v1", resident.case_id)
        await books.settled()
        found = await resident.claim()
        assert (found["state"], found["owed_cents"]) == ("settled", 0)
        assert await books.money_tasks(claim["claim_id"]) == []

    async def test_undoes_a_mistake_and_its_receipt(
        self, arrive: Arrive, clerk: Official, treasurer: Official, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        claim = await owes(resident, listener)
        entry = await pays(clerk, claim["case_number"], "10")
        assert "Noch zu zahlen" in await printed(clerk, entry)
        assert "Bitte holen Sie eine zweite Person" in entry.said
        seen = await treasurer.browser.get(entry.url.partition("?")[0])
        form = seen.form(with_field="reason")
        voided = await treasurer.browser.send(seen, form, reason="amount_mistyped")
        assert "Die Einzahlung ist storniert." in voided.said
        await listener.wait_for("documents.document_revoked.v1", resident.case_id)
        found = await resident.claim()
        assert (found["state"], found["owed_cents"]) == ("open", claim["owed_cents"])
        await pays(clerk, claim["kassenzeichen"], "200")
        await listener.wait_for("applications.application_completed.v1", resident.case_id)
        await books.settled()


class TestAnEarlyEnd:
    async def test_gives_back_the_months_that_are_left(
        self, arrive: Arrive, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        case_id = await resident.submit()
        await (await resident.to_the_bank("card")).pay()
        await listener.wait_for("applications.application_completed.v1", case_id)
        await books.settled()
        paid = await resident.claim()
        page = await resident.browser.get(f"/vorgang/{case_id}/beenden")
        months = round(paid["amount_cents"] / 255)
        share = paid["amount_cents"] * (months - 1) // months
        assert f"{share // 100},{share % 100:02}" in page.said
        ended = await resident.browser.send(page, page.form(with_field="reason"), reason="moved_away")
        assert "Zurückgegeben." in ended.said
        await listener.wait_for("payments.refund_settled.v1", case_id)
        await books.settled()
        await resident.see("zurückgezahlt (Kredit")
        async with asyncio.timeout(20):
            while len([one for one in (await resident.case())["documents"] if one["kind"] == "receipt"]) < 2:
                await asyncio.sleep(0.2)
