"""The sandbox's own API, for scripts and tests; the real provider has nothing like it.

POST   /sandbox/faults {"fault": name, "count"?: 1, "reference"?} and what the fault reads: "seconds",
       "answers", "amount_cents", "code", "call" (see `faults`); for what comes next, or for one transaction
GET    /sandbox/faults → {"faults": [still to come]} · DELETE /sandbox/faults → 204
POST   /sandbox/transactions/{reference}/decide {"outcome": "pay"|"fail"|"cancel"|"timeout"}
       → transaction with "redirect" · 404 · 409 decided before
GET    /sandbox/transactions/{reference} → transaction
GET    /sandbox/book → {"merchant_id", "balance_cents", "transactions", "entries", "notices"}
DELETE /sandbox/book → 204, everything is forgotten
GET    /sandbox/health → {"status": "ok"}
"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.girocheckout.bank import WISHES, AlreadyDecided, Bank
from deploy.local.sandbox.girocheckout.book import Book, Transaction
from deploy.local.sandbox.girocheckout.faults import Course, Fault
from deploy.local.sandbox.girocheckout.pages import way_back
from deploy.local.sandbox.girocheckout.settings import Settings

_MOST_FAULTS = 1000


class Control:
    def __init__(self, settings: Settings, bank: Bank, book: Book) -> None:
        self._settings = settings
        self._bank = bank
        self._book = book

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/faults", self._tell, methods=["POST"]),
            Route("/sandbox/faults", self._told),
            Route("/sandbox/faults", self._forget, methods=["DELETE"]),
            Route("/sandbox/transactions/{reference}", self._transaction),
            Route("/sandbox/transactions/{reference}/decide", self._decide, methods=["POST"]),
            Route("/sandbox/book", self._statement),
            Route("/sandbox/book", self._empty, methods=["DELETE"]),
            Route("/sandbox/health", self._health),
        ]

    async def _tell(self, request: Request) -> Response:
        try:
            data = await _body(request)
            fault, count = Fault.read(data), int(data.get("count", 1))
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        if "reference" not in data:
            self._bank.script.add(fault, min(max(count, 1), _MOST_FAULTS))
            return JSONResponse({"faults": self._bank.script.as_json()}, 201)
        transaction = self._book.find(str(data["reference"]))
        if transaction is None or not isinstance(fault.kind, Course):
            return JSONResponse({"error": "no such transaction, or a fault of the line"}, 404)
        self._book.save(transaction.become(fault=fault))
        return JSONResponse({"faults": [fault.as_json()]}, 201)

    async def _told(self, _request: Request) -> Response:
        return JSONResponse({"faults": self._bank.script.as_json()})

    async def _forget(self, _request: Request) -> Response:
        self._bank.script.clear()
        return Response(status_code=204)

    async def _transaction(self, request: Request) -> Response:
        found = self._book.find(request.path_params["reference"])
        return JSONResponse(self._shown(found)) if found else JSONResponse({"error": "unknown"}, 404)

    async def _decide(self, request: Request) -> Response:
        found = self._book.find(request.path_params["reference"])
        if found is None:
            return JSONResponse({"error": "unknown"}, 404)
        try:
            wish = str((await _body(request)).get("outcome"))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        if wish not in WISHES:
            return JSONResponse({"error": f"outcome is one of {', '.join(WISHES)}"}, 400)
        try:
            decided = self._bank.decide(found, wish)
        except AlreadyDecided:
            return JSONResponse({"error": "decided before", **self._shown(found)}, 409)
        return JSONResponse({**self._shown(decided), "redirect": way_back(self._bank, decided)})

    async def _statement(self, _request: Request) -> Response:
        entries = self._book.entries()
        return JSONResponse(
            {
                "merchant_id": self._settings.merchant_id,
                "balance_cents": sum(entry["amount_cents"] for entry in entries),
                "transactions": [self._shown(t) for t in self._book.transactions()],
                "entries": entries,
                "notices": self._book.notices(),
            }
        )

    async def _empty(self, _request: Request) -> Response:
        self._book.clear()
        return Response(status_code=204)

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def _shown(self, transaction: Transaction) -> dict[str, Any]:
        fault = transaction.fault.kind.value
        method = self._bank.project(transaction).method
        return {**vars(transaction), "fault": fault, "method": method}


async def _body(request: Request) -> dict[str, Any]:
    data = json.loads(await request.body() or b"{}")
    if not isinstance(data, dict):
        raise ValueError("a JSON object is expected")
    return data
