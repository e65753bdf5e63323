"""What a payer sees: the platform's page with its buttons, and the city's statement. No script needed."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from deploy.local.sandbox.control import AlreadyDecided
from deploy.local.sandbox.look import Look
from deploy.local.sandbox.xbezahldienste.book import Book, Payment
from deploy.local.sandbox.xbezahldienste.faults import Course, Fault
from deploy.local.sandbox.xbezahldienste.platform import WISHES, Platform

_STATES = {"INITIAL": "offen", "PAYED": "bezahlt", "FAILED": "abgelehnt", "CANCELED": "abgebrochen"}
COURSES = {
    Course.NORMAL: "keine Störung",
    Course.ALTERED_AMOUNT: "ein anderer Betrag wird gebucht",
    Course.UNKNOWN_FIRST: "Ausgang zunächst nicht bekannt",
}


class Pages:
    def __init__(self, platform: Platform, book: Book) -> None:
        self._platform = platform
        self._book = book
        self._look = Look(Path(__file__).parent / "templates")

    def routes(self) -> list[Route | Mount]:
        return [
            Route("/", self._statement),
            Route("/bezahlen/{id}", self._payer),
            Route("/bezahlen/{id}", self._decide, methods=["POST"]),
            self._look.static(),
        ]

    async def _payer(self, request: Request) -> Response:
        payment = self._book.find(request.path_params["id"])
        if payment is None:
            return self._look.page("unknown.html", {}, status=404)
        return self._shown(payment, "payer.html" if payment.status == "INITIAL" else "decided.html")

    async def _decide(self, request: Request) -> Response:
        payment = self._book.find(request.path_params["id"])
        if payment is None:
            return self._look.page("unknown.html", {}, status=404)
        form = await request.form()
        wish, course = str(form.get("outcome", "")), str(form.get("fault", ""))
        if wish not in WISHES or course not in {"", *Course}:
            return self._shown(payment, "payer.html", status=400)
        if course and course != Course.NORMAL:
            payment = payment.become(fault=Fault(Course(course)))
        try:
            payment = self._platform.decide(payment, wish)
        except AlreadyDecided:
            return self._shown(payment, "decided.html", status=409)
        return RedirectResponse(payment.asked["redirectUrl"], 303)

    async def _statement(self, _request: Request) -> Response:
        payments = self._book.payments()
        rows = [self._about(payment) for payment in reversed(payments)]
        balance = sum(payment.booked_cents for payment in payments)
        return self._look.page("statement.html", {"rows": rows, "balance": balance})

    def _shown(self, payment: Payment, name: str, *, status: int = 200) -> Response:
        goes_to = (payment.asked["redirectUrl"],)
        return self._look.page(name, self._about(payment), status=status, goes_to=goes_to)

    def _about(self, payment: Payment) -> dict[str, Any]:
        return {
            "payment": payment,
            "item": payment.asked["items"][0],
            "state": _STATES[payment.status],
            "courses": COURSES,
        }
