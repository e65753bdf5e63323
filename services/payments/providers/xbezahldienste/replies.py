"""The platform's answers: a transaction with what was asked for, or a problem with a functional code."""

import json
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError

from services.payments.providers.port import Outcome, ProviderRefused, ProviderUnavailable, Reaction, State
from services.payments.providers.xbezahldienste.endpoint import Version, is_id
from services.payments.providers.xbezahldienste.requests import CURRENCY, MOST_CENTS

PAYMENT_EXISTS = "PAYMENT_EXISTS"
STATES = {
    "INITIAL": State.UNKNOWN,
    "PAYED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELED": State.CANCELLED,
}
REACTIONS: dict[str, Reaction | None] = {
    "NO_VALID_ORIGINATOR_OR_ENDPOINT": Reaction.CONFIGURATION,
    "NO_VALID_ORIGINATOR_OR_DESTINATION": Reaction.CONFIGURATION,  # an older name, still heard
    "FORBIDDEN": Reaction.CONFIGURATION,
    "BOOKING_DATA_MISSING": Reaction.CONFIGURATION,
    PAYMENT_EXISTS: Reaction.DUPLICATE,
    "CALCULATION_ERROR": Reaction.BUG,
    "VALIDATION_ERROR": Reaction.BUG,
    "UNSPECIFIED": None,  # says nothing, so nothing is known
}


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class Information(_Reply):
    transaction_id: str = Field(alias="transactionId")
    redirect_url: HttpUrl | None = Field(None, alias="transactionRedirectUrl")
    reference: str | None = Field(None, alias="transactionReference")
    status: str


class Transaction(_Reply):
    """`asked` is the echo of the payment request, which the platform need not send."""

    information: Information = Field(alias="paymentInformation")
    asked: dict[str, Any] = Field(default_factory=dict, alias="paymentRequest")

    def outcome(self, version: Version) -> Outcome:
        """Raises ProviderUnavailable where the echo is unreadable, ProviderRefused in a foreign currency."""
        amount, currency = self.asked.get(version.amount), self.asked.get("currency")
        if currency not in {None, CURRENCY}:
            raise ProviderRefused(
                "other_currency", Reaction.CONFIGURATION, "the platform answered in a foreign currency"
            )
        told = self.information
        return Outcome(
            state=STATES.get(told.status, State.UNKNOWN),
            code=told.status,
            reference=told.transaction_id,
            transaction_id=str(self.asked.get("requestId") or ""),
            amount_cents=None if amount is None else cents(amount),
            currency=currency,
            backend_transaction_id=told.reference or None,
        )


def read(content: bytes) -> Transaction:
    """Raises ProviderUnavailable where it is none."""
    try:
        found = Transaction.model_validate(_parsed(content))
    except ValidationError:
        raise ProviderUnavailable("unreadable_reply") from None
    if not is_id(found.information.transaction_id):
        raise ProviderUnavailable("unreadable_reply")
    return found


def cents(amount: object) -> int:
    """A JSON number in euros, as parsed without a float on the way. Raises ProviderUnavailable."""
    if isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
        raise ProviderUnavailable("unreadable_reply")
    if not 0 <= amount <= MOST_CENTS // 100:
        raise ProviderUnavailable("unreadable_reply")
    whole = Decimal(amount).scaleb(2)
    if whole != whole.to_integral_value():
        raise ProviderUnavailable("unreadable_reply")
    return int(whole)


def refusal(status: int, content: bytes) -> ProviderRefused | ProviderUnavailable:
    """What an answer other than 2xx means."""
    if status >= 500 or status in {408, 425, 429} or status < 400:
        return ProviderUnavailable(f"http_{status}")
    try:
        problem = _parsed(content)
    except ProviderUnavailable:
        problem = None
    code = problem.get("functionalCode") if isinstance(problem, dict) else None
    if not isinstance(code, str) or not code:
        code = f"http_{status}"
    default = Reaction.CONFIGURATION if status in {401, 403} else Reaction.BUG
    reaction = REACTIONS.get(code, default)
    if reaction is None:
        return ProviderUnavailable(code.lower())
    return ProviderRefused(code, reaction, f"HTTP {status}")


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ProviderUnavailable("unreadable_reply") from None


def _no_number(text: str) -> None:
    raise ValueError(text)
