"""The port of a payment provider.

Who calls it, and when: the payments service alone. `start` runs once per attempt, after the attempt is in
the log and before the payer's browser is sent away. `verify_callback` runs in the public callback route,
before anything is read from the request. `status` is asked by the poller for attempts still open, and by
the callback route whenever a notification differs from the stored attempt. `capture` runs where an outcome
says APPROVED, and only while the claim wants the money.

Where money may move: never in `start`, `status` or `verify_callback`. Money moves when the payer agrees on
the provider's page, between `start` and the first final outcome; at a provider that says APPROVED it moves in
`capture`. A failed `start` may therefore be abandoned and a new attempt begun; an attempt that has started
may never be abandoned silently, because its payer may still agree.

What must not happen here: no write to the log or a table, no retry (the caller's task table retries), no
decision about the claim, no reading of the browser's return as proof, no personal data in a log line.

What the caller owes the port before it believes an outcome: attempt, reference, amount and currency compared
with the stored attempt (`Outcome.agrees_with`). A notification that does not agree is not believed but
replaced by what `status` says; that call is authenticated field by field, a redirect-style notification is
not. A success after a final failure happens and is money: record it, do not drop it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID


class Method(StrEnum):
    """How a payer pays. The values appear in settings, in the API and in events. A transfer goes to the
    city's own account: no provider has it."""

    CARD = "card"
    PAYPAL = "paypal"
    DIRECT_DEBIT = "direct_debit"
    DIRECT_TRANSFER = "direct_transfer"
    WERO = "wero"
    PAYMENT_PAGE = "payment_page"
    TRANSFER = "transfer"


class State(StrEnum):
    """What is known of an attempt. Not final: UNKNOWN, and APPROVED, where the payer has agreed and the money
    moves only when we `capture` it. REVERSED follows SUCCEEDED: bank or card network took the money back, or
    part of it; RESTORED: they brought it back; REFUNDED: the provider gave it back without our order."""

    APPROVED = "approved"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REVERSED = "reversed"
    RESTORED = "restored"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"


class Reaction(StrEnum):
    """Why a provider refused, seen from the portal: who has to do something about it."""

    CONFIGURATION = "configuration"  # our account, project or passphrase: an operator's alarm
    BUG = "bug"  # our request: a developer's alarm
    PAYER = "payer"  # what the payer entered: say so and let them try again
    DUPLICATE = "duplicate"  # this transaction id has been used: the first attempt decides
    DECLINED = "declined"  # the provider does not want this payment


AFTERWARDS = (State.REVERSED, State.RESTORED, State.REFUNDED)
"""What may be told of money that had come, perhaps of part of it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to pay one claim; every new try is a new attempt with a new id.

    `amount_cents` is positive; `currency` ISO 4217. `purpose` is what the payer reads on the statement; a
    provider may shorten it. `kassenzeichen` goes in full to the provider's books. Both URLs are absolute:
    the browser returns to `return_url` (a hint), the provider calls `notify_url` (once verified, a proof).
    """

    attempt_id: UUID
    method: Method
    amount_cents: int
    currency: str
    purpose: str
    kassenzeichen: str
    return_url: str
    notify_url: str
    language: str = "de"

    @property
    def transaction_id(self) -> str:
        """Our id at the provider: the attempt's id as 32 hex digits, which every provider allows."""
        return self.attempt_id.hex


