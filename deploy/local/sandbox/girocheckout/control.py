"""What scripts and tests tell the bank, as they tell it every sandbox (`deploy.local.sandbox.control`).

Matters are transactions; a decision has "redirect". Outcomes: pay, fail, cancel, timeout.

POST   /sandbox/transactions/{id}/charge-back → {"reference"}: the payer's bank takes it back · 404 · 409
POST   /sandbox/transactions/{id}/restore → {"reference"}: that dispute is won · 404 · 409
PUT    /sandbox/day · GET /sandbox/statement · POST /sandbox/payouts: see `deploy.local.sandbox.settlement`
GET    /sandbox/book → {"merchant_id", "balance_cents" before "fees_cents", "transactions", "entries",
       "notices"}
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.sandbox import control
from deploy.local.sandbox.girocheckout.bank import WISHES, Bank
from deploy.local.sandbox.girocheckout.book import Book, Transaction
from deploy.local.sandbox.girocheckout.faults import Fault
from deploy.local.sandbox.girocheckout.pages import way_back
from deploy.local.sandbox.girocheckout.settings import Settings
from deploy.local.sandbox.settlement import Settlement


class Control(control.Control[Transaction]):
    matters, wishes, faults = "transactions", WISHES, Fault

    def __init__(self, settings: Settings, bank: Bank, book: Book) -> None:
        super().__init__(bank.script)
        self._settings = settings
        self._bank = bank
        self._book = book

    def routes(self) -> list[Route]:
        changes = {"charge-back": self._bank.charge_back, "restore": self._bank.restore}
        return [
            *super().routes(),
            *Settlement(self._bank.calendar, self._book).routes(),
            *(
                Route(f"/sandbox/transactions/{{id}}/{name}", self._changing(change), methods=["POST"])
                for name, change in changes.items()
            ),
        ]

    def _changing(self, change: Callable[[Transaction], str]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            found = self._book.find(request.path_params["id"])
            if found is None:
                return JSONResponse({"error": "unknown"}, 404)
            try:
                return JSONResponse({"reference": change(found)})
            except control.AlreadyDecided:
                return JSONResponse({"error": "nothing is there"}, 409)

        return endpoint

    def find(self, reference: str) -> Transaction | None:
        return self._book.find(reference)

    def shown(self, matter: Transaction) -> dict[str, Any]:
        method = self._bank.project(matter).method
        return {**vars(matter), "fault": matter.fault.kind.value, "method": method}

    def decide(self, matter: Transaction, wish: str, _request: Request) -> dict[str, Any]:
        decided = self._bank.decide(matter, wish)
        return {**self.shown(decided), "redirect": way_back(self._bank, decided)}

    def give_course(self, matter: Transaction, fault: Fault) -> None:
        self._book.save(matter.become(fault=fault))

    def statement(self) -> dict[str, Any]:
        entries = self._book.entries()
        return {
            "merchant_id": self._settings.merchant_id,
            "balance_cents": sum(entry["amount_cents"] for entry in entries),
            "fees_cents": sum(entry["fee_cents"] for entry in entries),
            "transactions": [self.shown(one) for one in self._book.transactions()],
            "entries": entries,
            "notices": self._book.notices(),
        }

    def empty(self) -> None:
        self._book.clear()
        self._bank.calendar.come_back()
