"""What a payer sees: the sandbox's checkout with its buttons, the merchant's statement. No script needed."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from deploy.local.sandbox.control import AlreadyDecided
from deploy.local.sandbox.look import Look
from deploy.local.sandbox.paypal.book import Book, Order
from deploy.local.sandbox.paypal.faults import Course, Fault
from deploy.local.sandbox.paypal.house import WAITING, WISHES, House

_STATES = {
    "CREATED": "offen",
    "PAYER_ACTION_REQUIRED": "offen",
    "APPROVED": "freigegeben",
    "COMPLETED": "abgeschlossen",
    "GONE": "abgelaufen",
}
_MONEY = {
    "COMPLETED": "bezahlt",
    "PENDING": "in Prüfung",
    "DECLINED": "abgelehnt",
    "REFUNDED": "erstattet",
    "PARTIALLY_REFUNDED": "teilweise erstattet",
}
COURSES = {
    Course.NORMAL: "keine Störung",
    Course.PENDING: "Zahlung bleibt zunächst in Prüfung",
    Course.DECLINED: "Zahlung wird abgelehnt",
    Course.INSTRUMENT_DECLINED: "Zahlungsquelle wird abgelehnt, die zweite angenommen",
    Course.ALTERED_AMOUNT: "ein anderer Betrag wird eingezogen",
    Course.LATE: "Meldung kommt einige Sekunden später",
    Course.TWICE: "Meldung kommt zweimal",
    Course.NEVER: "Meldung kommt nie",
    Course.FORGED: "Meldung ist gefälscht",
    Course.TAMPERED: "Betrag in der Meldung unterwegs geändert",
}


class Pages:
    def __init__(self, house: House, book: Book, public_url: str) -> None:
        self._house = house
        self._book = book
        self._public_url = public_url
        self._look = Look(Path(__file__).parent / "templates")

    def routes(self) -> list[Route | Mount]:
        return [
            Route("/", self._statement),
            Route("/checkoutnow", self._payer),
            Route("/checkoutnow", self._decide, methods=["POST"]),
            self._look.static(),
        ]

    def _asked_for(self, request: Request) -> Order | None:
        return self._book.find(Order, request.query_params.get("token", ""))

    async def _payer(self, request: Request) -> Response:
        order = self._asked_for(request)
        if order is None:
            return self._look.page("unknown.html", {}, status=404)
        return self._shown(order, "payer.html" if order.status in WAITING else "decided.html")

    async def _decide(self, request: Request) -> Response:
        order = self._asked_for(request)
        if order is None:
            return self._look.page("unknown.html", {}, status=404)
        form = await request.form()
        wish, course = str(form.get("outcome", "")), str(form.get("fault", ""))
        if wish not in WISHES or course not in {"", *Course}:
            return self._shown(order, "payer.html", status=400)
        if course and course != Course.NORMAL:
            order = order.become(fault=Fault(Course(course)))
        public = self._public_url or str(request.base_url).rstrip("/")
        try:
            order = self._house.decide(order, wish, public)
        except AlreadyDecided:
            return self._shown(order, "decided.html", status=409)
        return RedirectResponse(way_back(order, wish), 303)

    async def _statement(self, _request: Request) -> Response:
        rows = [(order, self._about(order)) for order in reversed(self._book.all(Order))]
        balance = sum(entry["amount_cents"] for entry in self._book.entries())
        return self._look.page("statement.html", {"rows": rows, "balance": balance})

    def _shown(self, order: Order, name: str, *, status: int = 200) -> Response:
        urls = (order.return_url, order.cancel_url)
        return self._look.page(name, self._about(order), status=status, goes_to=urls)

    def _about(self, order: Order) -> dict[str, Any]:
        captures = self._house.captures(order)
        state = _MONEY.get(captures[-1].status, "") if captures else _STATES[order.status]
        back = way_back(order, "pay" if order.status != "GONE" else "cancel")
        return {"order": order, "state": state, "courses": COURSES, "back": back}


def way_back(order: Order, wish: str) -> str:
    """Where the browser goes after the decision, with the order as `token`; a hint for the shop, no proof."""
    agreed = wish in {"pay", "fail"}
    url = order.return_url if agreed else order.cancel_url
    query = urlencode({"token": order.id, **({"PayerID": "SANDBOXPAYER1"} if agreed else {})})
    bare, mark, fragment = url.partition("#")
    return f"{bare}{'&' if '?' in bare else '?'}{query}{mark}{fragment}"
