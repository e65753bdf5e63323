"""Pages in a real browser: usable by keyboard, silent on the console, live."""

import pytest
from playwright.async_api import Page, expect

from tests.chromium import RING

pytestmark = pytest.mark.browser


class TestKeyboard:
    @pytest.mark.parametrize("name", ["start", "form", "payment", "case-file"])
    async def test_sees_where_it_is(self, page: Page, preview: str, name: str) -> None:
        await page.goto(f"{preview}/{name}")
        for _ in range(25):
            await page.keyboard.press("Tab")
            ring = await page.evaluate(RING)
            assert ring in {"ring", "body"}

    async def test_skips_to_the_content_first(self, page: Page, preview: str) -> None:
        await page.goto(f"{preview}/form")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "content"

    async def test_follows_the_error_summary_to_the_field(self, page: Page, preview: str) -> None:
        await page.goto(f"{preview}/form-errors")
        await page.click(".summary__list a >> nth=0")
        assert await page.evaluate("location.hash") == "#plate"


class TestPolicy:
    @pytest.mark.parametrize("name", ["start", "form", "case-done", "scanner"])
    async def test_breaks_nothing_on_a_page(self, page: Page, preview: str, name: str) -> None:
        refused: list[str] = []
        page.on(
            "console", lambda said: refused.append(said.text) if "Content Security" in said.text else None
        )
        await page.goto(f"{preview}/{name}")
        assert refused == []
        family = await page.evaluate(
            "document.fonts.ready.then(() => document.fonts.check('16px \"Fira Sans\"'))"
        )
        assert family is True


class TestLivePage:
    async def test_follows_the_stream_until_it_is_done(self, page: Page, preview: str) -> None:
        stream = (
            "event: steps\ndata: <ol><li>Neu</li></ol>\n\n"
            "event: announce\ndata: Gleich fertig\n\n"
        )  # fmt: skip
        await page.route(
            "**/ereignisse", lambda route: route.fulfill(body=stream, content_type="text/event-stream")
        )
        await page.goto(f"{preview}/case")
        await expect(page.locator("#announce")).to_have_text("Gleich fertig")
        assert await page.inner_html("[data-live]") == "<ol><li>Neu</li></ol>"
