"""The payment provider port, spoken to PayPal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from services.payments.providers.paypal import requests
from services.payments.providers.paypal.account import Account, Verification
from services.payments.providers.paypal.certificates import Certificates
from services.payments.providers.paypal.disputes import RESOLVED, Dispute, Named
from services.payments.providers.paypal.issues import ALREADY_CAPTURED
from services.payments.providers.paypal.replies import OURS, Capture, Order, Refund, is_ours
from services.payments.providers.paypal.session import Session
from services.payments.providers.paypal.webhooks import Event, Transmission
from services.payments.providers.port import (
    Attempt,
    Callback,
    CallbackForged,
    Method,
    Notification,
    Outcome,
    ProviderRefused,
    ProviderUnavailable,
    Reaction,
    RefundOrder,
    RefundOutcome,
    Started,
    State,
)

_REVERSED = "PAYMENT.CAPTURE.REVERSED"
_REFUNDED = "PAYMENT.CAPTURE.REFUNDED"
_AFTERWARDS = {_REVERSED: State.REVERSED, _REFUNDED: State.REFUNDED}
_OF_AN_ORDER = frozenset({"CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED", "CHECKOUT.ORDER.VOIDED"})
_OF_A_CAPTURE = frozenset(
    {f"PAYMENT.CAPTURE.{what}" for what in ("COMPLETED", "PENDING", "DECLINED", "DENIED")}
    | _AFTERWARDS.keys()
)


class _Verified(BaseModel):
    verification_status: str


class PayPal:
    """`base_url` is the API's host, e.g. `https://api-m.paypal.com`. The caller owns `http` and closes it."""

    name = "paypal"
    methods = frozenset({Method.PAYPAL})
    refundable_methods = methods
    refund_repeatable = True

    def __init__(
        self,
        *,
        base_url: str,
        account: Account,
        http: httpx.AsyncClient,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._account = account
        self._clock = clock
        self._session = Session(
            base_url=base_url, client_id=account.client_id, client_secret=account.client_secret, http=http
        )
        self._certificates = Certificates(http, account.authorities, account.certificate_origin, clock)

    async def start(self, attempt: Attempt) -> Started:
        """A repetition gives the order of the first call."""
        body = requests.create(attempt, self._account.brand_name)
        order = await self._session.call(
            Order, "POST", "/v2/checkout/orders", body=body, request_id=f"{attempt.transaction_id}:create"
        )
        return Started(order.id, order.payer_url())

    async def status(self, reference: str, method: Method) -> Outcome:
        """PayPal forgets an order that nobody agreed to in time: EXPIRED, with nothing known of it."""
        try:
            order = await self._order(reference)
        except ProviderRefused as refused:
            if refused.code != "INVALID_RESOURCE_ID":
                raise
            return Outcome(State.EXPIRED, refused.code, reference, "", None, None)
        return order.outcome()

    async def capture(self, reference: str, method: Method, attempt_id: UUID) -> Outcome:
        try:
            order = await self._session.call(
                Order,
                "POST",
                f"/v2/checkout/orders/{quote(reference, safe='')}/capture",
                request_id=f"{attempt_id.hex}:capture",
            )
        except ProviderRefused as refused:
            if refused.code != ALREADY_CAPTURED:
                raise
            order = await self._order(reference)
        return _about(reference, order).outcome()

    async def verify_callback(self, callback: Callback) -> Notification | None:
        transmission = Transmission.of(callback, self._clock)
        event = await self._believed(transmission)
        try:
            outcome = await self._told_by(event)
        except ProviderRefused as refused:
            raise ProviderUnavailable(f"refused_{refused.code}".lower()) from refused
        # the account may serve other shops, whose orders are not ours to judge
        if outcome is None or not OURS.fullmatch(outcome.transaction_id):
            return None
        return Notification(Method.PAYPAL, outcome)

    async def refund(self, order: RefundOrder) -> RefundOutcome:
        body = requests.refund(order)
        capture_id = order.backend_reference or await self._capture_of(order.payment_reference)
        refund = await self._session.call(
            Refund,
            "POST",
            f"/v2/payments/captures/{quote(capture_id, safe='')}/refund",
            body=body,
            request_id=order.refund_id.hex,
        )
        return refund.outcome()

    async def refund_status(self, order: RefundOrder, reference: str) -> RefundOutcome:
        path = f"/v2/payments/refunds/{quote(reference, safe='')}"
        refund = await self._session.call(Refund, "GET", path)
        if refund.id != reference:
            raise ProviderUnavailable("answer_about_another_transaction")
        return refund.outcome()

    async def _order(self, reference: str) -> Order:
        path = f"/v2/checkout/orders/{quote(reference, safe='')}"
        return _about(reference, await self._session.call(Order, "GET", path))

    async def _capture_of(self, reference: str) -> str:
        capture = (await self._order(reference)).capture()
        if capture is None:
            raise ProviderRefused("no_capture", Reaction.BUG, "the order has no capture to give back")
        return capture.id

    async def _believed(self, transmission: Transmission) -> Event:
        webhook_id = self._account.webhook_id
        if self._account.verification is Verification.OFFLINE:
            key = await self._certificates.key(transmission.certificate_url)
            transmission.require_signed(key, webhook_id)
            return transmission.event()
        event = transmission.event()
        try:
            verified = await self._session.call(
                _Verified,
                "POST",
                "/v1/notifications/verify-webhook-signature",
                body=transmission.question(webhook_id),
            )
        except ProviderRefused as refused:
            if refused.reaction is Reaction.CONFIGURATION:
                raise ProviderUnavailable(f"refused_{refused.code}".lower()) from refused
            raise CallbackForged("wrong_hash") from refused
        if verified.verification_status != "SUCCESS":
            raise CallbackForged("wrong_hash")
        return event

    async def _told_by(self, event: Event) -> Outcome | None:
        """None for an event that says nothing about a payment, or about none that can be found."""
        try:
            if event.event_type == RESOLVED:
                return await self._won(Named.model_validate(event.resource).dispute_id)
            if event.event_type in _OF_AN_ORDER:
                return await self.status(Order.model_validate(event.resource).id, Method.PAYPAL)
            if event.event_type not in _OF_A_CAPTURE:
                return None
            told = Capture.model_validate(event.resource)
        except ValidationError:
            return None
        order_id = await self._order_id(told)
        if not order_id:
            return None
        outcome = await self.status(order_id, Method.PAYPAL)
        return _afterwards(event, told, outcome) if event.event_type in _AFTERWARDS else outcome

    async def _won(self, dispute_id: str) -> Outcome | None:
        """What a dispute that has ended brought back; None where it brought nothing."""
        path = f"/v1/customer/disputes/{quote(dispute_id, safe='')}"
        dispute = await self._session.call(Dispute, "GET", path)
        if dispute.dispute_id != dispute_id:
            raise ProviderUnavailable("answer_about_another_transaction")
        cents = dispute.came_again()
        if cents <= 0 or not dispute.capture_id:
            return None
        outcome = await self.status(await self._order_of(dispute.capture_id), Method.PAYPAL)
        return replace(
            outcome, state=State.RESTORED, code=dispute.code, amount_cents=cents, fee_cents=None,
            entry=dispute_id, afterwards=(),
        )  # fmt: skip

    async def _order_id(self, told: Capture) -> str:
        if told.order_id or not told.capture_id:
            return told.order_id
        return await self._order_of(told.capture_id)

    async def _order_of(self, capture_id: str) -> str:
        path = f"/v2/payments/captures/{quote(capture_id, safe='')}"
        return (await self._session.call(Capture, "GET", path)).order_id


def _afterwards(event: Event, told: Capture, outcome: Outcome) -> Outcome | None:
    """What became of money that had come; None of a refund that we ordered, whose task asks for it."""
    state = _AFTERWARDS[event.event_type]
    if state is State.REFUNDED and _is_ours(told, outcome):
        return None
    return replace(
        outcome, state=state, code=event.event_type, fee_cents=None,
        amount_cents=outcome.amount_cents if told.amount is None else told.amount.cents(),
        entry=told.id if told.capture_id else event.id,  # a capture in its place has no id of its own
        afterwards=(),
    )  # fmt: skip


def _is_ours(told: Capture, outcome: Outcome) -> bool:
    """Whether we ordered this refund, or it has not given the money back: its task asks what became of it."""
    ordered = is_ours(told.custom_id, outcome.transaction_id)
    return ordered or not told.capture_id or told.status not in ("", "COMPLETED")


def _about(reference: str, order: Order) -> Order:
    if order.id != reference:
        raise ProviderUnavailable("answer_about_another_transaction")
    return order
