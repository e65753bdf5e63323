"""What happens between payer, PayPal and merchant: an order is made, agreed to, captured, given back."""

import time
from collections.abc import Callable

from deploy.local.sandbox.control import AlreadyDecided
from deploy.local.sandbox.paypal.book import Book, Capture, Dispute, Order, Refund
from deploy.local.sandbox.paypal.faults import NORMAL, Course
from deploy.local.sandbox.paypal.protocol import (
    Json,
    Refused,
    capture_json,
    cents_of,
    dispute_json,
    experience,
    fee_of,
    link,
    new_id,
    order_json,
    purchase_unit,
    refund_json,
    texts,
)
from deploy.local.sandbox.paypal.webhooks import Scribe
from deploy.local.sandbox.script import Script
from deploy.local.sandbox.settlement import Calendar

WISHES = ("pay", "fail", "cancel", "timeout")
WAITING = frozenset({"CREATED", "PAYER_ACTION_REQUIRED"})
CAPTURED = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
DISPUTE_FEE = 1400
"""Cents that PayPal keeps for a payment that the payer's bank took back."""


class House:
    """`wake` is called when a webhook has been put into the book. `public` is this server's address."""

    def __init__(self, book: Book, scribe: Scribe, wake: Callable[[], None]) -> None:
        self._book = book
        self._scribe = scribe
        self._wake = wake
        self._clock = time.time
        self.calendar = Calendar()
        self.script = Script(NORMAL)

    def create(self, data: Json, request_id: str) -> tuple[Order, bool]:
        """The order, and whether it is new: the same request id gives the same order. Raises Refused."""
        known = self._book.remembered("create", request_id)
        if known and (order := self._book.find(Order, known)):
            return order, False
        unit = purchase_unit(data)
        context, with_source = experience(data)
        cents, currency = cents_of(unit.get("amount"))
        order = Order(
            id=new_id(),
            at=self._clock(),
            amount_cents=cents,
            currency=currency,
            reference_id=unit.get("reference_id", "default"),
            custom_id=unit.get("custom_id", ""),
            invoice_id=unit.get("invoice_id", ""),
            description=unit.get("description", ""),
            return_url=context["return_url"],
            cancel_url=context["cancel_url"],
            brand_name=context.get("brand_name", ""),
            with_source=with_source,
            status="PAYER_ACTION_REQUIRED" if with_source else "CREATED",
            fault=self.script.next_course(),
        )
        self._book.save(order)
        self._book.remember("create", request_id, order.id)
        return order, True

    def order(self, order_id: str) -> Order:
        """Raises Refused 404, also for what has expired."""
        found = self._book.find(Order, order_id)
        if found is None or found.status == "GONE":
            raise Refused(404, "INVALID_RESOURCE_ID")
        return found

    def read(self, order_id: str, public: str) -> Json:
        """The representation; a reading of a pending capture brings it nearer to its end."""
        order = self.order(order_id)
        captures = [self._come_nearer(c, public) for c in self.captures(order)]
        return order_json(order, captures, self._refunds(captures), public)

    def captures(self, order: Order) -> list[Capture]:
        return [c for c in self._book.all(Capture) if c.order_id == order.id]

    def decide(self, order: Order, wish: str, public: str) -> Order:
        """The payer's wish. "fail": they agree, and their bank will not. A cancelled order stays open at
        PayPal: the payer may come back to it."""
        if order.status not in WAITING:
            raise AlreadyDecided
        if wish == "cancel":
            return order
        if wish == "timeout":
            gone = order.become(status="GONE")
            self._book.save(gone)
            return gone
        agreed = order.become(status="APPROVED", bank_declines=wish == "fail")
        self._book.save(agreed)
        self._tell(
            "CHECKOUT.ORDER.APPROVED", "checkout-order", order_json(agreed, [], [], public), agreed, public
        )
        return agreed

    def capture(self, order_id: str, request_id: str, public: str) -> tuple[Order, bool]:
        """The order, and whether it was captured now. Raises Refused."""
        order = self.order(order_id)
        if self._book.remembered("capture", request_id) == order.id:
            return order, False
        if order.status == "COMPLETED":
            raise Refused(422, "ORDER_ALREADY_CAPTURED")
        if order.status != "APPROVED":
            raise Refused(422, "ORDER_NOT_APPROVED")
        if any(c.invoice_id and c.invoice_id == order.invoice_id for c in self._book.all(Capture)):
            raise Refused(422, "DUPLICATE_INVOICE_ID")
        if order.fault.kind is Course.INSTRUMENT_DECLINED and not order.refused_once:
            again = order.become(refused_once=True, status="PAYER_ACTION_REQUIRED")
            self._book.save(again)
            way = link(f"{public}/checkoutnow?token={order.id}", "redirect")
            raise Refused(422, "INSTRUMENT_DECLINED", [way])
        done = order.become(status="COMPLETED")
        self._book.save(done)
        self._book.remember("capture", request_id, order.id)
        self._settle(self._new_capture(order), done, public)
        return done, True

    def _new_capture(self, order: Order) -> Capture:
        fault, cents, currency = order.fault, order.amount_cents, order.currency
        if fault.kind is Course.ALTERED_AMOUNT:
            cents = fault.amount_cents or cents + 100
        if fault.kind is Course.FOREIGN_CURRENCY:
            currency = "USD"
        declined = order.bank_declines or fault.kind is Course.DECLINED
        status = "DECLINED" if declined else "PENDING" if fault.kind is Course.PENDING else "COMPLETED"
        return Capture(
            new_id(), self._clock(), order.id, cents, currency, order.custom_id, order.invoice_id, status,
            fault.answers if status == "PENDING" else 0,
        )  # fmt: skip

    def _settle(self, capture: Capture, order: Order, public: str) -> None:
        self._book.save(capture)
        if capture.status == "COMPLETED":
            cents = capture.amount_cents
            self._enter("payment", capture.id, cents, capture, capture.invoice_id, fee_of(cents))
        kind = f"PAYMENT.CAPTURE.{capture.status}"
        self._tell(kind, "capture", capture_json(capture, public), order, public)

    def _come_nearer(self, capture: Capture, public: str) -> Capture:
        if capture.status != "PENDING":
            return capture
        if capture.pending_left:
            nearer = capture.become(pending_left=capture.pending_left - 1)
            self._book.save(nearer)
            return nearer
        return self.complete(capture, public)

    def complete(self, capture: Capture, public: str) -> Capture:
        """The review of a pending capture ends well."""
        done = capture.become(status="COMPLETED", at=self._clock())
        self._settle(done, self.order(capture.order_id), public)
        return done

    def find_capture(self, capture_id: str) -> Capture:
        found = self._book.find(Capture, capture_id)
        if found is None:
            raise Refused(404, "INVALID_RESOURCE_ID")
        return found

    def reverse(self, capture: Capture, public: str) -> None:
        """The payer's bank takes the money back."""
        text = f"REVERSAL {capture.invoice_id}"
        self._enter("reversal", capture.id, -capture.amount_cents, capture, text)
        self._enter("fee", new_id(), 0, capture, text, DISPUTE_FEE)
        told = capture_json(capture, public) | {"status": "REFUNDED"}
        self._tell("PAYMENT.CAPTURE.REVERSED", "capture", told, self.order(capture.order_id), public)

    def dispute(self, capture: Capture, public: str) -> Dispute:
        """The payer complains to their bank, which takes the money back until it is decided."""
        dispute = Dispute(
            f"PP-R-{new_id()[:10]}", self._clock(), capture.id, capture.amount_cents, capture.currency
        )
        self._book.save(dispute)
        self._tell_dispute("CUSTOMER.DISPUTE.CREATED", dispute, capture, public)
        self.reverse(capture, public)
        return dispute

    def resolve(self, dispute: Dispute, outcome: str, cents: int, public: str) -> Dispute:
        """It is decided; `cents` come back to the merchant. Raises AlreadyDecided."""
        if dispute.outcome:
            raise AlreadyDecided
        capture = self.find_capture(dispute.capture_id)
        done = dispute.become(outcome=outcome, returned_cents=cents)
        self._book.save(done)
        if cents:
            self._enter("payment", done.id, cents, capture, f"DISPUTE {outcome}")
        self._tell_dispute("CUSTOMER.DISPUTE.RESOLVED", done, capture, public)
        return done

    def find_dispute(self, dispute_id: str) -> Dispute:
        found = self._book.find(Dispute, dispute_id)
        if found is None:
            raise Refused(404, "INVALID_RESOURCE_ID")
        return found

    def read_dispute(self, dispute_id: str, public: str) -> Json:
        """Raises Refused 404."""
        found = self.find_dispute(dispute_id)
        return dispute_json(found, self.find_capture(found.capture_id), public)

    def _tell_dispute(self, kind: str, dispute: Dispute, capture: Capture, public: str) -> None:
        told = dispute_json(dispute, capture, public)
        self._tell(kind, "dispute", told, self.order(capture.order_id), public)

    def refund(self, capture_id: str, data: Json, request_id: str, public: str) -> tuple[Refund, bool]:
        """The refund, and whether it is new. Raises Refused."""
        known = self._book.remembered("refund", request_id)
        if known and (refund := self._book.find(Refund, known)):
            return refund, False
        capture = self.find_capture(capture_id)
        if capture.status not in CAPTURED:
            raise Refused(422, "CAPTURE_STATUS_NOT_VALID")
        texts(data, {"note_to_payer": 255, "custom_id": 127, "invoice_id": 127})
        left = capture.amount_cents - self._given_back(capture)
        cents, currency = cents_of(data["amount"]) if "amount" in data else (left, capture.currency)
        if left == 0:
            raise Refused(422, "CAPTURE_FULLY_REFUNDED")
        if currency != capture.currency:
            raise Refused(422, "REFUND_CAPTURE_CURRENCY_MISMATCH")
        if cents > left:
            raise Refused(422, "REFUND_AMOUNT_EXCEEDED")
        refund = self._new_refund(capture, cents, data)
        self._book.save(refund)
        self._book.remember("refund", request_id, refund.id)
        if refund.status == "COMPLETED":
            self._give(refund, capture, public)
        return refund, True

    def _new_refund(self, capture: Capture, cents: int, data: Json) -> Refund:
        fault = self.order(capture.order_id).fault
        status, left = "COMPLETED", 0
        if fault.kind is Course.REFUND_PENDING:
            status, left = "PENDING", fault.answers
        if fault.kind is Course.REFUND_FAILED:
            status = "FAILED"
        return Refund(
            new_id(), self._clock(), capture.id, cents, capture.currency, data.get("custom_id", ""),
            data.get("invoice_id", ""), data.get("note_to_payer", ""), status, left,
        )  # fmt: skip

    def read_refund(self, refund_id: str, public: str) -> Refund:
        refund = self._book.find(Refund, refund_id)
        if refund is None:
            raise Refused(404, "INVALID_RESOURCE_ID")
        if refund.status == "PENDING" and refund.pending_left:
            self._book.save(refund.become(pending_left=refund.pending_left - 1))
        elif refund.status == "PENDING":
            refund = refund.become(status="COMPLETED")
            self._book.save(refund)
            self._give(refund, self.find_capture(refund.capture_id), public)
        return refund

    def _give(self, refund: Refund, capture: Capture, public: str) -> None:
        text = f"REFUND {capture.invoice_id}"
        self._enter("refund", refund.id, -refund.amount_cents, capture, text)
        whole = self._given_back(capture) == capture.amount_cents
        self._book.save(capture.become(status="REFUNDED" if whole else "PARTIALLY_REFUNDED"))
        order = self.order(capture.order_id)
        self._tell("PAYMENT.CAPTURE.REFUNDED", "refund", refund_json(refund, public), order, public)

    def _enter(
        self, kind: str, reference: str, cents: int, capture: Capture, text: str, fee_cents: int = 0
    ) -> None:
        at = self.calendar.now()
        self._book.enter(at, kind, reference, cents, capture.currency, text, fee_cents)

    def _given_back(self, capture: Capture) -> int:
        return sum(r.amount_cents for r in self._refunds([capture]) if r.status in {"COMPLETED", "PENDING"})

    def _refunds(self, captures: list[Capture]) -> list[Refund]:
        ids = {c.id for c in captures}
        return [r for r in self._book.all(Refund) if r.capture_id in ids]

    def _tell(self, kind: str, resource_type: str, resource: Json, order: Order, public: str) -> None:
        self._scribe.write(kind, resource_type, resource, order.fault, public)
        self._wake()
