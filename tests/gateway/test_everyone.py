"""Pages for everyone: accessible at every width, enlarged, without script or motion, in one language at a
time. A page is opened once in each language; each test looks at it in its own way.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, Page

from gateway.preview.samples import pages
from gateway.translations import Translator
from tests.chromium import barriers

pytestmark = pytest.mark.browser
NAMES = sorted(pages(Translator("de")))
WIDTHS = (1280, 320)
CUT_OFF: Final = """(limit) => {
    const cut = (one) => {  // a table in a region of its own may scroll, and so does what is typed in a line
        const style = getComputedStyle(one);
        const inside = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1;
        return inside && style.overflowX !== 'visible' && style.clipPath === 'none';
    };
    const own = [...document.querySelectorAll('body *:not(svg, svg *, input, [role=region])')].filter(cut);
    const { scrollWidth } = document.documentElement;
    const wide = scrollWidth > limit ? [`the page is ${scrollWidth}`] : [];
    return [...wide, ...own.map((one) => one.outerHTML.slice(0, 120))];
}"""
STYLED: Final = """(css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
}"""
SPACED: Final = """* { line-height: 1.5 !important; letter-spacing: .12em !important }
* { word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""
MOVING: Final = """() => {
    const moves = (one, part) => {
        const style = getComputedStyle(one, part || null);
        const slow = style.transitionDuration.split(',').some((span) => parseFloat(span) > 0.01);
        return style.animationName !== 'none' || slow;
    };
    const parts = ['', '::before', '::after'];
    const all = [...document.querySelectorAll('*')];
    return all.flatMap((one) => parts.filter((part) => moves(one, part)).map((part) => one.className + part));
}"""
SPOKEN: Final = """() => {
    const copy = document.documentElement.cloneNode(true);
    const apart = 'body [lang], script, noscript, input, textarea';
    for (const one of copy.querySelectorAll(apart)) one.remove();
    const named = [...copy.querySelectorAll('[aria-label], [placeholder], [data-column]')];
    const words = (one) => [one.ariaLabel, one.getAttribute('placeholder'), one.dataset.column];
    const said = named.flatMap(words);
    const templates = [...copy.querySelectorAll('template')].map((one) => one.content.textContent);
    return [document.title, copy.querySelector('body').textContent, ...said, ...templates].join(' ');
}"""
GERMAN: Final = r"\b(?:und|oder|nicht|ist|sind|Sie|Ihr|Ihre|der|die|das|für|mit|wird|noch)\b"
ENGLISH: Final = r"\b(?:and|or|not|is|are|you|your|the|of|for|with|will|yet|this)\b"


GROUND: Final = "getComputedStyle(document.body).backgroundColor"
DARK: Final = (
    "start", "service", "form-errors", "review", "payment", "payment-transfer", "payment-debit-errors",
    "case-done", "case-rejected", "case-suspended", "cases", "profile", "verdict-valid", "verdict-forged",
    "scanner", "worklist", "case-file", "cash-treasury", "cash-treasury-days", "cash-case", "cash-claim",
    "cash-reconciliation", "cash-provider-move-wrong", "work-money-second", "switches", "error-404",
)  # fmt: skip


@pytest.fixture(scope="module")
async def unscripted(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="de-DE", java_script_enabled=False)
    yield await context.new_page()
    await context.close()


@pytest.fixture(scope="module")
async def dark_tab(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="de-DE", reduced_motion="reduce", color_scheme="dark")
    yield await context.new_page()
    await context.close()


@pytest.fixture(scope="class")
async def german(tab: Page, preview: str, name: str) -> Page:
    """The page as it came, whatever looked at it before."""
    await tab.goto(f"{preview}/{name}")
    return tab


@pytest.fixture(scope="class")
async def english(other_tab: Page, preview: str, name: str) -> Page:
    await other_tab.goto(f"{preview}/en/{name}")
    return other_tab


@asynccontextmanager
async def styled(page: Page, css: str) -> AsyncIterator[None]:
    await page.evaluate(STYLED, css)
    try:
        yield
    finally:
        await page.evaluate(STYLED, "")


@pytest.mark.parametrize("name", NAMES, scope="class")
class TestEveryPage:
    async def test_is_accessible_and_fits_at_every_width(self, german: Page, name: str) -> None:
        for width in WIDTHS:
            await german.set_viewport_size({"width": width, "height": 900})
            assert await barriers(german) == [], f"{name} at {width}"
            assert await german.evaluate("document.documentElement.scrollWidth") <= width

    async def test_fits_the_narrowest_screen_in_english_too(self, english: Page) -> None:
        await english.set_viewport_size({"width": 320, "height": 640})
        assert await english.evaluate("document.documentElement.scrollWidth") <= 320

    async def test_holds_at_four_times_the_size(self, german: Page) -> None:
        await german.set_viewport_size({"width": 320, "height": 256})  # 1280 × 1024 at 400 %
        assert await german.evaluate(CUT_OFF, 320) == []

    async def test_holds_with_letters_twice_as_large(self, german: Page) -> None:
        await german.set_viewport_size({"width": 1280, "height": 900})
        async with styled(german, "html { font-size: 200% }"):
            assert await german.evaluate(CUT_OFF, 1280) == []

    async def test_holds_with_text_set_wide(self, german: Page) -> None:
        await german.set_viewport_size({"width": 320, "height": 640})
        async with styled(german, SPACED):
            assert await german.evaluate(CUT_OFF, 320) == []

    async def test_keeps_still_for_who_wants_it(self, german: Page) -> None:
        assert await german.evaluate(MOVING) == []

    async def test_speaks_one_language_at_a_time(self, german: Page, english: Page) -> None:
        for page, language, others in ((german, "de", ENGLISH), (english, "en", GERMAN)):
            assert await page.evaluate("document.documentElement.lang") == language
            assert re.findall(others, await page.evaluate(SPOKEN)) == []

    async def test_shows_nothing_dead_without_script(self, unscripted: Page, preview: str, name: str) -> None:
        await unscripted.goto(f"{preview}/{name}")
        loose = unscripted.locator("button:visible:not(form *), [role=button]:visible, a:visible:not([href])")
        assert await loose.count() == 0


class TestErrorSummary:
    @pytest.mark.parametrize("name", ["form-errors", "register-errors", "login-wrong", "verify-empty"])
    async def test_has_the_focus_when_the_page_comes(self, page: Page, preview: str, name: str) -> None:
        """A browser gives it with its next picture, which may come after the page."""
        await page.goto(f"{preview}/{name}")
        await page.wait_for_function("document.activeElement.id === 'problems'", timeout=10_000)

    async def test_leads_into_a_choice_as_into_a_field(self, page: Page, preview: str) -> None:
        await page.goto(f"{preview}/form-errors")
        for wanted in ("plate", "holder-own", "declaration"):
            link = page.locator(f".summary__list a[href='#{wanted}']")
            await link.focus()
            await page.keyboard.press("Enter")
            assert await page.evaluate("document.activeElement.id") == wanted


@pytest.mark.parametrize("name", DARK)
class TestInTheDark:
    async def test_can_be_read(self, dark_tab: Page, preview: str, name: str) -> None:
        await dark_tab.goto(f"{preview}/{name}")
        assert await dark_tab.evaluate(GROUND) == "rgb(16, 20, 31)"
        for width in WIDTHS:
            await dark_tab.set_viewport_size({"width": width, "height": 900})
            assert await barriers(dark_tab) == [], f"{name} at {width}"

    async def test_is_printed_on_white_paper(self, dark_tab: Page, preview: str, name: str) -> None:
        await dark_tab.goto(f"{preview}/{name}")
        await dark_tab.emulate_media(media="print")
        try:
            assert await dark_tab.evaluate(GROUND) == "rgb(255, 255, 255)"
            assert await barriers(dark_tab) == []
        finally:
            await dark_tab.emulate_media(media="screen")
