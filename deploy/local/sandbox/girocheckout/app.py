"""Puts the sandbox together: book, bank, the provider's API, pages, control, sender of notifications."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from deploy.local.sandbox.girocheckout.bank import Bank
from deploy.local.sandbox.girocheckout.book import Book
from deploy.local.sandbox.girocheckout.calls import Calls
from deploy.local.sandbox.girocheckout.control import Control
from deploy.local.sandbox.girocheckout.notices import Announcer
from deploy.local.sandbox.girocheckout.pages import Pages
from deploy.local.sandbox.girocheckout.settings import Settings


def create_app(settings: Settings) -> Starlette:
    book = Book(settings.state)
    announcer = Announcer(book, settings.retry_seconds)
    bank = Bank(settings, book, announcer.wake)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        sending = asyncio.create_task(announcer.run(bank))
        try:
            yield
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            book.close()

    parts = (Calls(settings, bank, book), Pages(bank, book), Control(settings, bank, book))
    return Starlette(routes=[route for part in parts for route in part.routes()], lifespan=lifespan)
