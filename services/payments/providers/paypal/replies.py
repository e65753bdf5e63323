"""PayPal's orders, captures and refunds as far as the portal reads them, and what they mean for the port."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, HttpUrl

from services.payments.providers.paypal import money
from services.payments.providers.port import Outcome, ProviderUnavailable, RefundOutcome, State

_ORDERS = {
    "CREATED": State.UNKNOWN,
    "SAVED": State.UNKNOWN,
    "PAYER_ACTION_REQUIRED": State.UNKNOWN,
    "APPROVED": State.APPROVED,
    "VOIDED": State.EXPIRED,
}
_CAPTURES = {
    "COMPLETED": State.SUCCEEDED,
    "PARTIALLY_REFUNDED": State.SUCCEEDED,
    "REFUNDED": State.SUCCEEDED,
    "PENDING": State.UNKNOWN,
    "DECLINED": State.FAILED,
    "FAILED": State.FAILED,
}
_REFUNDS = {
    "COMPLETED": State.SUCCEEDED,
    "PENDING": State.UNKNOWN,
    "FAILED": State.FAILED,
    "CANCELLED": State.FAILED,
}
_GIVEN_BACK = frozenset({"PARTIALLY_REFUNDED", "REFUNDED"})
_FIRST = (State.SUCCEEDED, State.UNKNOWN, State.FAILED)  # money that is there outweighs a try that failed
OURS = re.compile(r"[0-9a-f]{32}")
_ORDER_LINK = re.compile(r"/v2/checkout/orders/([A-Z0-9-]{1,36})$")
_CAPTURE_LINK = re.compile(r"/v2/payments/captures/([A-Z0-9-]{1,36})$")


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class Money(_Reply):
    currency_code: str
    value: str

    def cents(self) -> int:
        return money.cents(self.value, self.currency_code)


class Link(_Reply):
    href: str
    rel: str


class _Breakdown(_Reply):
    paypal_fee: Money | None = None


class _RelatedIds(_Reply):
    order_id: str = ""
    capture_id: str = ""


class _Supplement(_Reply):
    related_ids: _RelatedIds = _RelatedIds()


class Capture(_Reply):
    """A capture, or in a webhook whatever stands for one (also a refund's body, which links up to it)."""

    id: str
    status: str = ""
    custom_id: str = ""
    amount: Money | None = None
    seller_receivable_breakdown: _Breakdown = _Breakdown()
    supplementary_data: _Supplement = _Supplement()
    links: list[Link] = []

    @property
    def state(self) -> State:
        return _CAPTURES.get(self.status, State.UNKNOWN)

    @property
    def order_id(self) -> str:
        return self.supplementary_data.related_ids.order_id or self._linked(_ORDER_LINK)

    @property
    def capture_id(self) -> str:
        """The capture that this belongs to, where it is none itself."""
        return self.supplementary_data.related_ids.capture_id or self._linked(_CAPTURE_LINK)

    def _linked(self, form: re.Pattern[str]) -> str:
        found = (form.search(link.href) for link in self.links if link.rel == "up")
        return next((match[1] for match in found if match), "")

    def fee_cents(self) -> int | None:
        fee = self.seller_receivable_breakdown.paypal_fee
        return None if fee is None else fee.cents()


class Refund(_Reply):
    id: str
    status: str
    custom_id: str = ""
    amount: Money | None = None

    @property
    def state(self) -> State:
        return _REFUNDS.get(self.status, State.UNKNOWN)

    def outcome(self) -> RefundOutcome:
        cents = self.cents()
        return RefundOutcome(
            self.state, self.status, self.id, cents, None if cents is None else money.CURRENCY
        )

    def cents(self) -> int | None:
        return None if self.amount is None else self.amount.cents()


class _Payments(_Reply):
    captures: list[Capture] = []
    refunds: list[Refund] = []

    def tells_all(self, capture: Capture) -> bool:
        """Whether it is known what of this capture went back."""
        states = {refund.state for refund in self.refunds} - {State.FAILED}
        return capture.status not in _GIVEN_BACK or states == {State.SUCCEEDED}

    def words(self, paid: Outcome) -> Iterator[Outcome]:
        """Refunds of this payment that we did not order."""
        for one in self.refunds:
            if one.state is State.SUCCEEDED and not is_ours(one.custom_id, paid.transaction_id):
                yield replace(
                    paid, state=State.REFUNDED, code=one.status, amount_cents=one.cents(), fee_cents=None,
                    entry=one.id,
                )  # fmt: skip


class Unit(_Reply):
    custom_id: str = ""
    amount: Money | None = None
    payments: _Payments = _Payments()


class Order(_Reply):
    """An order in full representation; this portal makes orders of one purchase unit."""

    id: str
    status: str
    purchase_units: list[Unit] = []
    links: list[Link] = []

    def payer_url(self) -> str:
        """Where the payer agrees. Raises ProviderUnavailable where the order leads nowhere."""
        for link in self.links:
            if link.rel in {"payer-action", "approve"}:
                try:
                    return str(HttpUrl(link.href))
                except ValueError:
                    break
        raise ProviderUnavailable("unreadable_reply")

    def capture(self) -> Capture | None:
        """The capture that counts: COMPLETED of the order alone would not be money."""
        captures: Sequence[Capture] = [c for unit in self.purchase_units for c in unit.payments.captures]
        return min(captures, key=lambda c: _FIRST.index(c.state), default=None)

    def outcome(self) -> Outcome:
        """Raises ProviderUnavailable where it is not readable, ProviderRefused in a foreign currency."""
        if len(self.purchase_units) != 1:
            raise ProviderUnavailable("unreadable_reply")
        unit, capture = self.purchase_units[0], self.capture()
        amount = unit.amount if capture is None else capture.amount
        cents = None if amount is None else amount.cents()
        if capture is None:
            state = _ORDERS.get(self.status, State.UNKNOWN)
            return Outcome(state, self.status, self.id, unit.custom_id, cents, money.CURRENCY)
        told = unit.payments.tells_all(capture)
        outcome = Outcome(
            capture.state if told else State.UNKNOWN,
            f"{self.status}/{capture.status}",
            self.id,
            unit.custom_id,
            cents,
            money.CURRENCY,
            capture.id,
            capture.fee_cents(),
            pending=not told or capture.status == "PENDING",
        )
        if outcome.state is not State.SUCCEEDED:
            return outcome
        return replace(outcome, afterwards=tuple(unit.payments.words(outcome)))


def is_ours(custom_id: str, transaction_id: str) -> bool:
    """Whether a refund bears an id of ours; one made in PayPal's pages has its payment's."""
    return bool(OURS.fullmatch(custom_id)) and custom_id != transaction_id
