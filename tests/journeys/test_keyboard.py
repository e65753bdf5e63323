"""The permit without a mouse: every step by Tab, arrows, Space and Enter, the focus always in sight."""

import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from tests.chromium import RING, chromium
from tests.journeys.conftest import Arrive
from tests.journeys.people import Resident
from tests.journeys.stage import Stage

pytestmark = [pytest.mark.integration, pytest.mark.browser]
FAR: Final = 80
"""Stops after which a thing counts as out of the keyboard's reach."""
NAME: Final = """() => {
    const one = document.activeElement;
    const labels = [...(one.labels ?? [])].map((label) => label.textContent).join(' ');
    return labels || one.ariaLabel || one.textContent;
}"""


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as instance:
        yield instance


class Typist:
    """Somebody whose hands stay on the keyboard."""

    def __init__(self, tab: Page) -> None:
        self.tab, self.keys = tab, tab.keyboard

    async def reaches(self, name: str, kind: str = "*") -> None:
        """Tabs on to what has this name; wherever the focus goes, it can be seen."""
        for _ in range(FAR):
            await self.keys.press("Tab")
            assert await self.tab.evaluate(RING) in {"ring", "body"}
            fits = await self.tab.evaluate("(kind) => document.activeElement.matches(kind)", kind)
            if fits and name in await self.tab.evaluate(NAME):
                return
        raise AssertionError(f"{name} is out of the keyboard's reach on {self.tab.url}")

    async def types(self, name: str, text: str) -> None:
        await self.reaches(name, "input, textarea")
        await self.keys.press("Control+A")
        await self.keys.type(text)

    async def dates(self, name: str, day: date) -> None:
        """A date field takes day, month and year in the order of the browser's own language."""
        await self.reaches(name, "input[type=date]")
        for order in ("%d%m%Y", "%m%d%Y"):
            for _ in range(3):
                await self.keys.press("ArrowLeft")
            await self.keys.type(day.strftime(order))
            if await self.tab.evaluate("document.activeElement.value") == day.isoformat():
                return
        raise AssertionError(f"{name} takes no date by keyboard")

    async def chooses(self, name: str) -> None:
        """A radio button: Tab into the group, arrows to the choice."""
        group = await self.tab.get_by_role("radio", name=name).get_attribute("name")
        while not await self.tab.evaluate("(group) => document.activeElement.name === group", group):
            await self.keys.press("Tab")
        await self.keys.press("Space")
        for _ in range(10):
            if name in await self.tab.evaluate(NAME):
                return
            await self.keys.press("ArrowDown")
        raise AssertionError(f"{name} cannot be chosen by keyboard")

    async def presses(self, name: str) -> None:
        await self.reaches(name, "a, button")
        async with self.tab.expect_navigation():
            await self.keys.press("Enter")


async def at_keyboard(browser: Browser, resident: Resident) -> Typist:
    context = await browser.new_context(locale="de-DE", reduced_motion="reduce")
    for one in resident.browser.http.cookies.jar:
        await context.add_cookies(
            [{"name": one.name, "value": one.value or "", "url": resident.addresses.portal}]
        )
    return Typist(await context.new_page())


class TestThePermitByKeyboard:
    async def test_is_applied_for_and_paid(self, browser: Browser, stage: Stage, arrive: Arrive) -> None:
        resident = await arrive()
        me = await at_keyboard(browser, resident)
        await me.tab.goto(f"{stage.addresses.portal}/dienste/bewohnerparkausweis")
        await me.presses("Jetzt beantragen")
        await me.presses("Weiter: Angaben prüfen")
        assert await me.tab.evaluate("document.activeElement.id") == "problems"
        answers = resident._answers()
        await me.chooses("In Deutschland")
        await me.types("Kennzeichen", resident.citizen.plate)
        await me.chooses("Das Fahrzeug ist auf mich zugelassen")
        await me.dates("Gültig ab", date.fromisoformat(str(answers["start"])))
        await me.types("Dauer in Monaten", str(answers["months"]))
        for name in ("holder_declaration", "register_consent", "truth_declaration"):
            await me.reaches("", f"input[name={name}]")
            await me.keys.press("Space")
        await me.presses("Weiter: Angaben prüfen")
        await me.presses("Antrag verbindlich absenden")
        await me.tab.wait_for_url(re.compile(r"/vorgang/[0-9a-f-]{36}/bezahlen"))
        resident.case_id = urlsplit(me.tab.url).path.split("/")[2]
        await resident._payment_page()
        await me.tab.reload()
        await me.chooses("Wero")
        await me.presses("bezahlen")
        assert me.tab.url.startswith(resident.addresses.bank)
        await me.tab.context.close()
        await resident.pay()
