"""Puts the sandbox together: book, platform, the API, pages, control."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from deploy.local.sandbox.xbezahldienste.book import Book
from deploy.local.sandbox.xbezahldienste.calls import Calls
from deploy.local.sandbox.xbezahldienste.control import Control
from deploy.local.sandbox.xbezahldienste.pages import Pages
from deploy.local.sandbox.xbezahldienste.platform import Platform
from deploy.local.sandbox.xbezahldienste.settings import Settings


def create_app(settings: Settings) -> Starlette:
    book = Book(settings.state)
    platform = Platform(settings, book)
    calls = Calls(settings, platform)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        book.close()

    parts = (calls, Pages(platform, book), Control(platform, book, calls))
    return Starlette(routes=[route for part in parts for route in part.routes()], lifespan=lifespan)
