"""The bank's own book: debits handed in, entries of the account, the day; one SQLite file."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from deploy.local.sandbox.bank.faults import Fault

_SCHEMA = """
create table if not exists clock (day text not null, statement integer not null);
create table if not exists files (message_id text primary key, name text not null);
create table if not exists debits (
  reference text primary key, message_id text not null, batch text not null, cents integer not null,
  due text not null, iban text not null, name text not null, mandate text not null,
  state text not null, code text not null default ''
);
create table if not exists entries (
  number integer primary key autoincrement, day text not null, cents integer not null, kind text not null,
  name text not null default '', iban text not null default '', text text not null default '',
  reference text not null default '', mandate text not null default '', code text not null default '',
  original integer not null default 0, batch text not null default '', count integer not null default 1
);
create table if not exists courses (of text primary key, fault text not null);
create table if not exists put_off (
  number integer primary key autoincrement, day text not null, name text not null, content blob not null
);
"""


@dataclass(frozen=True)
class Debit:
    """One debit as the town's file says it; `state` is taken, rejected, booked or returned."""

    reference: str
    message_id: str
    batch: str
    cents: int
    due: str
    iban: str
    name: str
    mandate: str
    state: str = "taken"
    code: str = ""


class Book:
    def __init__(self, folder: Path, day: date) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "bank.sqlite", isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + _SCHEMA)
        if not self._db.execute("select 1 from clock").fetchone():
            self._db.execute("insert into clock values (?, 0)", (day.isoformat(),))

    def clear(self) -> None:
        """Everything but the day and the number of the last statement."""
        for table in ("files", "debits", "entries", "courses", "put_off"):
            self._db.execute(f"delete from {table}")  # noqa: S608

    def close(self) -> None:
        self._db.close()

    @property
    def day(self) -> date:
        return date.fromisoformat(self._db.execute("select day from clock").fetchone()[0])

    def go_to(self, day: date) -> None:
        self._db.execute("update clock set day = ?", (day.isoformat(),))

    def next_statement(self) -> int:
        self._db.execute("update clock set statement = statement + 1")
        return int(self._db.execute("select statement from clock").fetchone()[0])

    def knows(self, message_id: str) -> bool:
        """Whether this file was handed in before."""
        row = self._db.execute("select 1 from files where message_id = ?", (message_id,)).fetchone()
        return row is not None

    def take(self, message_id: str, name: str, debits: list[Debit]) -> None:
        self._db.execute("insert into files values (?, ?)", (message_id, name))
        values = [tuple(vars(debit).values()) for debit in debits]
        self._db.executemany("insert into debits values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def debits(self, state: str, due_by: date | None = None) -> list[Debit]:
        until = due_by.isoformat() if due_by else "9999"
        rows = self._db.execute(
            "select * from debits where state = ? and due <= ? order by batch, reference", (state, until)
        )
        return [Debit(**dict(row)) for row in rows]

    def move(self, reference: str, state: str, code: str = "") -> None:
        self._db.execute(
            "update debits set state = ?, code = ? where reference = ?", (state, code, reference)
        )

    def group(self, batch: str) -> list[Debit]:
        """The debits of a group whose money came, also where it went back since."""
        rows = self._db.execute(
            "select * from debits where batch = ? and state in ('booked', 'returned') order by reference",
            (batch,),
        )
        return [Debit(**dict(row)) for row in rows]

    def of_account(self, iban: str) -> list[Debit]:
        rows = self._db.execute("select * from debits where iban = ? order by due, reference", (iban,))
        return [Debit(**dict(row)) for row in rows]

    def give_course(self, of: str, fault: Fault) -> None:
        """To a debit, by its reference, or to an account, by its IBAN."""
        self._db.execute("insert or replace into courses values (?, ?)", (of, json.dumps(fault.as_json())))

    def course(self, of: str) -> Fault | None:
        row = self._db.execute("select fault from courses where of = ?", (of,)).fetchone()
        return Fault.read(json.loads(row["fault"])) if row else None

    def put_off(self, name: str, content: bytes, day: date) -> None:
        self._db.execute(
            "insert into put_off (day, name, content) values (?, ?, ?)", (day.isoformat(), name, content)
        )

    def take_due(self) -> list[tuple[str, bytes]]:
        """Files whose day has come; they lie here no more."""
        rows = self._db.execute(
            "delete from put_off where day <= ? returning number, name, content", (self.day.isoformat(),)
        ).fetchall()
        return [(row["name"], row["content"]) for row in sorted(rows, key=lambda row: int(row["number"]))]

    def enter(self, cents: int, kind: str, **said: Any) -> None:
        """An entry of today; `kind` is transfer, sent, collection or return."""
        values = {"day": self.day.isoformat(), "cents": cents, "kind": kind, **said}
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self._db.execute(f"insert into entries ({names}) values ({marks})", tuple(values.values()))  # noqa: S608

    def entries(self, day: date | None = None) -> list[dict[str, Any]]:
        where, values = ("where day = ?", (day.isoformat(),)) if day else ("", ())
        rows = self._db.execute(f"select * from entries {where} order by number", values)  # noqa: S608
        return [dict(row) for row in rows]

    def balance(self, before: date) -> int:
        """Cents on the account at the end of the day before."""
        row = self._db.execute(
            "select coalesce(sum(cents), 0) from entries where day < ?", (before.isoformat(),)
        ).fetchone()
        return int(row[0])
