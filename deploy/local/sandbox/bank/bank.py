"""What the bank does: takes files of debits, refuses, collects when due, returns, writes statements."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deploy.local.sandbox.bank.book import Book, Debit
from deploy.local.sandbox.bank.faults import NORMAL, Course, Fault, Line
from deploy.local.sandbox.bank.messages import (
    Unreadable,
    notification,
    read_debits,
    statement,
    status_report,
)
from deploy.local.sandbox.bank.post import Post
from deploy.local.sandbox.bank.settings import Settings
from deploy.local.sandbox.control import AlreadyDecided
from deploy.local.sandbox.script import Script

RETURN_AFTER = timedelta(days=2)
CLAIMED_BACK = "MD06"


class Bank:
    def __init__(self, settings: Settings, book: Book) -> None:
        self._settings = settings
        self._book = book
        self._out = settings.folder / "out"
        (self._out / "taken").mkdir(parents=True, exist_ok=True)
        self.script: Script[Fault] = Script(NORMAL)
        self._post = Post(settings.folder / "in", book, self.script)

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
        path.replace(self._out / "taken" / path.name)
        if self._book.knows(message_id):
            return {"file": path.name, "debits": 0, "rejected": 0}
        judged = [self._judged(debit) for debit in debits]
        rejected = [debit for debit in judged if debit.state == "rejected"]
        self._book.take(message_id, path.name, judged)
        report = status_report(
            message_id, rejected, day=self._book.day, all_rejected=len(rejected) == len(judged)
        )
        self._post.leave("answer", f"pain002-{message_id}.xml", report)
        return {"file": path.name, "debits": len(judged), "rejected": len(rejected)}

    def _judged(self, debit: Debit) -> Debit:
        """By its account's course where that has one, else by the next of the script."""
        course = self._book.course(debit.iban) or self.script.next_course()
        if course.kind is not Course.NORMAL:
            self._book.give_course(debit.reference, course)
        code = _by_ending(debit.iban, self._settings.rejects) if course.kind is Course.NORMAL else ""
        if course.kind is Course.REJECTED:
            code = course.code
        return Debit(**{**vars(debit), "state": "rejected", "code": code}) if code else debit

    def next_day(self) -> dict[str, Any]:
        """Ends the day with its statement; the next one begins: files, collections, returns."""
        ended = self._book.day
        self._book.go_to(ended + timedelta(days=1))
        late, written = self._post.send_due(), self._account_for(ended)
        return {"day": self._book.day.isoformat(), "statement": written, "late": late, **self.work()}

    def work(self) -> dict[str, Any]:
        """What today has to be done; may be called again."""
        files = self.take_files()
        collected = self._collect()
        returned = self._return()
        return {"files": files, "collected": collected, "returned": returned}

    def _account_for(self, day: date) -> str | None:
        entries = self._book.entries(day)
        if not entries:
            return None
        number = self._book.next_statement()
        name = f"camt053-{day}-{number:04}.xml"
        told = statement(self._settings.iban, number, day, self._book.balance(day), entries)
        fault = self.script.next_line("statement")
        if fault is not None and fault.kind is Line.NOTIFIED:
            groups = {e["batch"]: self._book.group(e["batch"]) for e in entries if e["kind"] == "collection"}
            first = notification(self._settings.iban, number, day, entries, groups, details=fault.details)
            self._post.leave("notification", f"camt054-{day}-{number:04}.xml", first)
        self._post.leave_so(fault, name, told)
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
        """By each debit's course, or its account's digits, some days after the money came."""
        count = 0
        for debit in self._book.debits("booked"):
            course = self._book.course(debit.reference) or NORMAL
            code, after, charges = "", RETURN_AFTER, self._settings.charges_cents
            if course.kind is Course.NORMAL:
                code = _by_ending(debit.iban, self._settings.returns)
            elif course.kind is Course.RETURNED:
                code, after = course.code, timedelta(days=course.days)
                charges = charges if course.charges_cents is None else course.charges_cents
            if code and date.fromisoformat(debit.due) + after <= self._book.day:
                self._give_back(debit, code, charges)
                count += 1
        return count

    def _give_back(self, debit: Debit, code: str, charges: int) -> None:
        self._book.enter(
            -(debit.cents + charges), "return", name=debit.name, iban=debit.iban, reference=debit.reference,
            mandate=debit.mandate, code=code, original=debit.cents,
        )  # fmt: skip
        self._book.move(debit.reference, "returned", code)

    def claim_back(self, iban: str) -> Debit:
        """The payer wants this account's newest debit back. Raises AlreadyDecided where none is there."""
        booked = [debit for debit in self._book.debits("booked") if debit.iban == iban]
        if not booked:
            raise AlreadyDecided
        newest = max(booked, key=lambda debit: (debit.due, debit.reference))
        self._give_back(newest, CLAIMED_BACK, self._settings.charges_cents)
        return newest

    def transfer(self, name: str, iban: str, cents: int, text: str, reference: str = "") -> None:
        """A payer's transfer to the town. Raises ValueError."""
        if cents <= 0 or len(text) > 140 or not name:
            raise ValueError("a transfer has a payer, a positive amount and at most 140 characters of text")
        self._book.enter(cents, "transfer", name=name, iban=iban, text=text, reference=reference)

    def pay_out(self, name: str, iban: str, cents: int, text: str) -> None:
        """The town's own transfer to a payer. Raises ValueError."""
        if cents <= 0 or len(text) > 140 or not name:
            raise ValueError("a transfer has a payee, a positive amount and at most 140 characters of text")
        self._book.enter(-cents, "sent", name=name, iban=iban, text=text)


def _by_ending(iban: str, script: Any) -> str:
    return next((code for ending, code in script.items() if iban.endswith(ending)), "")
