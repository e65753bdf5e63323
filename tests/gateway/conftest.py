"""The built assets and a preview server for the gateway's tests."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from playwright.async_api import Browser, Page

from gateway.assets.build import build
from gateway.assets.packages import AssetsNotInstalled
from gateway.assets.serving import Assets
from gateway.preview.app import preview_app
from tests.chromium import chromium


@pytest.fixture(scope="session")
def assets() -> Assets:
    try:
        build()
    except AssetsNotInstalled as problem:
        pytest.skip(f"web assets: {problem}")
    return Assets()


@pytest.fixture(scope="session")
async def preview(assets: Assets) -> AsyncIterator[str]:
    """The address of a running preview."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(preview_app(assets), port=port, log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


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


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})
    yield await context.new_page()
    await context.close()
