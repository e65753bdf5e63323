"""What happens between payer and bank: a transaction is opened, decided once, booked, and announced."""

import secrets
import string
import time
import uuid
from collections.abc import Callable

from deploy.local.sandbox.control import AlreadyDecided
from deploy.local.sandbox.girocheckout.book import Book, Transaction
from deploy.local.sandbox.girocheckout.faults import NORMAL, Course
from deploy.local.sandbox.girocheckout.protocol import Call, with_result
from deploy.local.sandbox.girocheckout.settings import Project, Settings
from deploy.local.sandbox.script import Script
from deploy.local.sandbox.settlement import Calendar

PAID, FAILED, CANCELLED, EXPIRED, UNKNOWN = 4000, 4900, 4502, 4501, 4500
STATES = {PAID: "paid", FAILED: "failed", CANCELLED: "cancelled", EXPIRED: "expired"}
WISHES = {"pay": PAID, "fail": FAILED, "cancel": CANCELLED, "timeout": EXPIRED}
_FORCED = {
    Course.SUCCEED: PAID,
    Course.FAIL: FAILED,
    Course.CANCEL: CANCELLED,
    Course.TIMEOUT: EXPIRED,
    Course.SUCCESS_AFTER_CANCEL: CANCELLED,
}
_PAYMETHODS = {
    "direct_debit": 6,
    "card": 11,
    "paypal": 14,
    "payment_page": 32,
    "direct_transfer": 37,
    "wero": 40,
}
_ALPHABET = string.ascii_letters + string.digits


