"""GiroCheckout's JSON replies: authenticated by the response header `hash` over the raw body, then parsed."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, HttpUrl, ValidationError
from pydantic.alias_generators import to_camel

from services.payments.providers.girocheckout import codes, hashes
from services.payments.providers.port import (
    Outcome,
    ProviderRefused,
    ProviderUnavailable,
    Reaction,
    RefundOutcome,
    State,
)

_UNSIGNED_REFUSALS = frozenset({5000, 5001})


class Envelope(BaseModel):
    """What every reply has. The provider writes numbers as numbers or as text; both are read."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, alias_generator=to_camel)

    rc: int
    msg: str = ""


class Begun(Envelope):
    """Reply to transaction/start (`redirect`) and paypage/init (`url`)."""

    reference: str
    redirect: HttpUrl | None = None
    url: HttpUrl | None = None


class Told(Envelope):
    """Reply to transaction/status. A transaction its payer has not decided yet may come without a result."""

    reference: str
    merchant_tx_id: str
    result_payment: int | None = None
    amount: int | None = None
    currency: str | None = None
    backend_tx_id: str | None = None

    def outcome(self) -> Outcome:
        result = self.result_payment
        told = None if result is None else codes.look_up(result)
        return Outcome(
            state=State.UNKNOWN if told is None else told.state,
            pending=told is not None and told.pending,
            code="" if result is None else str(result),
            reference=self.reference,
            transaction_id=self.merchant_tx_id,
            amount_cents=self.amount,
            currency=self.currency,
            backend_transaction_id=self.backend_tx_id or None,
        )


class GivenBack(Told):
    """Reply to transaction/refund and transaction/void."""

    reference_parent: str

    def given_back(self, parent: str, transaction_id: str) -> RefundOutcome:
        """Raises ProviderUnavailable where it is about another refund than ours."""
        if (self.reference_parent, self.merchant_tx_id) != (parent, transaction_id):
            raise ProviderUnavailable("answer_about_another_transaction")
        return refund_outcome(self)


def refund_outcome(told: Told) -> RefundOutcome:
    """What a reply says about a refund, of itself or asked for later."""
    outcome = told.outcome()
    return RefundOutcome(outcome.state, outcome.code, outcome.reference, told.amount, told.currency)


R = TypeVar("R", bound=Envelope)


def read(kind: type[R], *, passphrase: str, claimed_hash: str, body: bytes) -> R:
    """The reply as `kind`, if it is authentic and says rc 0.

    Raises ProviderUnavailable if it is not authentic or not readable, ProviderRefused for the provider's no.
    """
    if not hashes.matches(passphrase, body, claimed_hash):
        raise _unauthenticated(body)
    data = _object(body)
    try:
        envelope = Envelope.model_validate(data)
        if envelope.rc != codes.OK:
            raise _declined(envelope.rc)
        return kind.model_validate(data)
    except ValidationError:
        raise ProviderUnavailable("unreadable_reply") from None


def _unauthenticated(body: bytes) -> ProviderUnavailable | ProviderRefused:
    # rc 5000/5001 comes without a usable hash. A forger gains nothing by it: it is an alarm, not an outcome.
    try:
        number = Envelope.model_validate(_object(body)).rc
    except (ProviderUnavailable, ValidationError):
        number = codes.OK
    if number in _UNSIGNED_REFUSALS:
        return ProviderRefused(str(number), Reaction.CONFIGURATION, codes.look_up(number).meaning)
    return ProviderUnavailable("unauthenticated_reply")


def _declined(number: int) -> ProviderUnavailable | ProviderRefused:
    code = codes.look_up(number)
    if code.reaction is None:
        return ProviderUnavailable(f"rc_{number}")
    return ProviderRefused(str(number), code.reaction, code.meaning)


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderUnavailable("unreadable_reply") from None
    if not isinstance(data, dict):
        raise ProviderUnavailable("unreadable_reply")
    return data
