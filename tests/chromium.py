"""The real browser of the tests: how it is found and started, and how it judges a page."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, Page, async_playwright

from gateway.assets.places import AXE

QUIET: Final = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice"]
OPTIONS: Final = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """A running Chromium; the test is skipped where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=[*QUIET.split(), *arguments])
        yield browser
        await browser.close()


async def barriers(tab: Page) -> list[tuple[str, list[list[str]]]]:
    """What axe finds wrong with the page as it is now: the rule, and the first places that break it."""
    if not await tab.evaluate("'axe' in window"):
        await tab.evaluate(AXE.read_text())
    result = await tab.evaluate("options => axe.run(document, options)", OPTIONS)
    return [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in result["violations"]]


RING: Final = """() => {
    let one = document.activeElement;
    if (one === document.body) return 'body';
    for (; one; one = one.parentElement) {
        const style = getComputedStyle(one), after = getComputedStyle(one, '::after');
        if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) return 'ring';
        if (after.outlineStyle !== 'none' && parseFloat(after.outlineWidth) >= 2) return 'ring';
        if (/0px 0px 0px [36]px/.test(style.boxShadow)) return 'ring';
    }
    return document.activeElement.outerHTML.slice(0, 200);
}"""
"""Run on a page: "ring" where the focused element can be seen to have the focus, else the element."""
