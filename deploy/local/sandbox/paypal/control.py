"""The sandbox's own API, for scripts and tests; the real provider has nothing like it.

POST   /sandbox/faults {"fault": name, "count"?: 1, "reference"?} and what the fault reads: "seconds",
       "answers", "amount_cents", "status", "issue", "call" (see `faults`); for what comes, or for one order
GET    /sandbox/faults → {"faults": [still to come]} · DELETE /sandbox/faults → 204
POST   /sandbox/orders/{id}/decide {"outcome": "pay"|"fail"|"cancel"|"timeout"}
       → order with "redirect" · 404 · 409 decided before
POST   /sandbox/captures/{id}/complete | …/reverse → capture · 404
GET    /sandbox/orders/{id} → order with "captures"
PUT    /sandbox/webhook {"url"} → 204: where webhooks go from now on
DELETE /sandbox/tokens → 204: no token is valid any longer
GET    /sandbox/book → {"balance_cents", "orders", "captures", "refunds", "entries", "webhooks"}
DELETE /sandbox/book → 204, everything is forgotten
GET    /sandbox/health → {"status": "ok"}
"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.paypal.book import Book, Capture, Order, Refund
from deploy.local.sandbox.paypal.calls import Calls
from deploy.local.sandbox.paypal.faults import Course, Fault
from deploy.local.sandbox.paypal.house import WISHES, AlreadyDecided, House
from deploy.local.sandbox.paypal.pages import way_back
from deploy.local.sandbox.paypal.webhooks import Messenger, Scribe

_MOST_FAULTS = 1000


class Control:
    def __init__(self, house: House, book: Book, calls: Calls, scribe: Scribe, messenger: Messenger) -> None:
        self._house = house
        self._book = book
        self._calls = calls
        self._scribe = scribe
        self._messenger = messenger

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/faults", self._tell, methods=["POST"]),
            Route("/sandbox/faults", self._told),
            Route("/sandbox/faults", self._forget, methods=["DELETE"]),
            Route("/sandbox/orders/{id}", self._order),
            Route("/sandbox/orders/{id}/decide", self._decide, methods=["POST"]),
            Route("/sandbox/captures/{id}/{what}", self._change, methods=["POST"]),
            Route("/sandbox/webhook", self._subscribe, methods=["PUT"]),
            Route("/sandbox/tokens", self._revoke, methods=["DELETE"]),
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
            self._house.script.add(fault, min(max(count, 1), _MOST_FAULTS))
            return JSONResponse({"faults": self._house.script.as_json()}, 201)
        order = self._book.find(Order, str(data["reference"]))
        if order is None or not isinstance(fault.kind, Course):
            return JSONResponse({"error": "no such order, or a fault of the line"}, 404)
        self._book.save(order.become(fault=fault))
        return JSONResponse({"faults": [fault.as_json()]}, 201)

    async def _told(self, _request: Request) -> Response:
        return JSONResponse({"faults": self._house.script.as_json()})

    async def _forget(self, _request: Request) -> Response:
        self._house.script.clear()
        return Response(status_code=204)

    async def _order(self, request: Request) -> Response:
        found = self._book.find(Order, request.path_params["id"])
        return JSONResponse(self._shown(found)) if found else JSONResponse({"error": "unknown"}, 404)

    async def _decide(self, request: Request) -> Response:
        found = self._book.find(Order, request.path_params["id"])
        if found is None:
            return JSONResponse({"error": "unknown"}, 404)
        try:
            wish = str((await _body(request)).get("outcome"))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        if wish not in WISHES:
            return JSONResponse({"error": f"outcome is one of {', '.join(WISHES)}"}, 400)
        try:
            decided = self._house.decide(found, wish, self._calls.public(request))
        except AlreadyDecided:
            return JSONResponse({"error": "decided before", **self._shown(found)}, 409)
        return JSONResponse({**self._shown(decided), "redirect": way_back(decided, wish)})

    async def _change(self, request: Request) -> Response:
        capture, what = self._book.find(Capture, request.path_params["id"]), request.path_params["what"]
        if capture is None or what not in {"complete", "reverse"}:
            return JSONResponse({"error": "unknown"}, 404)
        if what == "complete":
            capture = self._house.complete(capture, self._calls.public(request))
        else:
            self._house.reverse(capture, self._calls.public(request))
        return JSONResponse(vars(capture))

    async def _subscribe(self, request: Request) -> Response:
        try:
            self._scribe.url = str((await _body(request)).get("url", ""))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        self._messenger.wake()
        return Response(status_code=204)

    async def _revoke(self, _request: Request) -> Response:
        self._calls.tokens.clear()
        return Response(status_code=204)

    async def _statement(self, _request: Request) -> Response:
        entries = self._book.entries()
        return JSONResponse(
            {
                "balance_cents": sum(entry["amount_cents"] for entry in entries),
                "orders": [self._shown(order) for order in self._book.all(Order)],
                "captures": [vars(capture) for capture in self._book.all(Capture)],
                "refunds": [vars(refund) for refund in self._book.all(Refund)],
                "entries": entries,
                "webhooks": self._book.webhooks(),
            }
        )

    async def _empty(self, _request: Request) -> Response:
        self._book.clear()
        return Response(status_code=204)

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def _shown(self, order: Order) -> dict[str, Any]:
        captures = [vars(capture) for capture in self._house.captures(order)]
        return {**vars(order), "fault": order.fault.kind.value, "captures": captures}


async def _body(request: Request) -> dict[str, Any]:
    data = json.loads(await request.body() or b"{}")
    if not isinstance(data, dict):
        raise ValueError("a JSON object is expected")
    return data
