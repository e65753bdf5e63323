"""What scripts and tests tell the house beyond what every sandbox is told (`deploy.local.sandbox.control`).

Matters are orders, shown with "captures"; a decision has "redirect". Outcomes: pay, fail, cancel, timeout.

POST   /sandbox/captures/{id}/complete | …/reverse → capture · 404
POST   /sandbox/captures/{id}/dispute → dispute: its payer complains, and the money is taken back · 404
POST   /sandbox/captures/{id}/refund {"amount_cents"} → refund, as made on PayPal's own pages · 400 · 404
POST   /sandbox/disputes/{id}/resolve {"outcome"?: "RESOLVED_SELLER_FAVOUR", "amount_cents"?} → dispute: so
       much comes back, by default all where the merchant wins and else nothing · 404 · 409 decided before
PUT    /sandbox/day · GET /sandbox/statement · POST /sandbox/payouts: see `deploy.local.sandbox.settlement`
PUT    /sandbox/webhook {"url"} → 204: where webhooks go from now on
DELETE /sandbox/tokens → 204: no token is valid any longer
GET    /sandbox/book → {"balance_cents" before "fees_cents", "orders", "captures", "refunds", "disputes",
       "entries", "webhooks"}
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.sandbox import control
from deploy.local.sandbox.paypal.book import Book, Capture, Dispute, Order, Refund
from deploy.local.sandbox.paypal.calls import Calls
from deploy.local.sandbox.paypal.faults import Fault
from deploy.local.sandbox.paypal.house import WISHES, House
from deploy.local.sandbox.paypal.pages import way_back
from deploy.local.sandbox.paypal.protocol import Refused, money
from deploy.local.sandbox.paypal.webhooks import Messenger, Scribe
from deploy.local.sandbox.settlement import Settlement

WON = "RESOLVED_SELLER_FAVOUR"


class Control(control.Control[Order]):
    matters, wishes, faults = "orders", WISHES, Fault

    def __init__(self, house: House, book: Book, calls: Calls, scribe: Scribe, messenger: Messenger) -> None:
        super().__init__(house.script)
        self._house = house
        self._book = book
        self._calls = calls
        self._scribe = scribe
        self._messenger = messenger

    def routes(self) -> list[Route]:
        return [
            *super().routes(),
            *Settlement(self._house.calendar, self._book).routes(),
            Route("/sandbox/captures/{id}/refund", self._refund, methods=["POST"]),
            Route("/sandbox/captures/{id}/{what}", self._change, methods=["POST"]),
            Route("/sandbox/disputes/{id}/resolve", self._resolve, methods=["POST"]),
            Route("/sandbox/webhook", self._subscribe, methods=["PUT"]),
            Route("/sandbox/tokens", self._revoke, methods=["DELETE"]),
        ]

    def find(self, reference: str) -> Order | None:
        return self._book.find(Order, reference)

    def shown(self, matter: Order) -> dict[str, Any]:
        captures = [vars(capture) for capture in self._house.captures(matter)]
        return {**vars(matter), "fault": matter.fault.kind.value, "captures": captures}

    def decide(self, matter: Order, wish: str, request: Request) -> dict[str, Any]:
        decided = self._house.decide(matter, wish, self._calls.public(request))
        return {**self.shown(decided), "redirect": way_back(decided, wish)}

    def give_course(self, matter: Order, fault: Fault) -> None:
        self._book.save(matter.become(fault=fault))

    def statement(self) -> dict[str, Any]:
        entries = self._book.entries()
        return {
            "balance_cents": sum(entry["amount_cents"] for entry in entries),
            "fees_cents": sum(entry["fee_cents"] for entry in entries),
            "orders": [self.shown(order) for order in self._book.all(Order)],
            "captures": [vars(capture) for capture in self._book.all(Capture)],
            "refunds": [vars(refund) for refund in self._book.all(Refund)],
            "disputes": [vars(dispute) for dispute in self._book.all(Dispute)],
            "entries": entries,
            "webhooks": self._book.webhooks(),
        }

    def empty(self) -> None:
        self._book.clear()
        self._house.calendar.come_back()

    async def _change(self, request: Request) -> Response:
        capture, what = self._book.find(Capture, request.path_params["id"]), request.path_params["what"]
        if capture is None or what not in {"complete", "reverse", "dispute"}:
            return JSONResponse({"error": "unknown"}, 404)
        if what == "dispute":
            return JSONResponse(vars(self._house.dispute(capture, self._calls.public(request))))
        if what == "complete":
            capture = self._house.complete(capture, self._calls.public(request))
        else:
            self._house.reverse(capture, self._calls.public(request))
        return JSONResponse(vars(capture))

    async def _resolve(self, request: Request) -> Response:
        dispute = self._book.find(Dispute, request.path_params["id"])
        if dispute is None:
            return JSONResponse({"error": "unknown"}, 404)
        try:
            data = await control.body_of(request)
            outcome = str(data.get("outcome", WON))
            cents = int(data.get("amount_cents", dispute.amount_cents if outcome == WON else 0))
            decided = self._house.resolve(dispute, outcome, cents, self._calls.public(request))
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        except control.AlreadyDecided:
            return JSONResponse({"error": "decided before"}, 409)
        return JSONResponse(vars(decided))

    async def _refund(self, request: Request) -> Response:
        capture = self._book.find(Capture, request.path_params["id"])
        if capture is None:
            return JSONResponse({"error": "unknown"}, 404)
        try:
            cents = int((await control.body_of(request)).get("amount_cents", capture.amount_cents))
            said = {"amount": money(cents, capture.currency), "custom_id": capture.custom_id}
            refund, _ = self._house.refund(capture.id, said, "", self._calls.public(request))
        except (ValueError, TypeError, Refused) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        return JSONResponse(vars(refund))

    async def _subscribe(self, request: Request) -> Response:
        try:
            self._scribe.url = str((await control.body_of(request)).get("url", ""))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        self._messenger.wake()
        return Response(status_code=204)

    async def _revoke(self, _request: Request) -> Response:
        self._calls.tokens.clear()
        return Response(status_code=204)
