"""A provider's account with the merchant: which day its book writes, and the statement of a span of days.

PUT /sandbox/day {"day": "2027-03-01"} → 204 · 400: entries are of that day from now on, and nothing else is
GET /sandbox/statement?from=2027-03-01&to=2027-03-31 → CSV `date;kind;reference;amount;fee;currency` · 400
POST /sandbox/payouts → {"reference", "amount_cents"}: all that it holds leaves for the merchant's bank · 409;
     the sandbox bank does not hear of it (not of the platform, whose book has payments alone)
"""

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock_time
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.control import body_of

HEADING = "date;kind;reference;amount;fee;currency"
_NOON = clock_time(12, tzinfo=UTC)


class Calendar:
    """Seconds since the epoch, as the book dates what it enters; the clock's own until it is told a day."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._ahead = 0.0

    def now(self) -> float:
        return self._clock() + self._ahead

    def come_back(self) -> None:
        """To the clock's own day."""
        self._ahead = 0.0

    def go_to(self, day: date) -> None:
        """It is noon of that day."""
        self._ahead = datetime.combine(day, _NOON).timestamp() - self._clock()


@dataclass(frozen=True)
class Row:
    """`kind` is payment, refund, reversal, payout or fee; what went back or out is negative. `fee_cents` was
    kept."""

    at: float
    kind: str
    reference: str
    amount_cents: int
    fee_cents: int
    currency: str

    @property
    def day(self) -> date:
        return datetime.fromtimestamp(self.at, UTC).date()

    def as_csv(self) -> str:
        amount = euros(self.amount_cents) if self.amount_cents else ""
        return f"{self.day};{self.kind};{self.reference};{amount};{euros(self.fee_cents)};{self.currency}"


def euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"


class Book(Protocol):
    """What pays out: its entries, the oldest first."""

    def entries(self) -> list[dict[str, Any]]: ...

    def enter(
        self, at: float, kind: str, reference: str, amount_cents: int, currency: str, text: str
    ) -> None: ...


class Statements:
    """The doors of who pays nothing out; `rows` gives all that was ever entered, the oldest first."""

    def __init__(self, calendar: Calendar, rows: Callable[[], Iterable[Row]]) -> None:
        self._calendar = calendar
        self._rows = rows

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/day", self._go_on, methods=["PUT"]),
            Route("/sandbox/statement", self._statement),
        ]

    async def _go_on(self, request: Request) -> Response:
        try:
            self._calendar.go_to(date.fromisoformat(str((await body_of(request)).get("day"))))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        return Response(status_code=204)

    async def _statement(self, request: Request) -> Response:
        try:
            first, last = (date.fromisoformat(request.query_params.get(name, "")) for name in ("from", "to"))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        rows = [row.as_csv() for row in self._rows() if first <= row.day <= last]
        return Response("\r\n".join([HEADING, *rows, ""]), media_type="text/csv; charset=utf-8")


class Settlement(Statements):
    """All doors, of a book that has entries."""

    def __init__(self, calendar: Calendar, book: Book) -> None:
        super().__init__(calendar, lambda: map(row_of, book.entries()))
        self._book = book

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/sandbox/payouts", self._pay_out, methods=["POST"])]

    async def _pay_out(self, _request: Request) -> Response:
        held = sum(row.amount_cents - row.fee_cents for row in self._rows())
        if held <= 0:
            return JSONResponse({"error": "it holds nothing"}, 409)
        reference = str(uuid.uuid4())
        self._book.enter(self._calendar.now(), "payout", reference, -held, "EUR", "PAYOUT")
        return JSONResponse({"reference": reference, "amount_cents": held})


def add_columns(db: sqlite3.Connection, table: str, columns: Mapping[str, str]) -> None:
    """To a book that was begun without them."""
    known = {row[1] for row in db.execute(f"pragma table_info({table})")}
    for name, kind in columns.items():
        if name not in known:
            db.execute(f"alter table {table} add column {name} {kind}")


ENTRY_COLUMNS = {"kind": "text not null default ''", "fee_cents": "integer not null default 0"}
"""Of a book's entries, for `row_of`."""


def row_of(entry: Mapping[str, Any]) -> Row:
    """An entry with these columns; one of before they were there has a kind by its sign."""
    kind = entry["kind"] or ("payment" if entry["amount_cents"] > 0 else "refund")
    return Row(
        entry["at"], kind, entry["reference"], entry["amount_cents"], entry["fee_cents"], entry["currency"]
    )