@dataclass(frozen=True, slots=True)
class Started:
    """The provider has opened a transaction; nothing is paid. Send the browser to `redirect_url`."""

    reference: str
    redirect_url: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider says about one transaction, authenticated.

    `code` is the provider's own code, kept as evidence only. `transaction_id` is ours (32 hex digits).
    `amount_cents` and `currency` are what it booked (REVERSED: took back), None where it names none.
    `backend_transaction_id` identifies the booking at the bank or card network (PayPal: the capture).
    `fee_cents` is what the provider keeps of it, None where it does not say. `entry` is the provider's own
    reference of what was taken back, brought back or given back, by which it is known when told again.
    `pending` says of UNKNOWN that the payer has done their part and the provider decides later. `afterwards`
    is what has become of the money of a SUCCEEDED that tells it too: outcomes of the states AFTERWARDS.
    """

    state: State
    code: str
    reference: str
    transaction_id: str
    amount_cents: int | None
    currency: str | None
    backend_transaction_id: str | None = None
    fee_cents: int | None = None
    entry: str = ""
    pending: bool = False
    afterwards: "tuple[Outcome, ...]" = ()

    def agrees_with(self, *, reference: str, attempt_id: UUID, amount_cents: int, currency: str) -> bool:
        """True if this outcome is about exactly the stored attempt and its money."""
        return (self.reference, self.transaction_id, self.amount_cents, self.currency) == (
            reference,
            attempt_id.hex,
            amount_cents,
            currency,
        )


@dataclass(frozen=True, slots=True)
class Callback:
    """A request to the provider's own door, exactly as received, nothing of it believed yet.

    `query` without the question mark; `headers` with lower-case names, a name given twice joined by `, `.
    """

    query: bytes
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Notification:
    """A callback that carries the provider's signature. `method` is the way to pay whose key signed it."""

    method: Method
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Money to give back, all or part of one settled payment; the same `refund_id` is the same refund.

    `payment_reference` is the provider's of the settled attempt, `backend_reference` that of its booking
    where the provider names it apart (PayPal: the capture). `amount_cents` is positive, `currency` ISO 4217.
    `whole` says that it is all that came with the payment, so that a provider may void it instead.
    """

    refund_id: UUID
    method: Method
    payment_reference: str
    backend_reference: str | None
    amount_cents: int
    currency: str
    purpose: str
    kassenzeichen: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """What became of a refund: SUCCEEDED, FAILED, or UNKNOWN while the provider still works on it."""

    state: State
    code: str
    reference: str
    amount_cents: int | None = None
    currency: str | None = None


class ProviderError(Exception):
    """Base of what a provider call may raise."""


class ProviderUnavailable(ProviderError):
    """Nothing is known: the call failed, or its answer could not be authenticated. `reason` is a short slug.

    From `start`: no reference exists, abandon the attempt. From `status`: it stays UNKNOWN, ask again.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderRefused(ProviderError):
    """The provider answered and declined the call itself; `code` is its code, `reaction` who must act."""

    def __init__(self, code: str, reaction: Reaction, meaning: str = "") -> None:
        super().__init__(f"{code} {meaning}".strip())
        self.code = code
        self.reaction = reaction


class CallbackForged(ProviderError):
    """The callback is not the provider's, or not unambiguously so: answer 400, change nothing, record a
    security event. `reason` is a short slug without any value of the request."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PaymentProvider(Protocol):
    """One provider. Safe to share between tasks; holds no state about attempts."""

    @property
    def name(self) -> str:
        """Slug that, with a reference, identifies a transaction: `girocheckout`."""
        ...

    @property
    def methods(self) -> frozenset[Method]:
        """The methods this installation has a contract for."""
        ...

    async def start(self, attempt: Attempt) -> Started:
        """Open a transaction. Raises ProviderUnavailable, ProviderRefused; ValueError if the attempt breaks
        a rule of the provider or its method is not in `methods`."""
        ...

    async def status(self, reference: str, method: Method) -> Outcome:
        """Ask what became of it. UNKNOWN is an answer. Raises ProviderUnavailable, ProviderRefused."""
        ...

    async def verify_callback(self, callback: Callback) -> Notification | None:
        """Check a callback; None where it is authentic and says nothing about a payment.

        A provider that sends none finds every callback forged. Raises CallbackForged; ProviderUnavailable
        where what proves it (a certificate) cannot be had now.
        """
        ...


@runtime_checkable
class CapturingProvider(PaymentProvider, Protocol):
    """A provider at which the payer's agreement (APPROVED) is not yet the money."""

    async def capture(self, reference: str, method: Method, attempt_id: UUID) -> Outcome:
        """Take the money that the payer agreed to. Money moves, once per `attempt_id`, however often called.

        UNKNOWN is an answer: the provider still works on it. Raises ProviderUnavailable (nothing is known,
        `status` decides), ProviderRefused (APPROVED stands, or the payer has to choose again).
        """
        ...


@runtime_checkable
class RefundingProvider(PaymentProvider, Protocol):
    """A provider that gives money back on our word; not every one does.

    Money moves in `refund`. `ProviderUnavailable` from it means that the money may have moved: only where
    `refund_repeatable` is true may the same order be sent again; otherwise a person looks.
    """

    @property
    def refundable_methods(self) -> frozenset[Method]:
        """The methods whose payments it gives back."""
        ...

    @property
    def refund_repeatable(self) -> bool:
        """Whether the provider knows a repeated order by its `refund_id` and gives back once."""
        ...

    async def refund(self, order: RefundOrder) -> RefundOutcome:
        """Give back. Raises ProviderUnavailable, ProviderRefused."""
        ...

    async def refund_status(self, order: RefundOrder, reference: str) -> RefundOutcome:
        """Ask what became of it. UNKNOWN is an answer. Raises ProviderUnavailable, ProviderRefused."""
        ...
