"""Puts the sandbox together: book, house, the provider's API, pages, control, sender of webhooks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from deploy.local.sandbox.paypal.authority import Authority
from deploy.local.sandbox.paypal.book import Book
from deploy.local.sandbox.paypal.calls import Calls
from deploy.local.sandbox.paypal.control import Control
from deploy.local.sandbox.paypal.house import House
from deploy.local.sandbox.paypal.pages import Pages
from deploy.local.sandbox.paypal.settings import Settings
from deploy.local.sandbox.paypal.webhooks import Messenger, Scribe


def create_app(settings: Settings) -> Starlette:
    book = Book(settings.state)
    scribe = Scribe(settings, book, Authority.kept_in(settings.authority))
    messenger = Messenger(book, scribe, settings.retry_seconds)
    house = House(book, scribe, messenger.wake)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        sending = asyncio.create_task(messenger.run())
        try:
            yield
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            book.close()

    calls = Calls(settings, house, book, scribe)
    parts = (
        calls,
        Pages(house, book, settings.public_url),
        Control(house, book, calls, scribe, messenger),
    )
    return Starlette(routes=[route for part in parts for route in part.routes()], lifespan=lifespan)