class Bank:
    """`wake` is called when a notification has been put into the book. Clock in seconds since the epoch."""

    def __init__(self, settings: Settings, book: Book, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._book = book
        self._wake = wake
        self._clock = time.time
        self.calendar = Calendar()
        self.script = Script(NORMAL)

    def project(self, transaction: Transaction) -> Project:
        return self._settings.projects[transaction.project]

    def open(self, call: Call, urls: dict[str, str]) -> Transaction:
        """Raises Duplicate."""
        transaction = self._new(call, "SALE", urls).become(fault=self.script.next_course())
        self._book.open(transaction)
        return transaction

    def _new(self, call: Call, kind: str, urls: dict[str, str]) -> Transaction:
        return Transaction(
            reference=str(uuid.uuid4()),
            project=call.project.number,
            kind=kind,
            merchant_tx_id=call.text("merchantTxId"),
            amount_cents=int(call.text("amount") or 0),
            currency=call.text("currency"),
            purpose=call.text("purpose"),
            kassenzeichen=call.text("kassenzeichen"),
            urls=urls,
            opened_at=self._clock(),
        )

    def decide(self, transaction: Transaction, wish: str) -> Transaction:
        """The payer's wish (a key of WISHES), as far as the course of the transaction lets it count."""
        if transaction.state != "open":
            raise AlreadyDecided
        fault = transaction.fault
        code = _FORCED.get(fault.kind, WISHES[wish]) if isinstance(fault.kind, Course) else WISHES[wish]
        if fault.kind is Course.ALTERED_AMOUNT:
            altered = fault.amount_cents or transaction.amount_cents + 100
            transaction = transaction.become(amount_cents=altered)
        if fault.kind is Course.UNKNOWN_FIRST:
            transaction = transaction.become(unknown_left=fault.answers)
        decided = self._book_result(transaction, code)
        self._announce(decided)
        return decided

    def pay_after_all(self, reference: str) -> Transaction:
        """The bank books what it had called cancelled; once, however often told. KeyError if unknown."""
        transaction = self._book.find(reference)
        if transaction is None:
            raise KeyError(reference)
        return transaction if transaction.state == "paid" else self._book_result(transaction, PAID)

    def give_back(self, call: Call, parent: Transaction, kind: str, amount_cents: int) -> Transaction:
        """A refund or void of a paid transaction, booked at once; where the call has no room for a
        Kassenzeichen, under that of the sale. Raises Duplicate."""
        now = self._clock()
        given = self._new(call, kind, {}).become(
            parent=parent.reference,
            kassenzeichen=call.text("kassenzeichen") or parent.kassenzeichen,
            amount_cents=amount_cents,
            currency=parent.currency,
            state="paid",
            code=PAID,
            backend_tx_id=_backend_id(),
            decided_at=now,
        )
        self._book.open(given)
        text = given.kassenzeichen or given.purpose or kind
        self._enter("refund", given.reference, -amount_cents, given.currency, text)
        return given

    def charge_back(self, transaction: Transaction) -> str:
        """The payer's bank takes a card's money back: the reference of that. The merchant hears of it by
        letter. Raises AlreadyDecided where it is not there."""
        left = self._disputed(transaction)
        if left <= 0:
            raise AlreadyDecided
        return self._dispute("reversal", transaction, -left)

    def restore(self, transaction: Transaction) -> str:
        """The dispute is won, and it comes again: the reference of that. Raises AlreadyDecided."""
        kept = transaction.amount_cents - self._book.given_back(transaction.reference)
        gone = kept - self._disputed(transaction)
        if transaction.state != "paid" or gone <= 0:
            raise AlreadyDecided
        return self._dispute("payment", transaction, gone)

    def _disputed(self, transaction: Transaction) -> int:
        """Cents of it that are with the merchant."""
        if transaction.state != "paid":
            return 0
        text = _dispute_of(transaction)
        moved = sum(int(e["amount_cents"]) for e in self._book.entries() if e["text"] == text)
        return transaction.amount_cents - self._book.given_back(transaction.reference) + moved

    def _dispute(self, kind: str, transaction: Transaction, cents: int) -> str:
        reference = str(uuid.uuid4())
        self._enter(kind, reference, cents, transaction.currency, _dispute_of(transaction))
        return reference

    def _enter(
        self, kind: str, reference: str, cents: int, currency: str, text: str, fee_cents: int = 0
    ) -> None:
        self._book.enter(self.calendar.now(), kind, reference, cents, currency, text, fee_cents)

    def _book_result(self, transaction: Transaction, code: int) -> Transaction:
        now = self._clock()
        decided = transaction.become(
            state=STATES[code], code=code, backend_tx_id=_backend_id(), decided_at=now
        )
        self._book.save(decided)
        if code == PAID:
            text, fee = decided.kassenzeichen or decided.purpose, self._settings.fee_cents
            self._enter("payment", decided.reference, decided.amount_cents, decided.currency, text, fee)
        return decided

    def _announce(self, transaction: Transaction) -> None:
        url, fault, now = transaction.urls.get("notify", ""), transaction.fault, self._clock()
        if not url or fault.kind is Course.NEVER:
            return
        reference = transaction.reference
        if fault.kind is Course.LATE:
            self._book.announce(reference, self.announcement(transaction, url), now + fault.seconds)
        elif fault.kind is Course.FORGED:
            forged = self.announcement(transaction.become(code=PAID), url, signature="0" * 32)
            self._book.announce(reference, forged, now)
        elif fault.kind is Course.TAMPERED:
            self._book.announce(reference, self._tampered(transaction, url), now)
        else:
            self._book.announce(reference, self.announcement(transaction, url), now)
        if fault.kind is Course.TWICE:
            self._book.announce(reference, self.announcement(transaction, url), now)
        if fault.kind is Course.SUCCESS_AFTER_CANCEL:
            self._book.announce(reference, "", now + fault.seconds, books=True)
        self._wake()

    def announcement(self, transaction: Transaction, url: str, *, signature: str = "") -> str:
        """The address to call, or to send the browser to, with the result in its query."""
        project = self.project(transaction)
        return with_result(url, self.parameters(transaction), project.passphrase, signature=signature)

    def _tampered(self, transaction: Transaction, url: str) -> str:
        true = self.announcement(transaction, url).rpartition("gcHash=")[2]
        lower = transaction.become(amount_cents=transaction.amount_cents + 1)
        return self.announcement(lower, url, signature=true)

    def parameters(self, transaction: Transaction) -> dict[str, str]:
        """The `gc*` parameters in the documented order."""
        project = self.project(transaction)
        result = {
            "gcReference": transaction.reference,
            "gcMerchantTxId": transaction.merchant_tx_id,
            "gcBackendTxId": transaction.backend_tx_id,
            "gcAmount": str(transaction.amount_cents),
            "gcCurrency": transaction.currency,
            "gcResultPayment": str(UNKNOWN if transaction.unknown_left else transaction.code),
        }
        if project.method == "payment_page":
            used = next((p for p in self._settings.projects.values() if p.method != "payment_page"), project)
            method = str(_PAYMETHODS[used.method])
            return {"gcPaymethod": method, "gcType": "SALE", "gcProjectId": str(used.number), **result}
        return {**result, "gcResultAVS": "4020"} if project.age_check else result

    def asked(self, transaction: Transaction) -> int:
        """The code a status call is told; counts down the answers that are still to be 4500."""
        if transaction.state == "open":
            return UNKNOWN
        if transaction.unknown_left:
            self._book.save(transaction.become(unknown_left=transaction.unknown_left - 1))
            return UNKNOWN
        return transaction.code


def _dispute_of(transaction: Transaction) -> str:
    return f"DISPUTE {transaction.merchant_tx_id}"


def _backend_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(22))
