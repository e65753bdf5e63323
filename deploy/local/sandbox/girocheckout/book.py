"""The bank's own book: transactions, entries and notifications in one SQLite file that survives a restart."""

import json
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deploy.local.sandbox.girocheckout.faults import NORMAL, Fault
from deploy.local.sandbox.settlement import ENTRY_COLUMNS, add_columns

_SCHEMA = """
create table if not exists transactions (
  reference text primary key, project integer not null, kind text not null, parent text,
  merchant_tx_id text not null, amount_cents integer not null, currency text not null, purpose text not null,
  kassenzeichen text not null, urls text not null, fault text not null,
  state text not null, code integer not null, backend_tx_id text not null, unknown_left integer not null,
  opened_at real not null, decided_at real, unique (project, merchant_tx_id)
);
create table if not exists entries (
  number integer primary key, at real not null, reference text not null, amount_cents integer not null,
  currency text not null, text text not null
);
create table if not exists notices (
  number integer primary key autoincrement, reference text not null, url text not null,
  books integer not null,
  due_at real not null, tries integer not null default 0, answer integer, done integer not null default 0
);
"""


@dataclass(frozen=True)
class Transaction:
    """`amount_cents` is what was asked for until the payer has decided, then what was booked. `code` is the
    provider's result code; `urls` maps redirect, fail, back, notify to addresses, a missing one to ""."""

    reference: str
    project: int
    kind: str
    merchant_tx_id: str
    amount_cents: int
    currency: str
    purpose: str
    kassenzeichen: str
    urls: dict[str, str]
    opened_at: float
    parent: str | None = None
    fault: Fault = NORMAL
    state: str = "open"
    code: int = 4500
    backend_tx_id: str = ""
    unknown_left: int = 0
    decided_at: float | None = None

    def become(self, **changes: Any) -> "Transaction":
        return replace(self, **changes)


@dataclass(frozen=True)
class Notice:
    """`books`: when it falls due the transaction is paid first (a success after the payer had cancelled)."""

    number: int
    reference: str
    url: str
    books: bool
    tries: int


class Duplicate(Exception):
    """This project has used this merchantTxId before."""


class Book:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            folder / "girocheckout.sqlite", isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + _SCHEMA)
        add_columns(self._db, "entries", ENTRY_COLUMNS)

    def clear(self) -> None:
        for table in ("transactions", "entries", "notices"):
            self._db.execute(f"delete from {table}")  # noqa: S608

    def close(self) -> None:
        self._db.close()

    def open(self, transaction: Transaction) -> None:
        """Raises Duplicate."""
        values = _row(transaction)
        try:
            self._db.execute(
                f"insert into transactions ({', '.join(values)}) values ({', '.join('?' * len(values))})",  # noqa: S608
                tuple(values.values()),
            )
        except sqlite3.IntegrityError:
            raise Duplicate from None

    def save(self, transaction: Transaction) -> None:
        values = _row(transaction)
        self._db.execute(
            f"update transactions set {', '.join(f'{name} = ?' for name in values)} where reference = ?",  # noqa: S608
            (*values.values(), transaction.reference),
        )

    def find(self, reference: str) -> Transaction | None:
        row = self._db.execute("select * from transactions where reference = ?", (reference,)).fetchone()
        return _transaction(row) if row else None

    def transactions(self) -> list[Transaction]:
        rows = self._db.execute("select * from transactions order by opened_at, reference").fetchall()
        return [_transaction(row) for row in rows]

    def given_back(self, reference: str) -> int:
        """Cents already refunded for a parent transaction."""
        row = self._db.execute(
            "select coalesce(sum(amount_cents), 0) from transactions where parent = ?", (reference,)
        ).fetchone()
        return int(row[0])

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
        """`kind` as statements name it: payment, refund, reversal or payout."""
        self._db.execute(
            "insert into entries (at, kind, reference, amount_cents, fee_cents, currency, text)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (at, kind, reference, amount_cents, fee_cents, currency, text),
        )

    def entries(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self._db.execute("select * from entries order by number")]

    def announce(self, reference: str, url: str, due_at: float, *, books: bool = False) -> None:
        self._db.execute(
            "insert into notices (reference, url, books, due_at) values (?, ?, ?, ?)",
            (reference, url, int(books), due_at),
        )

    def due(self, now: float) -> list[Notice]:
        rows = self._db.execute(
            "select * from notices where not done and due_at <= ? order by number", (now,)
        )
        return [Notice(r["number"], r["reference"], r["url"], bool(r["books"]), r["tries"]) for r in rows]

    def next_due(self) -> float | None:
        due: float | None = self._db.execute("select min(due_at) from notices where not done").fetchone()[0]
        return due

    def answered(self, notice: Notice, answer: int | None, *, done: bool, due_at: float) -> None:
        """`answer` is the HTTP status, None where there was none."""
        self._db.execute(
            "update notices set tries = tries + 1, answer = ?, done = ?, due_at = ? where number = ?",
            (answer, int(done), due_at, notice.number),
        )

    def notices(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self._db.execute("select * from notices order by number")]


def _row(transaction: Transaction) -> dict[str, Any]:
    values = dict(vars(transaction))
    values["urls"] = json.dumps(transaction.urls)
    values["fault"] = json.dumps(transaction.fault.as_json())
    return values


def _transaction(row: sqlite3.Row) -> Transaction:
    values = dict(row)
    return Transaction(
        **{**values, "urls": json.loads(values["urls"]), "fault": Fault.read(json.loads(values["fault"]))}
    )
