"""Paying to the city's own account: by transfer, by a mandate, and what the citizen sees meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from deploy.local.demo.journey import CITY_TIME
from deploy.local.demo.listening import Listener
from deploy.local.demo.paying import by_debit, by_transfer
from services.payments.sepa.bank_days import is_bank_day
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Resident
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration
SETTLED = "payments.payment_settled.v1"


@asynccontextmanager
async def no_collection(stage: Stage) -> AsyncIterator[None]:
    """The next file for the bank is an hour away: with this town's short notice it would be made at once."""
    move = "UPDATE task SET due_at = now() + $1 WHERE kind = 'collect_debits' AND lease IS NULL RETURNING 1"
    while not await stage.pools["payments"].fetchval(move, timedelta(hours=1)):
        await asyncio.sleep(0.05)
    try:
        yield
    finally:
        await stage.pools["payments"].execute(move, timedelta(0))


class TestATransfer:
    async def test_is_waited_for_and_settles(self, arrive: Arrive, listener: Listener, books: Books) -> None:
        resident = await arrive()
        await resident.submit()
        page = await resident.chooses("transfer")
        assert page.url.endswith("/ueberweisung")
        waiting = await resident.see("Wir warten auf Ihre Überweisung.")
        assert "Angaben zur Überweisung" in waiting.said
        await by_transfer(page, resident.addresses.city_bank, "Ada Lovelace")
        settled = await listener.wait_for(SETTLED, resident.case_id)
        assert settled.data["method"] == "bank_transfer"
        await resident.see("Fertig! Ihr Dokument liegt für Sie bereit.")
        assert "Wir warten auf" not in (await resident.page()).said
        await books.assert_balanced()

    async def test_in_part_says_what_is_missing(self, arrive: Arrive, listener: Listener) -> None:
        resident = await arrive()
        await resident.submit()
        await resident.chooses("transfer")
        claim, bank = await resident.claim(), resident.addresses.city_bank
        said = {"name": "Ada", "iban": "DE89370400440532013000", "amount_cents": 1000,
                "text": claim["kassenzeichen"]}  # fmt: skip
        await resident.outside.post(f"{bank}/sandbox/transfers", json=said)
        await resident.outside.post(f"{bank}/sandbox/days", json={"count": 1})
        await listener.wait_for("payments.part_received.v1", resident.case_id)
        await resident.see("Angekommen sind 10,00 €. Es fehlen noch 20,60 €.")
        page = await resident.browser.get(f"/vorgang/{resident.case_id}/ueberweisung")
        await by_transfer(page, bank, "Ada Lovelace")
        await listener.wait_for(SETTLED, resident.case_id)


class TestADebit:
    async def test_is_announced_collected_and_settles(self, arrive: Arrive, listener: Listener) -> None:
        resident = await arrive()
        await resident.submit()
        page = await resident.chooses("direct_debit")
        assert "DE98ZZZ09999999999" in page.said
        if not is_bank_day(datetime.now(CITY_TIME).date()):
            pytest.skip("banks are closed: nothing is filed today")
        await by_debit(resident.browser, page, resident.addresses.city_bank, "Ada Lovelace")
        await listener.wait_for(SETTLED, resident.case_id)
        await resident.see("Fertig! Ihr Dokument liegt für Sie bereit.")
        profile = await resident.browser.get("/konto")
        assert "DE89 … 3000" in profile.said

    async def test_whose_mandate_is_revoked_in_time_is_not_collected(
        self, arrive: Arrive, stage: Stage
    ) -> None:
        async with no_collection(stage):
            await self._agreed_and_revoked(await arrive())

    async def _agreed_and_revoked(self, resident: Resident) -> None:
        await resident.submit()
        page = await resident.chooses("direct_debit")
        form = page.form(with_field="iban")
        answered = await resident.browser.send(
            page, form, holder="Ada Lovelace", iban="DE89 3704 0044 0532 0130 00", agreed="true"
        )
        assert "Das Mandat ist erteilt, die Lastschrift ist angekündigt." in answered.said
        profile = await resident.browser.get("/konto")
        after = await resident.browser.send(profile, profile.form(action="/widerrufen"))
        assert "Das Mandat ist widerrufen." in after.said
        mandates = (await resident.browser.get("/konto")).said
        assert "widerrufen" in mandates
