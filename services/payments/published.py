"""The public events of payments."""

from datetime import UTC, date, datetime
from uuid import UUID

from pydantic import BaseModel

from services.payments import cash_published
from services.payments.bank.published import publish
from services.payments.domain import dunning_events, events
from shared.bus.published import Published

_CLAIM = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c02")
_CASE = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c10")
_ACCOUNT = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c11")
_ATTEMPT = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c12")


class PaymentRequested(BaseModel):
    """The city claims an amount for a case: its whole charge, or one of `instalment_count` instalments."""

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    amount_cents: int
    currency: str
    kassenzeichen: str
    pay_by: date | None
    instalment: int = 1
    instalment_count: int = 1


class PayerReminded(BaseModel):
    """It should have been paid by now: the payer gets a word, once for each step."""

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    step: str
    owed_cents: int


class PaymentStarted(BaseModel):
    """A provider waits for the payer."""

    claim_id: UUID
    case_id: UUID
    attempt_id: UUID
    method: str


class PaymentSettled(BaseModel):
    """The claim is paid in full, by a provider's or the bank's verified word.

    `attempt_id` is the receipt's own id where the money came without an attempt. `amount_cents` came last,
    `claim_cents` is the whole claim; None in what was told before parts were taken, when both were the same.
    Until `provisional_until` the payer may have the money back from their bank. The claim as of
    `stream_version` holds all that a receipt needs.
    """

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    attempt_id: UUID
    amount_cents: int
    claim_cents: int | None = None
    currency: str
    method: str
    settled_at: datetime
    provisional_until: datetime | None = None
    instalment: int = 1
    stream_version: int | None = None


class PartReceived(BaseModel):
    """Less came than is owed: it counts, and the claim stays open with the rest."""

    claim_id: UUID
    case_id: UUID
    payment_id: UUID
    amount_cents: int
    currency: str
    method: str
    stream_version: int | None = None


class PaymentReversed(BaseModel):
    """Bank or card network took a payment back; `owed_cents` of it is owed again."""

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    payment_id: UUID
    owed_cents: int
    currency: str
    code: str


class PaymentFailed(BaseModel):
    """An attempt ended without money; the claim stays open."""

    claim_id: UUID
    case_id: UUID
    attempt_id: UUID
    outcome: str


class PaymentUnclear(BaseModel):
    """The provider does not know yet whether the payer has paid; it is being asked."""

    claim_id: UUID
    case_id: UUID
    attempt_id: UUID


class ClaimCancelled(BaseModel):
    """The city no longer claims the amount."""

    claim_id: UUID
    case_id: UUID
    reason: str


class SurplusReceived(BaseModel):
    """Money came that the claim did not want; a person sees to it."""

    claim_id: UUID
    case_id: UUID
    attempt_id: UUID
    amount_cents: int
    currency: str
    reason: str


class RefundFellDue(BaseModel):
    """A paid claim lost its reason; the provider or a person sees to the refund."""

    claim_id: UUID
    case_id: UUID
    amount_cents: int
    reason: str


class DunningStepTaken(BaseModel):
    """A claim is overdue: the payer was reminded, or more; `charge_cents` came on top of it."""

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    step: str
    charge_cents: int
    owed_cents: int
    currency: str
    due_on: date


class MoneyTaskSettled(BaseModel):
    """Money that the city held without a claim was returned, or kept by agreement; `voucher` proves it."""

    claim_id: UUID
    case_id: UUID
    kind: str
    amount_cents: int
    currency: str
    how: str
    voucher: str
    stream_version: int | None = None


