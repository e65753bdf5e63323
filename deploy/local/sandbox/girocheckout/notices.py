"""Sends notifications as the provider does: GET; 200 taken, 400 rejected for good, anything else repeated."""

import asyncio
import logging
import time

import httpx

from deploy.local.sandbox.girocheckout.bank import Bank
from deploy.local.sandbox.girocheckout.book import Book, Notice

REPEATS = 10
_FINAL = frozenset({200, 400})
_log = logging.getLogger("sandbox.girocheckout")


class Announcer:
    """Runs until cancelled. What was not delivered stays in the book and is sent after the next start."""

    def __init__(self, book: Book, retry_seconds: float) -> None:
        self._book = book
        self._retry_seconds = retry_seconds
        self._changed = asyncio.Event()
        self._on_the_way: dict[int, asyncio.Task[None]] = {}

    def wake(self) -> None:
        self._changed.set()

    async def run(self, bank: Bank) -> None:
        async with httpx.AsyncClient(timeout=10.0, trust_env=False, follow_redirects=False) as http:
            try:
                while True:
                    self._changed.clear()
                    self._send_due(bank, http)
                    await self._pause()
            finally:
                for task in self._on_the_way.values():
                    task.cancel()

    def _send_due(self, bank: Bank, http: httpx.AsyncClient) -> None:
        for notice in self._book.due(time.time()):
            if notice.number not in self._on_the_way:
                self._on_the_way[notice.number] = asyncio.create_task(self._deliver(notice, bank, http))

    async def _pause(self) -> None:
        due = self._book.next_due()
        wait = 60.0 if due is None else max(due - time.time(), 0.05)
        try:
            await asyncio.wait_for(self._changed.wait(), wait)
        except TimeoutError:
            return

    async def _deliver(self, notice: Notice, bank: Bank, http: httpx.AsyncClient) -> None:
        try:
            answer = await self._send(self._address(notice, bank), http)
            done = answer in _FINAL or notice.tries >= REPEATS
            self._book.answered(notice, answer, done=done, due_at=time.time() + self._retry_seconds)
            _log.info("notification %s of %s answered %s", notice.number, notice.reference, answer)
        finally:
            del self._on_the_way[notice.number]
            self.wake()

    def _address(self, notice: Notice, bank: Bank) -> str:
        if not notice.books:
            return notice.url
        paid = bank.pay_after_all(notice.reference)
        return bank.announcement(paid, paid.urls["notify"])

    async def _send(self, url: str, http: httpx.AsyncClient) -> int | None:
        try:
            return (await http.get(url)).status_code
        except httpx.HTTPError:
            return None
