"""What scripts and tests tell the bank, as they tell it every sandbox (`deploy.local.sandbox.control`).

Matters are debtors' accounts, by IBAN: a fault with one as its "reference" is for all its debits then.
Outcomes: claim_back (its newest debit that was credited is given back as MD06; 409 where there is none).

GET    /sandbox/book → {"day", "balance_cents", "entries", "debits"} · DELETE /sandbox/book: the day stays
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.requests import Request

from deploy.local.sandbox import control
from deploy.local.sandbox.bank.bank import Bank
from deploy.local.sandbox.bank.book import Book
from deploy.local.sandbox.bank.faults import NORMAL, Fault

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_STATES = ("taken", "rejected", "booked", "returned")


@dataclass(frozen=True)
class Account:
    """Any account may be debited one day."""

    iban: str


class Control(control.Control[Account]):
    matters, wishes, faults = "accounts", ("claim_back",), Fault

    def __init__(self, bank: Bank, book: Book) -> None:
        super().__init__(bank.script)
        self._bank = bank
        self._book = book

    def find(self, reference: str) -> Account | None:
        return Account(reference) if _IBAN.fullmatch(reference) else None

    def shown(self, matter: Account) -> dict[str, Any]:
        course = self._book.course(matter.iban) or NORMAL
        debits = [vars(debit) for debit in self._book.of_account(matter.iban)]
        return {"iban": matter.iban, "fault": course.kind.value, "debits": debits}

    def decide(self, matter: Account, _wish: str, _request: Request) -> dict[str, Any]:
        self._bank.claim_back(matter.iban)
        return self.shown(matter)

    def give_course(self, matter: Account, fault: Fault) -> None:
        self._book.give_course(matter.iban, fault)

    def statement(self) -> dict[str, Any]:
        debits = [vars(debit) for state in _STATES for debit in self._book.debits(state)]
        return {
            "day": self._book.day.isoformat(), "balance_cents": self._book.balance(date.max),
            "entries": self._book.entries(), "debits": debits,
        }  # fmt: skip

    def empty(self) -> None:
        self._book.clear()
