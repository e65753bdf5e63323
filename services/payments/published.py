"""The public events of payments."""

from datetime import UTC, date, datetime
from uuid import UUID

from pydantic import BaseModel

from services.payments import cash_published, reduction_published
from services.payments.bank.published import publish
from services.payments.domain import dunning_events, events, return_events
from services.payments.domain.returns import concern_of
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
    """A provider waits for the payer; or the city debits the claim by itself, on `debited_on`."""

    claim_id: UUID
    case_id: UUID
    attempt_id: UUID
    method: str
    debited_on: date | None = None


class PaymentApproved(BaseModel):
    """The payer has agreed, or the debit is at the bank: the money comes, or the word that it does not.

    `case_id` is missing in what happened before it was told.
    """

    claim_id: UUID
    case_id: UUID | None
    attempt_id: UUID


class PayByMoved(BaseModel):
    """The case waits longer for its fee: the claim is to be paid by a later day."""

    claim_id: UUID
    case_id: UUID
    pay_by: date


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
    """Bank or card network took a payment back; `owed_cents` of it is owed again, `concern` says whose turn
    it is."""

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    payment_id: UUID
    owed_cents: int
    currency: str
    code: str
    concern: str = "citizen_pays"


class ReversalUndone(BaseModel):
    """What had been taken back came again; what of it counts is told as a payment beside this."""

    claim_id: UUID
    case_id: UUID
    payment_id: UUID
    amount_cents: int
    currency: str
    code: str


class RefundedElsewhere(BaseModel):
    """The provider gave money back without an order of the city: `returned_cents` had waited for that,
    `given_up_cents` are claimed no more, `owed_cents` are owed again, `reclaimable_cents` went back twice.

    Before `returned_cents` was told, what had waited was among the last.
    """

    claim_id: UUID
    case_id: UUID
    payment_id: UUID
    given_up_cents: int
    owed_cents: int
    reclaimable_cents: int
    returned_cents: int = 0
    currency: str
    code: str
    stream_version: int | None = None


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
    PaymentRequested(
        claim_id=_CLAIM,
        case_id=_CASE,
        account_id=_ACCOUNT,
        amount_cents=3060,
        currency="EUR",
        kassenzeichen="47112600000122",
        pay_by=date(2026, 11, 29),
    ),
)
PUBLISHED.add(
    events.PayerReminded,
    PayerReminded(claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, step="reminder", owed_cents=3060),
)
PUBLISHED.add(
    events.PaymentStarted,
    PaymentStarted(claim_id=_CLAIM, case_id=_CASE, attempt_id=_ATTEMPT, method="card"),
)
PUBLISHED.add(
    events.PaymentApproved,
    PaymentApproved(claim_id=_CLAIM, case_id=_CASE, attempt_id=_ATTEMPT),
)
PUBLISHED.add(
    events.PayByMoved,
    PayByMoved(claim_id=_CLAIM, case_id=_CASE, pay_by=date(2026, 12, 20)),
)
PUBLISHED.add(
    events.PaymentSettled,
    PaymentSettled(
        claim_id=_CLAIM,
        case_id=_CASE,
        account_id=_ACCOUNT,
        attempt_id=_ATTEMPT,
        amount_cents=3060,
        claim_cents=3060,
        currency="EUR",
        method="card",
        settled_at=datetime(2026, 11, 22, 9, 31, tzinfo=UTC),
        stream_version=4,
    ),
    {"settled_at": lambda e: e.timestamp},
)
PUBLISHED.add(
    events.PaymentFailed,
    PaymentFailed(claim_id=_CLAIM, case_id=_CASE, attempt_id=_ATTEMPT, outcome="cancelled"),
)
PUBLISHED.add(
    events.PaymentUnclear,
    PaymentUnclear(claim_id=_CLAIM, case_id=_CASE, attempt_id=_ATTEMPT),
)
PUBLISHED.add(
    events.ClaimCancelled,
    ClaimCancelled(claim_id=_CLAIM, case_id=_CASE, reason="withdrawn"),
)
PUBLISHED.add(
    events.SurplusReceived,
    SurplusReceived(
        claim_id=_CLAIM,
        case_id=_CASE,
        attempt_id=_ATTEMPT,
        amount_cents=3060,
        currency="EUR",
        reason="after_cancellation",
    ),
)
PUBLISHED.add(
    events.RefundFellDue,
    RefundFellDue(claim_id=_CLAIM, case_id=_CASE, amount_cents=3060, reason="rejected"),
)
PUBLISHED.add(
    events.MoneyTaskSettled,
    MoneyTaskSettled(
        claim_id=_CLAIM,
        case_id=_CASE,
        kind="refund_due",
        amount_cents=3060,
        currency="EUR",
        how="returned_by_transfer",
        voucher="AA-2026-004711",
        stream_version=6,
    ),
)
PUBLISHED.add(
    events.PartReceived,
    PartReceived(
        claim_id=_CLAIM,
        case_id=_CASE,
        payment_id=_ATTEMPT,
        amount_cents=1000,
        currency="EUR",
        method="bank_transfer",
        stream_version=2,
    ),
)
PUBLISHED.add(
    return_events.PaymentReversed,
    PaymentReversed(
        claim_id=_CLAIM,
        case_id=_CASE,
        account_id=_ACCOUNT,
        payment_id=_ATTEMPT,
        owed_cents=3060,
        currency="EUR",
        code="MD06",
        concern="citizen_objected",
    ),
    {"concern": lambda e: concern_of(e.provider, e.code)},
)
PUBLISHED.add(
    return_events.ReversalUndone,
    ReversalUndone(
        claim_id=_CLAIM,
        case_id=_CASE,
        payment_id=_ATTEMPT,
        amount_cents=3060,
        currency="EUR",
        code="RESOLVED_SELLER_FAVOUR",
    ),
)
PUBLISHED.add(
    return_events.RefundedElsewhere,
    RefundedElsewhere(
        claim_id=_CLAIM,
        case_id=_CASE,
        payment_id=_ATTEMPT,
        given_up_cents=3060,
        owed_cents=0,
        reclaimable_cents=0,
        currency="EUR",
        code="PAYMENT.CAPTURE.REFUNDED",
        stream_version=5,
    ),
    {"returned_cents": lambda e: e.returned_cents},
)
PUBLISHED.add(
    dunning_events.DunningStepTaken,
    DunningStepTaken(
        claim_id=_CLAIM,
        case_id=_CASE,
        account_id=_ACCOUNT,
        step="reminder",
        charge_cents=0,
        owed_cents=3060,
        currency="EUR",
        due_on=date(2026, 11, 29),
    ),
)
cash_published.publish(PUBLISHED)
reduction_published.publish(PUBLISHED)
publish(PUBLISHED)
