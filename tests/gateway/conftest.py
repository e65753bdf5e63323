"""The built assets and a preview server for the gateway's tests."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from playwright.async_api import Browser, Page

from gateway.assets.build import build
from gateway.assets.packages import AssetsNotInstalled
from gateway.assets.serving import Assets
from gateway.preview.app import preview_app
from gateway.rendering import Renderer
from tests.chromium import chromium
from tests.serving import listening


@pytest.fixture(scope="session")
def assets() -> Assets:
    try:
        build()
    except AssetsNotInstalled as problem:
        pytest.skip(f"web assets: {problem}")
    return Assets()


@pytest.fixture(scope="session", autouse=True)
def templates_read_once() -> Iterator[None]:
    """One renderer for every gateway of the session: to compile the templates takes longer than a test."""
    made: list[Renderer] = []

    def one(asset: Callable[[str], str]) -> Renderer:
        if not made:
            made.append(Renderer(asset))
        return made[0]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gateway.portal.Renderer", one)
        yield


@pytest.fixture(scope="session")
async def preview(assets: Assets) -> AsyncIterator[str]:
    """The address of a running preview."""
    async with listening(preview_app(assets)) as address:
        yield address


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as instance:
        yield instance


@pytest.fixture(scope="session")
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """One tab for the many looks at pages that keep nothing."""
    context = await browser.new_context(locale="de-DE", reduced_motion="reduce")
    yield await context.new_page()
    await context.close()


@pytest.fixture(scope="session")
async def other_tab(browser: Browser) -> AsyncIterator[Page]:
    """As `tab`, beside it."""
    context = await browser.new_context(locale="de-DE", reduced_motion="reduce")
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})
    yield await context.new_page()
    await context.close()
