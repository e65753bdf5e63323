"""The provider's API: the merchant's server calls, form fields in, signed JSON out."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.sandbox.girocheckout import protocol
from deploy.local.sandbox.girocheckout.bank import PAID, Bank
from deploy.local.sandbox.girocheckout.book import Book, Duplicate, Transaction
from deploy.local.sandbox.girocheckout.faults import Line
from deploy.local.sandbox.girocheckout.protocol import Call, Refused, authentic, reply
from deploy.local.sandbox.girocheckout.settings import Project, Settings
from deploy.local.sandbox.line import Lost

# Both generations of the provider's addresses.
PREFIXES = ("/girocheckout/v2", "/girocheckout/api/v2")
_PAYMENT = "merchantId projectId merchantTxId amount currency purpose"
_REFUSED_TEST_IBAN = "DE23690516200012345600"

Form = dict[str, str]
Answer = Callable[[Project, Form, str], Response]


class Calls:
    def __init__(self, settings: Settings, bank: Bank, book: Book) -> None:
        self._settings = settings
        self._bank = bank
        self._book = book

    def routes(self) -> list[Route]:
        answers: dict[str, tuple[str, Answer]] = {
            "transaction/start": ("start", self._start),
            "transaction/payment": ("payment", self._payment),
            "transaction/status": ("status", self._status),
            "transaction/refund": ("refund", self._refund),
            "transaction/void": ("void", self._void),
            "paypage/init": ("start", self._page),
            "paypage/projects": ("projects", self._projects),
        }
        return [
            Route(f"{prefix}/{path}", self._endpoint(name, answer), methods=["POST"])
            for prefix in PREFIXES
            for path, (name, answer) in answers.items()
        ]

    def _endpoint(self, name: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
            public = self._settings.public_url or str(request.base_url).rstrip("/")
            try:
                project = protocol.project_of(self._settings, form)
                return self._through_the_line(name, project, lambda: answer(project, form, public))
            except Refused as refused:
                return reply(refused.project, refused.rc)

        return endpoint

    def _through_the_line(self, name: str, project: Project, carry_out: Callable[[], Response]) -> Response:
        fault = self._bank.script.next_line(name)
        if fault is None:
            return carry_out()
        if fault.kind is Line.UNAVAILABLE:
            return Response("Wartungsarbeiten", 503)
        if fault.kind is Line.REFUSE:
            return reply(None if fault.code in {5000, 5001} else project, fault.code)
        response = carry_out()
        if fault.kind is Line.REPLY_LOST:
            return Lost()
        if fault.kind is Line.WRONG_HASH:
            response.headers["hash"] = "0" * 32
        else:
            del response.headers["hash"]
        return response

    def _start(self, project: Project, form: Form, public: str) -> Response:
        order = protocol.START.get(project.method)
        if order is None:
            raise Refused(5004, project)
        call = authentic(project, order, f"{_PAYMENT} urlRedirect urlNotify", form)
        back = call.text("urlRedirect")
        opened = self._open(call, {"redirect": back, "notify": call.text("urlNotify")})
        return reply(project, 0, reference=opened.reference, redirect=f"{public}/bank/{opened.reference}")

    def _page(self, project: Project, form: Form, public: str) -> Response:
        if project.method != "payment_page":
            raise Refused(5004, project)
        call = authentic(project, protocol.PAGE, f"{_PAYMENT} test", form)
        names = {"redirect": "successUrl", "fail": "failUrl", "back": "backUrl", "notify": "notifyUrl"}
        opened = self._open(call, {key: call.text(name) for key, name in names.items()})
        return reply(project, 0, reference=opened.reference, url=f"{public}/bank/{opened.reference}")

    def _open(self, call: Call, urls: dict[str, str]) -> Transaction:
        try:
            return self._bank.open(call, urls)
        except Duplicate:
            raise Refused(4503, call.project) from None

    def _payment(self, project: Project, form: Form, _public: str) -> Response:
        if project.method != "direct_debit":
            raise Refused(5004, project)
        call = authentic(project, protocol.DEBIT_DIRECT, f"{_PAYMENT} iban", form)
        if not _iban_holds(call.text("iban")):
            raise Refused(5027, project)
        opened = self._open(call, {"redirect": "", "notify": call.text("urlNotify")})
        decided = self._bank.decide(opened, "pay")
        return reply(
            project,
            0,
            reference=decided.reference,
            backendTxId=decided.backend_tx_id,
            mandateReference=call.text("mandateReference") or f"SANDBOX-{decided.reference[:8]}",
            resultPayment=decided.code,
        )

    def _status(self, project: Project, form: Form, _public: str) -> Response:
        call = authentic(project, protocol.STATUS, "merchantId projectId reference", form)
        found = self._own(call)
        extra = {"resultAVS": 4020, "obvName": ""} if project.age_check else {}
        return reply(project, 0, **_told(found), resultPayment=self._bank.asked(found), **extra)

    def _refund(self, project: Project, form: Form, _public: str) -> Response:
        order = protocol.REFUND_PAGE if project.method == "payment_page" else protocol.REFUND
        required = "merchantId projectId merchantTxId amount currency reference"
        call = authentic(project, order, required, form)
        parent = self._paid_sale(call)
        if call.text("currency") != parent.currency:
            raise Refused(5033, project)
        return self._given_back(call, parent, "REFUND", call.amount)

    def _void(self, project: Project, form: Form, _public: str) -> Response:
        call = authentic(project, protocol.VOID, protocol.VOID, form)
        parent = self._paid_sale(call)
        return self._given_back(call, parent, "VOID", parent.amount_cents)

    def _given_back(self, call: Call, parent: Transaction, kind: str, amount_cents: int) -> Response:
        if amount_cents + self._book.given_back(parent.reference) > parent.amount_cents:
            raise Refused(5030, call.project)
        try:
            given = self._bank.give_back(call, parent, kind, amount_cents)
        except Duplicate:
            raise Refused(4503, call.project) from None
        told = _told(given)
        return reply(call.project, 0, **told, referenceParent=parent.reference, resultPayment=PAID)

    def _own(self, call: Call) -> Transaction:
        found = self._book.find(call.text("reference"))
        if found is None or found.project != call.project.number:
            raise Refused(5034, call.project)
        return found

    def _paid_sale(self, call: Call) -> Transaction:
        parent = self._own(call)
        if parent.kind != "SALE" or parent.state != "paid":
            raise Refused(5086, call.project)
        return parent

    def _projects(self, project: Project, form: Form, _public: str) -> Response:
        authentic(project, protocol.PROJECTS, protocol.PROJECTS, form)
        others = [p for p in self._settings.projects.values() if p.method != "payment_page"]
        return reply(
            project, 0, projects=[{"id": p.number, "name": p.method, "mode": "TEST"} for p in others]
        )


def _told(transaction: Transaction) -> dict[str, object]:
    return {
        "reference": transaction.reference,
        "merchantTxId": transaction.merchant_tx_id,
        "backendTxId": transaction.backend_tx_id,
        "amount": transaction.amount_cents,
        "currency": transaction.currency,
    }


def _iban_holds(iban: str) -> bool:
    text = iban.replace(" ", "").upper()
    if text == "DE87123456781234567890":  # the provider's test IBAN for "paid"
        return True
    if text == _REFUSED_TEST_IBAN or not text.isalnum() or not 15 <= len(text) <= 34:
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1
