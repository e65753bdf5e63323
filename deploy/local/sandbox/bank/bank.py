"""What the bank does: takes files of debits, refuses, collects when due, returns, writes statements."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from deploy.local.sandbox.bank.book import Book, Debit
from deploy.local.sandbox.bank.messages import Unreadable, read_debits, statement, status_report
from deploy.local.sandbox.bank.settings import Settings

RETURN_AFTER = timedelta(days=2)


class Bank:
    def __init__(self, settings: Settings, book: Book) -> None:
        self._settings = settings
        self._book = book
        self._out, self._in = settings.folder / "out", settings.folder / "in"
        for part in (self._out / "taken", self._in):
            part.mkdir(parents=True, exist_ok=True)

    def take_files(self) -> list[dict[str, Any]]:
        """Whatever the town has handed in: answered, and moved aside."""
        paths = sorted(path for path in self._out.iterdir() if path.is_file() and path.suffix == ".xml")
        return [self._take(path) for path in paths]

    def _take(self, path: Path) -> dict[str, Any]:
        try:
            message_id, debits = read_debits(path.read_bytes())
        except Unreadable as wrong:
            path.replace(self._out / "taken" / f"unreadable-{path.name}")
            return {"file": path.name, "unreadable": str(wrong)}
        judged = [self._judged(debit) for debit in debits]
        rejected = [debit for debit in judged if debit.state == "rejected"]
        if self._book.take(message_id, path.name, judged):
            report = status_report(
                message_id, rejected, day=self._book.day, all_rejected=len(rejected) == len(judged)
            )
            self._leave(f"pain002-{message_id}.xml", report)
        path.replace(self._out / "taken" / path.name)
        return {"file": path.name, "debits": len(judged), "rejected": len(rejected)}

    def _judged(self, debit: Debit) -> Debit:
        code = _by_ending(debit.iban, self._settings.rejects)
        return Debit(**{**vars(debit), "state": "rejected", "code": code}) if code else debit

    def next_day(self) -> dict[str, Any]:
        """Ends the day with its statement; the next one begins: files, collections, returns."""
        written = self._end_day()
        self._book.go_to(self._book.day + timedelta(days=1))
        return {"day": self._book.day.isoformat(), "statement": written, **self.work()}

    def work(self) -> dict[str, Any]:
        """What today has to be done; may be called again."""
        files = self.take_files()
        collected = self._collect()
        returned = self._return()
        return {"files": files, "collected": collected, "returned": returned}

    def _end_day(self) -> str | None:
        day = self._book.day
        entries = self._book.entries(day)
        if not entries:
            return None
        number = self._book.next_statement()
        name = f"camt053-{day}-{number:04}.xml"
        self._leave(name, statement(self._settings.iban, number, day, self._book.balance(day), entries))
        return name

    def _collect(self) -> int:
        """One entry for a group, as banks book it."""
        due = self._book.debits("taken", self._book.day)
        for batch in dict.fromkeys(debit.batch for debit in due):
            group = [debit for debit in due if debit.batch == batch]
            total = sum(debit.cents for debit in group)
            self._book.enter(total, "collection", batch=batch, count=len(group))
            for debit in group:
                self._book.move(debit.reference, "booked")
        return len(due)

    def _return(self) -> int:
        """By the script, some days after the money came."""
        count = 0
        for debit in self._book.debits("booked", self._book.day - RETURN_AFTER):
            code = _by_ending(debit.iban, self._settings.returns)
            if code:
                self._book.enter(
                    -(debit.cents + self._settings.charges_cents), "return", name=debit.name,
                    iban=debit.iban, reference=debit.reference, mandate=debit.mandate, code=code,
                    original=debit.cents,
                )  # fmt: skip
                self._book.move(debit.reference, "returned", code)
                count += 1
        return count

    def transfer(self, name: str, iban: str, cents: int, text: str, reference: str = "") -> None:
        """A payer's transfer to the town. Raises ValueError."""
        if cents <= 0 or len(text) > 140 or not name:
            raise ValueError("a transfer has a payer, a positive amount and at most 140 characters of text")
        self._book.enter(cents, "transfer", name=name, iban=iban, text=text, reference=reference)

    def _leave(self, name: str, content: bytes) -> None:
        """Never half a file: written aside, then named."""
        aside = self._in / f".{name}"
        aside.write_bytes(content)
        aside.replace(self._in / name)


def _by_ending(iban: str, script: Any) -> str:
    return next((code for ending, code in script.items() if iban.endswith(ending)), "")
