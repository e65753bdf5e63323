"""The sandbox's own API, for scripts and tests; a real platform has nothing like it.

POST   /sandbox/faults {"fault": name, "count"?: 1} and what it reads (see `faults`), for what comes next
GET    /sandbox/faults → {"faults": [still to come]} · DELETE /sandbox/faults → 204
POST   /sandbox/payments/{id}/decide {"outcome": "pay"|"fail"|"cancel"} → payment · 404 · 409 decided before
GET    /sandbox/payments/{id} → payment
DELETE /sandbox/tokens → 204: no token is valid any longer
GET    /sandbox/book → {"balance_cents", "payments"} · DELETE /sandbox/book → 204, everything is forgotten
GET    /sandbox/health → {"status": "ok"}
"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.xbezahldienste.book import Book, Payment
from deploy.local.sandbox.xbezahldienste.calls import Calls
from deploy.local.sandbox.xbezahldienste.faults import Fault
from deploy.local.sandbox.xbezahldienste.platform import WISHES, AlreadyDecided, Platform

_MOST_FAULTS = 1000


class Control:
    def __init__(self, platform: Platform, book: Book, calls: Calls) -> None:
        self._platform = platform
        self._book = book
        self._calls = calls

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/faults", self._tell, methods=["POST"]),
            Route("/sandbox/faults", self._told),
            Route("/sandbox/faults", self._forget, methods=["DELETE"]),
            Route("/sandbox/payments/{id}", self._payment),
            Route("/sandbox/payments/{id}/decide", self._decide, methods=["POST"]),
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
        self._platform.script.add(fault, min(max(count, 1), _MOST_FAULTS))
        return JSONResponse({"faults": self._platform.script.as_json()}, 201)

    async def _told(self, _request: Request) -> Response:
        return JSONResponse({"faults": self._platform.script.as_json()})

    async def _forget(self, _request: Request) -> Response:
        self._platform.script.clear()
        return Response(status_code=204)

    async def _payment(self, request: Request) -> Response:
        found = self._book.find(request.path_params["id"])
        return JSONResponse(_shown(found)) if found else JSONResponse({"error": "unknown"}, 404)

    async def _decide(self, request: Request) -> Response:
        found = self._book.find(request.path_params["id"])
        if found is None:
            return JSONResponse({"error": "unknown"}, 404)
        try:
            wish = str((await _body(request)).get("outcome"))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        if wish not in WISHES:
            return JSONResponse({"error": f"outcome is one of {', '.join(WISHES)}"}, 400)
        try:
            return JSONResponse(_shown(self._platform.decide(found, wish)))
        except AlreadyDecided:
            return JSONResponse({"error": "decided before", **_shown(found)}, 409)

    async def _revoke(self, _request: Request) -> Response:
        self._calls.tokens.clear()
        return Response(status_code=204)

    async def _statement(self, _request: Request) -> Response:
        payments = self._book.payments()
        balance = sum(payment.booked_cents for payment in payments)
        return JSONResponse({"balance_cents": balance, "payments": [_shown(p) for p in payments]})

    async def _empty(self, _request: Request) -> Response:
        self._book.clear()
        return Response(status_code=204)

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})


def _shown(payment: Payment) -> dict[str, Any]:
    return {**vars(payment), "fault": payment.fault.kind.value}


async def _body(request: Request) -> dict[str, Any]:
    data = json.loads(await request.body() or b"{}")
    if not isinstance(data, dict):
        raise ValueError("a JSON object is expected")
    return data
