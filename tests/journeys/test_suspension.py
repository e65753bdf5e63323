"""A debit comes back after the permit was printed: it rests from the reminder on, until the fee is paid."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from deploy.local.demo.journey import CITY_TIME
from deploy.local.demo.listening import Listener
from deploy.local.demo.paying import by_debit
from deploy.local.demo.proof import read_code
from services.documents.tokens import PublicKeys, read_permit_token, token_from_text
from services.documents.tokens.status import entry_of, read_status_list
from services.payments.dunning import Dunning
from services.payments.sepa.bank_days import is_bank_day
from services.payments.settings import PaymentsSettings
from services.payments.wiring import SERVICE as PAYMENTS
from shared.service import writing
from tests.chromium import chromium
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official, Resident
from tests.journeys.stage import Stage

pytestmark = [pytest.mark.integration, pytest.mark.browser]
RETURNING = "DE84 3704 0044 0000 0000 03"
"""An account whose bank gives debits back after two days: MS03."""


async def a_week_later(stage: Stage) -> int:
    """Dunning as in eight days: payments' own code, with another day; how many steps were taken."""
    settings = stage.settings_of("payments", PaymentsSettings)
    async with writing(PAYMENTS, settings) as runtime:
        dunning = Dunning(runtime.pool, CITY_TIME, settings.dunning_steps, runtime.unit)
        return await dunning.run(datetime.now(CITY_TIME).date() + timedelta(days=8))


class Street:
    """Where the permit lies behind a windscreen, and a warden stands with a phone."""

    def __init__(self, stage: Stage, resident: Resident) -> None:
        self.stage, self.http = stage, resident.browser.http
        self.code = read_code(resident.pdf)
        self.token = self.code.rpartition("/")[2]

    async def verdict(self) -> str:
        return str((await self.http.get(f"/api/v1/verification/{self.token}")).json()["status"])

    async def listed(self, suspended: bool) -> None:
        """The signed list says so; it is made anew every 30 seconds."""
        keys = PublicKeys.from_jwks((await self.http.get("/api/v1/verification-keys")).json())
        entry = entry_of(read_permit_token(token_from_text(self.token), keys).number)
        async with asyncio.timeout(45):
            while True:
                now = datetime.now(UTC)
                two = read_status_list((await self.http.get("/api/v1/status-list/2")).content, keys, now)
                one = (await self.http.get("/api/v1/status-list")).content
                old = read_status_list(one, keys, now, version=1)
                assert entry not in two.revoked
                if (entry in two.suspended) == (entry in old.revoked) == suspended:
                    return
                await asyncio.sleep(1)

    async def warden_reads(self, words: str) -> None:
        """On the warden's page, the code typed in."""
        account = next(one for one in self.stage.secrets.demo_accounts() if one["role"] == "warden")
        async with chromium() as browser:
            tab = await browser.new_page(locale="de-DE", viewport={"width": 390, "height": 844})
            await tab.goto(f"{self.stage.addresses.portal}/anmelden")
            await tab.get_by_label("E-Mail-Adresse").fill(account["email"])
            await tab.get_by_label("Passwort").first.fill(account["password"])
            await tab.locator("main").get_by_role("button", name="Anmelden").click()
            await expect(tab.get_by_text("Sie sind angemeldet.")).to_be_visible()
            await tab.goto(f"{self.stage.addresses.portal}/aufsicht")
            await tab.get_by_text("Code von Hand eingeben").click()
            await tab.get_by_label("Inhalt des QR-Codes").fill(self.code)
            await tab.get_by_role("button", name="Jetzt prüfen").click()
            await expect(tab.locator(".verdict h2")).to_have_text(words, timeout=15_000)


class TestADebitThatComesBack:
    async def test_suspends_the_printed_permit_until_the_fee_is_paid(
        self, arrive: Arrive, listener: Listener, books: Books, stage: Stage, clerk: Official
    ) -> None:
        if not is_bank_day(datetime.now(CITY_TIME).date()):
            pytest.skip("banks are closed: nothing is filed today")
        resident = await arrive()
        case_id, bank = await resident.submit(), resident.addresses.city_bank
        page = await resident.chooses("direct_debit")
        await by_debit(resident.browser, page, bank, "Ada Lovelace", RETURNING)
        await resident.wait_for_document()
        await resident.download()
        street = Street(stage, resident)
        assert await street.verdict() == "valid"

        await resident.outside.post(f"{bank}/sandbox/days", json={"count": 4})
        await listener.wait_for("payments.payment_reversed.v1", case_id)
        await resident.see("Ihre Bank hat die Lastschrift zurückgegeben.")
        await resident.see("Bleibt die Gebühr offen, setzen wir Ihr Dokument aus.")
        await books.settled()
        assert await street.verdict() == "valid"
        mails = len(await resident.mails())

        assert await a_week_later(stage) >= 1
        suspended = await listener.wait_for("documents.document_suspended.v1", case_id)
        assert suspended.data["reason"] == "unpaid"
        await resident.see("Ihr Dokument gilt zurzeit nicht, weil die Gebühr offen ist.")
        assert "Ausgesetzt" in (await clerk.open(case_id)).said
        assert await street.verdict() == "suspended"
        said = (await resident.browser.get(f"/p/{street.token}")).said
        assert "Die Stadt hat ihn ausgesetzt: Er gilt zurzeit nicht." in said
        await street.listed(suspended=True)
        await street.warden_reads("Ausgesetzt")
        await books.settled()
        assert len(await resident.mails()) == mails + 1

        await (await resident.to_the_bank("card")).pay()
        await listener.wait_for("documents.document_reinstated.v1", case_id)
        await resident.see("Fertig! Ihr Dokument liegt für Sie bereit.")
        assert await street.verdict() == "valid"
        await street.listed(suspended=False)
        await street.warden_reads("Gültig")
        told = [kind for kind in books.kinds(case_id) if "suspended" in kind or "reinstated" in kind]
        assert told == [
            "applications.approval_suspended", "documents.document_suspended",
            "applications.approval_reinstated", "documents.document_reinstated",
        ]  # fmt: skip