PUBLISHED = Published("payments")
PUBLISHED.add(
    events.PaymentRequested,
    name="PaymentRequested",
    model=PaymentRequested,
    to=lambda e: PaymentRequested(
        claim_id=e.originator_id, case_id=e.case_id, account_id=e.account_id, amount_cents=e.amount_cents,
        currency=e.currency, kassenzeichen=e.kassenzeichen, pay_by=e.pay_by, instalment=e.instalment,
        instalment_count=e.instalment_count,
    ),
    example=PaymentRequested(
        claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, amount_cents=3060, currency="EUR",
        kassenzeichen="47112600000122", pay_by=date(2026, 11, 29),
    ),
)  # fmt: skip
PUBLISHED.add(
    events.PayerReminded,
    name="PayerReminded",
    model=PayerReminded,
    to=lambda e: PayerReminded(
        claim_id=e.originator_id, case_id=e.case_id, account_id=e.account_id, step=e.step,
        owed_cents=e.owed_cents,
    ),
    example=PayerReminded(
        claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, step="reminder", owed_cents=3060
    ),
)  # fmt: skip
PUBLISHED.add(
    events.PaymentStarted,
    name="PaymentStarted",
    model=PaymentStarted,
    to=lambda e: PaymentStarted(
        claim_id=e.originator_id, case_id=e.case_id, attempt_id=e.attempt_id, method=e.method
    ),
    example=PaymentStarted(claim_id=_CLAIM, case_id=_CASE, attempt_id=_ATTEMPT, method="card"),
)
PUBLISHED.add(
    events.PaymentSettled,
    name="PaymentSettled",
    model=PaymentSettled,
    to=lambda e: PaymentSettled(
        claim_id=e.originator_id, case_id=e.case_id, account_id=e.account_id, attempt_id=e.attempt_id,
        amount_cents=e.amount_cents, claim_cents=e.claim_cents, currency=e.currency, method=e.method,
        settled_at=e.timestamp, provisional_until=e.provisional_until, instalment=e.instalment,
        stream_version=e.originator_version,
    ),
    example=PaymentSettled(
        claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, attempt_id=_ATTEMPT, amount_cents=3060,
        claim_cents=3060, currency="EUR", method="card", settled_at=datetime(2026, 11, 22, 9, 31, tzinfo=UTC),
        stream_version=4,
    ),
)  # fmt: skip
PUBLISHED.add(
    events.PaymentFailed,
    name="PaymentFailed",
    model=PaymentFailed,
    to=lambda e: PaymentFailed(
        claim_id=e.originator_id, case_id=e.case_id, attempt_id=e.attempt_id, outcome=e.outcome
    ),
    example=PaymentFailed(claim_id=_CLAIM, case_id=_CASE, attempt_id=_ATTEMPT, outcome="cancelled"),
)
PUBLISHED.add(
    events.PaymentUnclear,
    name="PaymentUnclear",
    model=PaymentUnclear,
    to=lambda e: PaymentUnclear(claim_id=e.originator_id, case_id=e.case_id, attempt_id=e.attempt_id),
    example=PaymentUnclear(claim_id=_CLAIM, case_id=_CASE, attempt_id=_ATTEMPT),
)
PUBLISHED.add(
    events.ClaimCancelled,
    name="ClaimCancelled",
    model=ClaimCancelled,
    to=lambda e: ClaimCancelled(claim_id=e.originator_id, case_id=e.case_id, reason=e.reason),
    example=ClaimCancelled(claim_id=_CLAIM, case_id=_CASE, reason="withdrawn"),
)
PUBLISHED.add(
    events.SurplusReceived,
    name="SurplusReceived",
    model=SurplusReceived,
    to=lambda e: SurplusReceived(
        claim_id=e.originator_id, case_id=e.case_id, attempt_id=e.attempt_id, amount_cents=e.amount_cents,
        currency=e.currency, reason=e.reason,
    ),
    example=SurplusReceived(
        claim_id=_CLAIM, case_id=_CASE, attempt_id=_ATTEMPT, amount_cents=3060, currency="EUR",
        reason="after_cancellation",
    ),
)  # fmt: skip
PUBLISHED.add(
    events.RefundFellDue,
    name="RefundFellDue",
    model=RefundFellDue,
    to=lambda e: RefundFellDue(
        claim_id=e.originator_id, case_id=e.case_id, amount_cents=e.amount_cents, reason=e.reason
    ),
    example=RefundFellDue(claim_id=_CLAIM, case_id=_CASE, amount_cents=3060, reason="rejected"),
)
PUBLISHED.add(
    events.MoneyTaskSettled,
    name="MoneyTaskSettled",
    model=MoneyTaskSettled,
    to=lambda e: MoneyTaskSettled(
        claim_id=e.originator_id, case_id=e.case_id, kind=e.kind, amount_cents=e.amount_cents,
        currency=e.currency, how=e.how, voucher=e.voucher, stream_version=e.originator_version,
    ),
    example=MoneyTaskSettled(
        claim_id=_CLAIM, case_id=_CASE, kind="refund_due", amount_cents=3060, currency="EUR",
        how="returned_by_transfer", voucher="AA-2026-004711", stream_version=6,
    ),
)  # fmt: skip
PUBLISHED.add(
    events.PartReceived,
    name="PartReceived",
    model=PartReceived,
    to=lambda e: PartReceived(
        claim_id=e.originator_id, case_id=e.case_id, payment_id=e.payment_id, amount_cents=e.amount_cents,
        currency=e.currency, method=e.method, stream_version=e.originator_version,
    ),
    example=PartReceived(
        claim_id=_CLAIM, case_id=_CASE, payment_id=_ATTEMPT, amount_cents=1000, currency="EUR",
        method="bank_transfer", stream_version=2,
    ),
)  # fmt: skip
PUBLISHED.add(
    events.PaymentReversed,
    name="PaymentReversed",
    model=PaymentReversed,
    to=lambda e: PaymentReversed(
        claim_id=e.originator_id, case_id=e.case_id, account_id=e.account_id, payment_id=e.payment_id,
        owed_cents=e.owed_cents, currency=e.currency, code=e.code,
    ),
    example=PaymentReversed(
        claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, payment_id=_ATTEMPT, owed_cents=3060,
        currency="EUR", code="MD06",
    ),
)  # fmt: skip
PUBLISHED.add(
    dunning_events.DunningStepTaken,
    name="DunningStepTaken",
    model=DunningStepTaken,
    to=lambda e: DunningStepTaken(
        claim_id=e.originator_id, case_id=e.case_id, account_id=e.account_id, step=e.step,
        charge_cents=e.charge_cents, owed_cents=e.owed_cents, currency=e.currency, due_on=e.due_on,
    ),
    example=DunningStepTaken(
        claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, step="reminder", charge_cents=0,
        owed_cents=3060, currency="EUR", due_on=date(2026, 11, 29),
    ),
)  # fmt: skip
cash_published.publish(PUBLISHED)
publish(PUBLISHED)
