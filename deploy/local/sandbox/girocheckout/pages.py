"""What a payer sees: the sandbox bank's page with its buttons, and the bank's statement. No script needed."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from deploy.local.sandbox.control import AlreadyDecided
from deploy.local.sandbox.girocheckout.bank import WISHES, Bank
from deploy.local.sandbox.girocheckout.book import Book, Transaction
from deploy.local.sandbox.girocheckout.faults import Course, Fault
from deploy.local.sandbox.look import Look

_METHODS = {
    "card": "Kreditkarte",
    "paypal": "PayPal",
    "direct_debit": "Lastschrift",
    "direct_transfer": "Direktüberweisung",
    "wero": "Wero",
    "payment_page": "Bezahlseite",
}
_STATES = {
    "open": "offen",
    "paid": "bezahlt",
    "failed": "abgelehnt",
    "cancelled": "abgebrochen",
    "expired": "abgelaufen",
}
COURSES = {
    Course.NORMAL: "keine Störung",
    Course.LATE: "Meldung kommt einige Sekunden später",
    Course.TWICE: "Meldung kommt zweimal",
    Course.NEVER: "Meldung kommt nie",
    Course.FORGED: "Meldung ist gefälscht",
    Course.TAMPERED: "Betrag in der Meldung unterwegs geändert",
    Course.ALTERED_AMOUNT: "Bank bucht einen anderen Betrag",
    Course.UNKNOWN_FIRST: "Ausgang zunächst unbekannt",
    Course.SUCCESS_AFTER_CANCEL: "erst abgebrochen, dann doch bezahlt",
}


class Pages:
    def __init__(self, bank: Bank, book: Book) -> None:
        self._bank = bank
        self._book = book
        self._look = Look(Path(__file__).parent / "templates")

    def routes(self) -> list[Route | Mount]:
        return [
            Route("/", self._statement),
            Route("/bank/{reference}", self._payer),
            Route("/bank/{reference}", self._decide, methods=["POST"]),
            self._look.static(),
        ]

    async def _payer(self, request: Request) -> Response:
        transaction = self._book.find(request.path_params["reference"])
        if transaction is None:
            return self._look.page("unknown.html", {}, status=404)
        if transaction.state != "open":
            return self._look.page("decided.html", self._about(transaction))
        return self._look.page("payer.html", self._about(transaction), goes_to=transaction.urls.values())

    async def _decide(self, request: Request) -> Response:
        transaction = self._book.find(request.path_params["reference"])
        if transaction is None:
            return self._look.page("unknown.html", {}, status=404)
        form = await request.form()
        wish, course = str(form.get("outcome", "")), str(form.get("fault", ""))
        if wish not in WISHES or course not in {"", *Course}:
            about = self._about(transaction)
            return self._look.page("payer.html", about, status=400, goes_to=transaction.urls.values())
        if course and course != Course.NORMAL:
            transaction = transaction.become(fault=Fault(Course(course)))
        try:
            transaction = self._bank.decide(transaction, wish)
        except AlreadyDecided:
            return self._look.page("decided.html", self._about(transaction), status=409)
        return RedirectResponse(way_back(self._bank, transaction), 303)

    async def _statement(self, _request: Request) -> Response:
        entries = self._book.entries()
        rows = [(t, self._about(t)) for t in reversed(self._book.transactions())]
        balance = sum(entry["amount_cents"] for entry in entries)
        return self._look.page("statement.html", {"rows": rows, "balance": balance})

    def _about(self, transaction: Transaction) -> dict[str, Any]:
        return {
            "transaction": transaction,
            "method": _METHODS[self._bank.project(transaction).method],
            "state": _STATES[transaction.state],
            "courses": COURSES,
            "back": way_back(self._bank, transaction),
        }


def way_back(bank: Bank, transaction: Transaction) -> str:
    """Where the browser goes after the decision, with the signed result; a hint for the shop, no proof."""
    which = {"failed": "fail", "expired": "fail", "cancelled": "back"}.get(transaction.state, "redirect")
    url = transaction.urls.get(which) or transaction.urls.get("redirect") or ""
    return bank.announcement(transaction, url) if url else "/"
