"""The sandbox's HTTP, for people and scripts; a real bank has nothing like it. `control` has more of it.

GET  / → the account, and a form for a payer · POST /transfer, /next-day (forms) → back to it
POST /sandbox/transfers {"name", "iban", "amount_cents", "text", "reference"?} → 201 · 400
POST /sandbox/payouts {"name", "iban", "amount_cents", "text"} → 201 · 400: the town transfers to somebody
POST /sandbox/days {"count"?: 1} → what each day brought · POST /sandbox/work → what today has to be done
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.bank.bank import Bank
from deploy.local.sandbox.bank.book import Book
from deploy.local.sandbox.bank.control import Control
from deploy.local.sandbox.bank.settings import Settings

MOST_DAYS = 400
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox bank</title>
<style>body{{font:1rem/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}}label{{display:block}}
input{{width:100%;font:inherit}}td,th{{text-align:left;padding:.2rem 1rem .2rem 0}}</style>
<h1>Sandbox bank</h1><p>{day}, account {iban}, balance {balance}</p>
<h2>Pay the town</h2><form method="post" action="/transfer">
<label>Name <input name="name" required value="Ada Lovelace"></label>
<label>IBAN <input name="iban" value="DE89370400440532013000"></label>
<label>Euro <input name="amount" required inputmode="decimal" value="30.60"></label>
<label>Text <input name="text" maxlength="140"></label><button>Transfer</button></form>
<h2>The day</h2><p>What was transferred today is told to the town when the day ends.</p>
<form method="post" action="/next-day"><button>Go to the next day</button></form>
<h2>Entries</h2><table><tr><th>Day<th>Euro<th>Kind<th>Who<th>Text</tr>{rows}</table></html>"""


Alone = Callable[[Callable[[], Any]], Awaitable[Any]]


def create_app(settings: Settings) -> Starlette:
    """One lock: the bank does one thing at a time."""
    book = Book(settings.state, settings.day)
    bank = Bank(settings, book)
    lock = asyncio.Lock()

    async def alone(work: Callable[[], Any]) -> Any:
        async with lock:
            return await asyncio.to_thread(work)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        book.close()

    people, scripts = _for_people(bank, book, settings.iban, alone), _for_scripts(bank, book, alone)
    return Starlette(routes=[*people, *scripts, *Control(bank, book).routes()], lifespan=lifespan)


def _for_people(bank: Bank, book: Book, iban: str, alone: Alone) -> list[Route]:
    async def page(_request: Request) -> Response:
        rows = "".join(
            f"<tr><td>{e['day']}<td>{e['cents'] / 100:.2f}<td>{e['kind']}<td>{escape(e['name'])}"
            f"<td>{escape(e['text'])}</tr>"
            for e in reversed(book.entries())
        )
        total = f"{book.balance(date.max) / 100:.2f}"
        return HTMLResponse(_PAGE.format(day=book.day, iban=iban, balance=total, rows=rows))

    async def pay(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        try:
            cents = int(Decimal(form.get("amount", "").replace(",", ".")) * 100)
            given = form.get("name", ""), form.get("iban", ""), cents, form.get("text", "")
            await alone(lambda: bank.transfer(*given))
        except (ValueError, ArithmeticError) as wrong:
            return HTMLResponse(escape(str(wrong)), 400)
        return RedirectResponse("/", 303)

    async def go_on(_request: Request) -> Response:
        await alone(bank.next_day)
        return RedirectResponse("/", 303)

    return [
        Route("/", page),
        Route("/transfer", pay, methods=["POST"]),
        Route("/next-day", go_on, methods=["POST"]),
    ]


def _for_scripts(bank: Bank, book: Book, alone: Alone) -> list[Route]:
    def moves(move: Callable[..., Any], *more: str) -> Callable[[Request], Awaitable[Response]]:
        """Money in or out; `more` may be said as well."""

        async def endpoint(request: Request) -> Response:
            try:
                said = json.loads(await request.body())
                given = str(said["name"]), str(said["iban"]), int(said["amount_cents"]), str(said["text"])
                await alone(lambda: move(*given, *(str(said.get(name, "")) for name in more)))
            except (ValueError, KeyError, TypeError) as wrong:
                return JSONResponse({"error": str(wrong)}, 400)
            return JSONResponse({"day": book.day.isoformat()}, 201)

        return endpoint

    async def days(request: Request) -> Response:
        try:
            count = int(json.loads(await request.body() or b"{}").get("count", 1))
        except (ValueError, TypeError, AttributeError):
            return JSONResponse({"error": "count is a number"}, 400)
        found = [await alone(bank.next_day) for _ in range(min(max(count, 1), MOST_DAYS))]
        return JSONResponse({"days": found})

    async def work(_request: Request) -> Response:
        return JSONResponse(await alone(bank.work))

    return [
        Route("/sandbox/transfers", moves(bank.transfer, "reference"), methods=["POST"]),
        Route("/sandbox/payouts", moves(bank.pay_out), methods=["POST"]),
        Route("/sandbox/days", days, methods=["POST"]),
        Route("/sandbox/work", work, methods=["POST"]),
    ]
