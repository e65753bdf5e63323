"""The cash office at its pages: a part of a fee goes back, and a way to pay is taken out of the offer."""

import asyncio

import pytest

from deploy.local.demo.browser import PageRefused
from deploy.local.demo.listening import Listener
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official, TownHall
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration


class TestAPartOfAFee:
    async def test_goes_back_from_the_page_of_all_its_money(
        self,
        arrive: Arrive,
        listener: Listener,
        treasurer: Official,
        clerk: Official,
        stage: Stage,
        books: Books,
    ) -> None:
        resident = await arrive()
        await resident.submit()
        await (await resident.to_the_bank("card")).pay()
        await listener.wait_for("applications.application_completed.v1", resident.case_id)
        claim = await resident.claim()
        here, money = f"/arbeit/forderungen/{claim['claim_id']}", f"/arbeit/kasse/vorgang/{resident.case_id}"
        assert money in (await clerk.open(resident.case_id)).text
        assert here in (await clerk.browser.get(money)).text
        page = await treasurer.browser.get(here)
        assert "Gebühr bezahlt" in page.said
        form = page.form(action="/erstattungen")
        with pytest.raises(PageRefused) as refused:
            await treasurer.browser.send(page, form, extent="part", amount="9999", reason="goodwill")
        assert refused.value.page is not None
        assert "Der Betrag muss zwischen 0,01 €" in refused.value.page.said
        asked = await treasurer.browser.send(page, form, extent="part", amount="1,50", reason="goodwill")
        assert "Die Erstattung ist beauftragt." in asked.said
        await listener.wait_for("payments.refund_settled.v1", resident.case_id)
        shown = (await clerk.browser.get(here)).said
        for words in ("Erstattung ausgezahlt", "Aus Kulanz", "Ausgezahlt", "Eine andere Person der Stadt"):
            assert words in shown, words
        await books.settled()


class TestAWayToPay:
    async def test_is_taken_out_and_put_back_at_the_operators_page(
        self, arrive: Arrive, town_hall: TownHall
    ) -> None:
        ada, resident = await town_hall.official("operator"), await arrive()
        await resident.submit()
        place = "/arbeit/zahlarten/zahlart/wero"
        for words, offered in (("Abgeschaltet. Begonnene", False), ("Wieder eingeschaltet.", True)):
            page = await ada.browser.get(place)
            turned = await ada.browser.send(page, page.form(with_field="reason"), reason="disturbed")
            assert words in turned.said
            async with asyncio.timeout(10):
                while ('value="wero"' in (await resident._payment_page()).text) is not offered:
                    await asyncio.sleep(0.1)
