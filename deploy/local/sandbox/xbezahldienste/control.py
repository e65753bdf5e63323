"""What scripts and tests tell the platform beside what any sandbox is told (`deploy.local.sandbox.control`).

Matters are payments; a decision has "redirect". Outcomes: pay, fail, cancel.

PUT    /sandbox/day · GET /sandbox/statement: see `deploy.local.sandbox.settlement`
DELETE /sandbox/tokens → 204: no token is valid any longer
GET    /sandbox/book → {"balance_cents", "payments"}
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.sandbox import control
from deploy.local.sandbox.settlement import Statements
from deploy.local.sandbox.xbezahldienste.book import Book, Payment
from deploy.local.sandbox.xbezahldienste.calls import Calls
from deploy.local.sandbox.xbezahldienste.faults import Fault
from deploy.local.sandbox.xbezahldienste.platform import WISHES, Platform


class Control(control.Control[Payment]):
    matters, wishes, faults = "payments", WISHES, Fault

    def __init__(self, platform: Platform, book: Book, calls: Calls) -> None:
        super().__init__(platform.script)
        self._platform = platform
        self._book = book
        self._calls = calls

    def routes(self) -> list[Route]:
        return [
            *super().routes(),
            *Statements(self._platform.calendar, self._platform.rows).routes(),
            Route("/sandbox/tokens", self._revoke, methods=["DELETE"]),
        ]

    def find(self, reference: str) -> Payment | None:
        return self._book.find(reference)

    def shown(self, matter: Payment) -> dict[str, Any]:
        return {**vars(matter), "fault": matter.fault.kind.value}

    def decide(self, matter: Payment, wish: str, _request: Request) -> dict[str, Any]:
        decided = self._platform.decide(matter, wish)
        return {**self.shown(decided), "redirect": decided.asked["redirectUrl"]}

    def give_course(self, matter: Payment, fault: Fault) -> None:
        self._book.save(matter.become(fault=fault))

    def statement(self) -> dict[str, Any]:
        payments = self._book.payments()
        balance = sum(payment.booked_cents for payment in payments)
        return {"balance_cents": balance, "payments": [self.shown(one) for one in payments]}

    def empty(self) -> None:
        self._book.clear()
        self._platform.calendar.come_back()

    async def _revoke(self, _request: Request) -> Response:
        self._calls.tokens.clear()
        return Response(status_code=204)
