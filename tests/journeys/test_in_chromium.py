"""The whole way in a real browser, clicked: with JavaScript, and where there is none."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from deploy.local.demo.listening import Listener
from tests.chromium import barriers, chromium
from tests.journeys.books import Books
from tests.journeys.people import Resident, newcomer
from tests.journeys.stage import Stage

pytestmark = [pytest.mark.integration, pytest.mark.browser]
PERMIT: Final = "Herunterladen (PDF): Bewohnerparkausweis"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as instance:
        yield instance


class Clicker:
    """A citizen at a screen. What the console says against our pages is kept in `complaints`."""

    def __init__(self, tab: Page, me: Resident, *, scripted: bool) -> None:
        self.tab, self.me, self.scripted = tab, me, scripted
        self.complaints: list[str] = []
        tab.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def looks_at(self, path: str = "") -> None:
        """Goes to a page, or stays; the page must be accessible."""
        if path:
            await self.tab.goto(self.me.addresses.portal + path)
        if self.scripted:
            assert await barriers(self.tab) == [], self.tab.url

    async def presses(self, name: str) -> None:
        await self.tab.get_by_role("button", name=name).click()

    async def says(self, label: str, text: str) -> None:
        await self.tab.get_by_label(label).first.fill(text)

    async def registers(self) -> None:
        me = self.me.citizen
        await self.looks_at("/registrieren")
        await self.says("E-Mail-Adresse", me.email)
        await self.says("Passwort", me.password)
        await self.presses("Konto anlegen")
        await expect(self.tab.get_by_role("heading", name="Fast geschafft")).to_be_visible()
        await self.looks_at(urlsplit(await self.me._link_from_mail()).path)
        await self.says("Passwort", me.password)
        await self.presses("Adresse bestätigen")
        await expect(self.tab.get_by_role("heading", name="Ihr Konto ist bereit")).to_be_visible()

    async def signs_in(self) -> None:
        me = self.me.citizen
        await self.looks_at("/anmelden")
        await self.says("E-Mail-Adresse", me.email)
        await self.says("Passwort", me.password)
        await self.tab.locator("main").get_by_role("button", name="Anmelden").click()
        await expect(self.tab.get_by_text("Sie sind angemeldet.")).to_be_visible()

    async def applies(self) -> None:
        me = self.me.citizen
        await self.looks_at("/dienste/bewohnerparkausweis")
        await self.tab.get_by_role("link", name="Jetzt beantragen").click()
        await self.looks_at()
        for label, text in (
            ("Vornamen", me.given_names), ("Familienname", me.family_name), ("Geburtsdatum", me.birth_date),
            ("Straße", me.street), ("Hausnummer", me.house_number), ("Postleitzahl", "01234"),
            ("Kennzeichen", me.plate), ("Gültig ab", str(self.me._answers()["start"])),
            ("Dauer in Monaten", "12"),
        ):  # fmt: skip
            await self.says(label, text)
        for choice in ("In Deutschland", "Das Fahrzeug ist auf mich zugelassen"):
            await self.chooses(choice)
        for box in await self.tab.get_by_role("checkbox").all():
            if await box.get_attribute("name") != "holder_consent":
                await box.check()
        await self.presses("Weiter: Angaben prüfen")
        await expect(self.tab.get_by_role("heading", name="Stimmt alles?")).to_be_visible()
        await self.looks_at()
        await self.presses("Antrag verbindlich absenden")
        await self.tab.wait_for_url(re.compile(r"/vorgang/[0-9a-f-]{36}/bezahlen"))
        self.me.case_id = urlsplit(self.tab.url).path.split("/")[2]

    async def chooses(self, name: str) -> None:
        """A radio button by its words, which cover it, or an option of a list."""
        if await self.tab.get_by_role("radio", name=name).count():
            await self.tab.locator("label", has_text=name).click()
            await expect(self.tab.get_by_role("radio", name=name)).to_be_checked()
            return
        option = self.tab.locator("option", has_text=name)
        await option.locator("xpath=..").select_option(label=name)

    async def pays(self) -> None:
        button = self.tab.get_by_role("button", name=re.compile("Jetzt .* bezahlen"))
        for _ in range(20):  # without script the page of a claim on its way is looked at again
            if await button.count():
                break
            await self.tab.wait_for_timeout(200)
            await self.tab.goto(f"{self.me.addresses.portal}/vorgang/{self.me.case_id}/bezahlen")
        await self.looks_at()
        await button.click()
        await self.tab.wait_for_url(f"{self.me.addresses.bank}/**")
        await self.tab.locator("button[value=pay]").click()
        await self.tab.wait_for_url(f"{self.me.addresses.portal}/**")


async def at_screen(browser: Browser, stage: Stage, *, scripted: bool) -> tuple[BrowserContext, Clicker]:
    context = await browser.new_context(
        locale="de-DE", viewport={"width": 1280, "height": 900}, java_script_enabled=scripted,
        reduced_motion="reduce",
    )  # fmt: skip
    return context, Clicker(await context.new_page(), newcomer(stage), scripted=scripted)


async def downloaded(clicker: Clicker, folder: Path) -> bytes:
    link = clicker.tab.get_by_role("link", name=PERMIT)
    async with clicker.tab.expect_download() as coming:
        await link.click()
    path = folder / "permit.pdf"
    await (await coming.value).save_as(path)
    return path.read_bytes()


class TestACitizenWithAScreen:
    async def test_watches_the_permit_come_without_touching_anything(
        self, browser: Browser, stage: Stage, listener: Listener, books: Books, tmp_path: Path
    ) -> None:
        context, citizen = await at_screen(browser, stage, scripted=True)
        await citizen.registers()
        await citizen.signs_in()
        await citizen.applies()
        asked: list[str] = []
        citizen.tab.on("request", lambda request: asked.append(request.url))
        with stage.standing_still("documents"):  # nothing is ready before the citizen looks
            await citizen.pays()
            await expect(citizen.tab.get_by_text("Geprüft und bewilligt")).to_be_visible(timeout=15_000)
            await expect(citizen.tab.get_by_role("link", name=PERMIT)).to_have_count(0)
        await expect(citizen.tab.get_by_role("link", name=PERMIT)).to_be_visible(timeout=30_000)
        await expect(citizen.tab.locator("#announce")).to_contain_text("Fertig!", timeout=15_000)
        assert any("/ereignisse" in url for url in asked), "the page listened to no events"
        await books.settled()
        await citizen.looks_at(f"/vorgang/{citizen.me.case_id}")
        assert (await downloaded(citizen, tmp_path)).startswith(b"%PDF")
        await citizen.looks_at("/vorgaenge")
        await citizen.looks_at("/")
        assert citizen.complaints == []
        await context.close()
        await books.assert_balanced()


class TestACitizenWithoutJavaScript:
    async def test_gets_the_permit_all_the_same(
        self, browser: Browser, stage: Stage, listener: Listener, tmp_path: Path
    ) -> None:
        context, citizen = await at_screen(browser, stage, scripted=False)
        await citizen.registers()
        await citizen.signs_in()
        await citizen.applies()
        await citizen.pays()
        await listener.wait_for("applications.application_completed.v1", citizen.me.case_id)
        for _ in range(20):
            if await citizen.tab.get_by_role("link", name=PERMIT).count():
                break
            await citizen.tab.get_by_role("link", name="Stand aktualisieren").click()
        assert (await downloaded(citizen, tmp_path)).startswith(b"%PDF")
        assert citizen.complaints == []
        await context.close()
