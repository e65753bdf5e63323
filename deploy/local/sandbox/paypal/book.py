"""PayPal's own book in one SQLite file: orders, captures, refunds, disputes, entries, webhooks; survives a
restart."""

import json
import sqlite3
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from deploy.local.sandbox.paypal.faults import NORMAL, Fault
from deploy.local.sandbox.settlement import ENTRY_COLUMNS, add_columns

_SCHEMA = """
create table if not exists documents (
  kind text not null, id text not null, at real not null, body text not null, primary key (kind, id)
);
create table if not exists requests (
  call text not null, request_id text not null, id text not null, primary key (call, request_id)
);
create table if not exists entries (
  number integer primary key, at real not null, reference text not null, amount_cents integer not null,
  currency text not null, text text not null
);
create table if not exists webhooks (
  number integer primary key autoincrement, event_id text not null, type text not null,
  transmission_id text not null, body blob not null, headers text not null,
  due_at real not null, tries integer not null default 0, answer integer, done integer not null default 0
);
"""


@dataclass(frozen=True)
class Order:
    """`status` is PayPal's; "GONE" where the payer let it expire, which PayPal no longer knows."""

    id: str
    at: float
    amount_cents: int
    currency: str
    reference_id: str
    custom_id: str
    invoice_id: str
    description: str
    return_url: str
    cancel_url: str
    brand_name: str
    with_source: bool
    status: str
    fault: Fault = NORMAL
    refused_once: bool = False
    bank_declines: bool = False

    def become(self, **changes: Any) -> "Order":
        return replace(self, **changes)


@dataclass(frozen=True)
class Capture:
    """`pending_left`: how many more readings say PENDING."""

    id: str
    at: float
    order_id: str
    amount_cents: int
    currency: str
    custom_id: str
    invoice_id: str
    status: str
    pending_left: int = 0

    def become(self, **changes: Any) -> "Capture":
        return replace(self, **changes)


@dataclass(frozen=True)
class Refund:
    id: str
    at: float
    capture_id: str
    amount_cents: int
    currency: str
    custom_id: str
    invoice_id: str
    note_to_payer: str
    status: str
    pending_left: int = 0

    def become(self, **changes: Any) -> "Refund":
        return replace(self, **changes)


@dataclass(frozen=True)
class Dispute:
    """A payer's complaint about a capture, whose money is taken back until it is decided; `outcome` is empty
    while it is open, `returned_cents` what the merchant has again."""

    id: str
    at: float
    capture_id: str
    amount_cents: int
    currency: str
    outcome: str = ""
    returned_cents: int = 0

    def become(self, **changes: Any) -> "Dispute":
        return replace(self, **changes)


@dataclass(frozen=True)
class Webhook:
    number: int
    event_id: str
    body: bytes
    headers: dict[str, str]
    tries: int


D = TypeVar("D", Order, Capture, Refund, Dispute)


class Book:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "paypal.sqlite", isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + _SCHEMA)
        add_columns(self._db, "entries", ENTRY_COLUMNS)

    def clear(self) -> None:
        for table in ("documents", "requests", "entries", "webhooks"):
            self._db.execute(f"delete from {table}")  # noqa: S608

    def close(self) -> None:
        self._db.close()

    def save(self, document: Order | Capture | Refund | Dispute) -> None:
        values = asdict(document)
        if isinstance(document, Order):
            values["fault"] = document.fault.as_json()
        self._db.execute(
            "insert into documents values (?, ?, ?, ?)"
            " on conflict (kind, id) do update set body = excluded.body",
            (type(document).__name__, document.id, document.at, json.dumps(values)),
        )

    def find(self, kind: type[D], document_id: str) -> D | None:
        row = self._db.execute(
            "select body from documents where kind = ? and id = ?", (kind.__name__, document_id)
        ).fetchone()
        return _document(kind, row["body"]) if row else None

    def all(self, kind: type[D]) -> list[D]:
        rows = self._db.execute(
            "select body from documents where kind = ? order by at, id", (kind.__name__,)
        ).fetchall()
        return [_document(kind, row["body"]) for row in rows]

    def remember(self, call: str, request_id: str, document_id: str) -> None:
        """The PayPal-Request-Id of a call and what it made; an empty id is nothing to remember."""
        if request_id:
            self._db.execute("insert into requests values (?, ?, ?)", (call, request_id, document_id))

    def remembered(self, call: str, request_id: str) -> str | None:
        row = self._db.execute(
            "select id from requests where call = ? and request_id = ?", (call, request_id)
        ).fetchone()
        return str(row["id"]) if row else None

    def enter(
        self,
        at: float,
        kind: str,
        reference: str,
        amount_cents: int,
        currency: str,
        text: str,
        fee_cents: int = 0,
    ) -> None:
        """`kind` as statements name it: payment, refund, reversal, payout or fee."""
        self._db.execute(
            "insert into entries (at, kind, reference, amount_cents, fee_cents, currency, text)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (at, kind, reference, amount_cents, fee_cents, currency, text),
        )

    def entries(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self._db.execute("select * from entries order by number")]

    def announce(self, event: dict[str, Any], body: bytes, headers: dict[str, str], due_at: float) -> None:
        self._db.execute(
            "insert into webhooks (event_id, type, transmission_id, body, headers, due_at)"
            " values (?, ?, ?, ?, ?, ?)",
            (
                event["id"],
                event["event_type"],
                headers["paypal-transmission-id"],
                body,
                json.dumps(headers),
                due_at,
            ),
        )

    def transmitted(self, transmission_id: str) -> Webhook | None:
        row = self._db.execute(
            "select * from webhooks where transmission_id = ?", (transmission_id,)
        ).fetchone()
        return _webhook(row) if row else None

    def due(self, now: float) -> list[Webhook]:
        rows = self._db.execute(
            "select * from webhooks where not done and due_at <= ? order by number", (now,)
        )
        return [_webhook(row) for row in rows]

    def next_due(self) -> float | None:
        due: float | None = self._db.execute("select min(due_at) from webhooks where not done").fetchone()[0]
        return due

    def answered(self, webhook: Webhook, answer: int | None, *, done: bool, due_at: float) -> None:
        """`answer` is the HTTP status, None where there was none."""
        self._db.execute(
            "update webhooks set tries = tries + 1, answer = ?, done = ?, due_at = ? where number = ?",
            (answer, int(done), due_at, webhook.number),
        )

    def webhooks(self) -> list[dict[str, Any]]:
        rows = self._db.execute("select * from webhooks order by number")
        return [
            {**dict(row), "body": row["body"].decode(), "headers": json.loads(row["headers"])} for row in rows
        ]


def _webhook(row: sqlite3.Row) -> Webhook:
    return Webhook(row["number"], row["event_id"], row["body"], json.loads(row["headers"]), row["tries"])


def _document(kind: type[D], body: str) -> D:
    values = json.loads(body)
    if "fault" in values:
        values["fault"] = Fault.read(values["fault"])
    return kind(**values)
