"""The platform's own book: payments in one SQLite file that survives a restart."""

import json
import sqlite3
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from deploy.local.sandbox.xbezahldienste.faults import NORMAL, Fault

_SCHEMA = """
create table if not exists payments (
  transaction_id text primary key, request_id text not null unique, at real not null, body text not null
);
"""


@dataclass(frozen=True)
class Payment:
    """`asked` is the request as it came, its amounts as texts; `booked_cents` what the payer has paid."""

    transaction_id: str
    request_id: str
    at: float
    asked: dict[str, Any]
    amount_cents: int
    status: str = "INITIAL"
    booked_cents: int = 0
    booked_at: float = 0.0
    initial_left: int = 0
    fault: Fault = NORMAL

    def become(self, **changes: Any) -> "Payment":
        return replace(self, **changes)


class Exists(Exception):
    """A payment of this request is in the book."""


class Book:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            folder / "xbezahldienste.sqlite", isolation_level=None, check_same_thread=False
        )
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + _SCHEMA)

    def clear(self) -> None:
        self._db.execute("delete from payments")

    def close(self) -> None:
        self._db.close()

    def open(self, payment: Payment) -> None:
        """Raises Exists."""
        try:
            self._db.execute(
                "insert into payments values (?, ?, ?, ?)",
                (payment.transaction_id, payment.request_id, payment.at, _text(payment)),
            )
        except sqlite3.IntegrityError:
            raise Exists from None

    def save(self, payment: Payment) -> None:
        self._db.execute(
            "update payments set body = ? where transaction_id = ?", (_text(payment), payment.transaction_id)
        )

    def find(self, transaction_id: str) -> Payment | None:
        return self._one("transaction_id", transaction_id)

    def of_request(self, request_id: str) -> Payment | None:
        return self._one("request_id", request_id)

    def payments(self) -> list[Payment]:
        rows = self._db.execute("select body from payments order by at, transaction_id").fetchall()
        return [_payment(row[0]) for row in rows]

    def _one(self, column: str, value: str) -> Payment | None:
        query = f"select body from payments where {column} = ?"  # noqa: S608
        row = self._db.execute(query, (value,)).fetchone()
        return _payment(row[0]) if row else None


def _text(payment: Payment) -> str:
    return json.dumps({**asdict(payment), "fault": payment.fault.as_json()})


def _payment(text: str) -> Payment:
    values = json.loads(text)
    return Payment(**{**values, "fault": Fault.read(values["fault"])})
