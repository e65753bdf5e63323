"""What happens at the platform: a payment is opened, decided once by its payer, and told when asked."""

import secrets
import time
import uuid
from typing import Any

from deploy.local.sandbox.control import AlreadyDecided
from deploy.local.sandbox.script import Script
from deploy.local.sandbox.settlement import Calendar, Row
from deploy.local.sandbox.xbezahldienste.book import Book, Exists, Payment
from deploy.local.sandbox.xbezahldienste.faults import NORMAL, Course
from deploy.local.sandbox.xbezahldienste.protocol import Number, Refused, checked, euros
from deploy.local.sandbox.xbezahldienste.settings import Settings

WISHES = {"pay": "PAYED", "fail": "FAILED", "cancel": "CANCELED"}


class Platform:
    def __init__(self, settings: Settings, book: Book) -> None:
        self._settings = settings
        self._book = book
        self._clock = time.time
        self.calendar = Calendar()
        self.script = Script(NORMAL)

    def open(self, data: dict[str, Any]) -> Payment:
        """Raises Refused."""
        amount = checked(data, self._settings.booking_data)
        payment = Payment(
            transaction_id=str(uuid.uuid4()),
            request_id=data["requestId"],
            at=self._clock(),
            asked=data,
            amount_cents=amount,
            fault=self.script.next_course(),
        )
        try:
            self._book.open(payment)
        except Exists:
            raise Refused(409, "PAYMENT_EXISTS", "this requestId has been used") from None
        return payment

    def decide(self, payment: Payment, wish: str) -> Payment:
        """A key of WISHES. Raises AlreadyDecided."""
        if payment.status != "INITIAL":
            raise AlreadyDecided
        fault, booked = payment.fault, payment.amount_cents
        if fault.kind is Course.ALTERED_AMOUNT:
            booked = fault.amount_cents or booked + 100
        decided = payment.become(
            status=WISHES[wish],
            booked_cents=booked if wish == "pay" else 0,
            booked_at=self.calendar.now(),
            amount_cents=booked,
            initial_left=fault.answers if fault.kind is Course.UNKNOWN_FIRST else 0,
        )
        self._book.save(decided)
        return decided

    def asked_for(self, transaction_id: str) -> Payment:
        """The payment as it is told now. Raises Refused."""
        found = self._book.find(transaction_id)
        if found is None and self._settings.answers_to_request_id:
            found = self._book.of_request(transaction_id)
        if found is None:
            raise Refused(404, "VALIDATION_ERROR", "no such transaction")
        if found.initial_left:
            self._book.save(found.become(initial_left=found.initial_left - 1))
            return found.become(status="INITIAL")
        return found

    def rows(self) -> list[Row]:
        """What was paid; who runs such a platform keeps nothing of it."""
        return [
            Row(one.booked_at, "payment", one.transaction_id, one.booked_cents, 0, "EUR")
            for one in self._book.payments()
            if one.booked_cents
        ]

    def told(self, payment: Payment, public: str) -> dict[str, Any]:
        """The representation, in the interface's names."""
        page = f"{public}/bezahlen/{payment.transaction_id}"
        information: dict[str, Any] = {
            "transactionId": payment.transaction_id,
            "transactionUrl": page,
            "transactionTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(payment.at)),
            "status": payment.status,
            "statusDetail": "",
        }
        if payment.status == "INITIAL":
            information["transactionRedirectUrl"] = page
        if payment.status == "PAYED":
            information |= {"paymentMethod": "OTHER", "paymentMethodDetail": "Sandbox"}
            information["transactionReference"] = f"SB-{payment.transaction_id[:8]}"
        if payment.fault.kind is Course.SILENT:
            return {"paymentInformation": information}
        asked = {**payment.asked, "grosAmount": Number(euros(payment.amount_cents))}
        if payment.fault.kind is Course.FOREIGN_CURRENCY:
            asked["currency"] = "CHF"
        # what the book keeps of the items is text; the echo of an item is nobody's need here
        return {"paymentInformation": information, "paymentRequest": {**asked, "items": []}}


def new_token() -> str:
    return secrets.token_urlsafe(32)
