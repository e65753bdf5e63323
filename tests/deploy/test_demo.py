"""The demo's citizen pays as told, and says plainly where that is not possible."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from deploy.local.demo.browser import Page, PageRefused
from deploy.local.demo.main import METHODS, main
from deploy.local.demo.paying import by_transfer
from deploy.local.sandbox.bank.app import create_app
from deploy.local.sandbox.bank.settings import Settings
from deploy.local.secrets import GIROCHECKOUT_PROJECTS
from tests.serving import serving

FACTS = "<dt>Zu zahlen</dt><dd>30,60\u00a0€</dd><dt>Verwendungszweck</dt><dd>47112600000122</dd>"


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[str]:
    iban = "DE02120300000000202051"
    with serving(create_app(Settings(tmp_path, tmp_path / "files", iban, date(2026, 12, 8)))) as url:
        yield url


def page(text: str) -> Page:
    return Page("http://portal.test/vorgang/1/ueberweisung", 200, text)


class TestTheMethod:
    def test_is_any_that_the_local_portal_offers(self) -> None:
        assert set(METHODS) == {*GIROCHECKOUT_PROJECTS, "transfer"}

    def test_that_is_none_is_refused_before_anything_starts(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as refused:
            main(["--method", "shells"])
        assert refused.value.code == 2
        assert "transfer" in capsys.readouterr().err


class TestATransfer:
    async def test_is_of_what_the_page_says_and_told_the_next_day(self, bank: str) -> None:
        await by_transfer(page(FACTS), bank, "Ada Lovelace")
        async with httpx.AsyncClient(base_url=bank) as http:
            book = (await http.get("/sandbox/book")).json()
        [entry] = book["entries"]
        assert (entry["cents"], entry["text"], book["day"]) == (3060, "47112600000122", "2026-12-09")

    async def test_of_a_page_that_says_nothing_is_refused(self, bank: str) -> None:
        with pytest.raises(PageRefused, match="Zu zahlen"):
            await by_transfer(page("<p>Bezahlen</p>"), bank, "Ada Lovelace")
