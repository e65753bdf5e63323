"""The public events of mandates, debits and their arrangement; no account and no holder's name is in any."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from services.payments.domain import arrangement_events as arrangements
from services.payments.domain import debit_events as debits
from services.payments.domain import mandate_events as mandates
from shared.bus.published import Published

_MANDATE = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c20")
_DEBIT = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c21")
_CLAIM = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c02")
_CASE = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c10")
_ACCOUNT = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c11")


class MandateProposed(BaseModel):
    """A citizen gave an account to debit; nothing is debited before the mandate is active."""

    mandate_id: UUID
    account_id: UUID
    reference: str
    kind: str


class MandateActivated(BaseModel):
    """A mandate is signed: debits may be announced. `how` says what proves it."""

    mandate_id: UUID
    signed_on: date
    how: str


class MandateSuspended(BaseModel):
    """Nothing is debited until the citizen has said something; `reason` is the bank's code."""

    mandate_id: UUID
    reason: str


class MandateRevoked(BaseModel):
    """The citizen, or their bank, took the mandate back."""

    mandate_id: UUID
    reason: str


class MandateLapsed(BaseModel):
    """36 months have passed without a debit: the mandate is void."""

    mandate_id: UUID
    last_used_on: date


class DebitAnnounced(BaseModel):
    """An amount of a claim will be debited on a day; `presentation` 2 is a second try."""

    debit_id: UUID
    claim_id: UUID
    case_id: UUID
    account_id: UUID
    mandate_id: UUID
    amount_cents: int
    currency: str
    due: date
    presentation: int


class DebitPutOff(BaseModel):
    """An announced debit is made on a later day than its payer was told: `due` is the new one.

    The ids of claim, case and account are missing in what happened before it was told.
    """

    debit_id: UUID
    claim_id: UUID | None
    case_id: UUID | None
    account_id: UUID | None
    due: date


class DebitRejected(BaseModel):
    """The bank refused a debit before any money moved; `concern` says whose turn it is.

    The ids of claim, case and account are missing in what happened before it was told.
    """

    debit_id: UUID
    claim_id: UUID | None
    case_id: UUID | None
    account_id: UUID | None
    code: str
    concern: str


class DebitReturned(BaseModel):
    """Debited money went back; `concern` says whose turn it is. The claim's part is PaymentReversed."""

    debit_id: UUID
    code: str
    concern: str
    charges_cents: int


class DebitArranged(BaseModel):
    """The claim will be debited under a mandate when it falls due."""

    claim_id: UUID
    case_id: UUID
    mandate_id: UUID


class DebitArrangementEnded(BaseModel):
    """The claim is not debited by itself any more: its payer pays it; `reason` says why."""

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    reason: str


def publish(published: Published) -> None:
    """Makes them public."""
    published.add(
        mandates.MandateProposed,
        MandateProposed(
            mandate_id=_MANDATE, account_id=_ACCOUNT, reference="M-47112600000122", kind="recurring"
        ),
    )
    published.add(
        mandates.MandateActivated,
        MandateActivated(mandate_id=_MANDATE, signed_on=date(2026, 11, 26), how="online"),
    )
    published.add(
        mandates.MandateSuspended,
        MandateSuspended(mandate_id=_MANDATE, reason="AC04"),
    )
    published.add(
        mandates.MandateRevoked,
        MandateRevoked(mandate_id=_MANDATE, reason="MD01"),
    )
    published.add(
        mandates.MandateLapsed,
        MandateLapsed(mandate_id=_MANDATE, last_used_on=date(2026, 11, 26)),
    )
    _publish_debits(published)
    _publish_arrangements(published)


def _publish_debits(published: Published) -> None:
    published.add(
        debits.DebitAnnounced,
        DebitAnnounced(
            debit_id=_DEBIT,
            claim_id=_CLAIM,
            case_id=_CASE,
            account_id=_ACCOUNT,
            mandate_id=_MANDATE,
            amount_cents=3060,
            currency="EUR",
            due=date(2026, 12, 10),
            presentation=1,
        ),
    )
    published.add(
        debits.DebitPutOff,
        DebitPutOff(
            debit_id=_DEBIT, claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, due=date(2026, 12, 15)
        ),
    )
    published.add(
        debits.DebitRejected,
        DebitRejected(
            debit_id=_DEBIT,
            claim_id=_CLAIM,
            case_id=_CASE,
            account_id=_ACCOUNT,
            code="AC04",
            concern="citizen_gives_account",
        ),
    )
    published.add(
        debits.DebitReturned,
        DebitReturned(debit_id=_DEBIT, code="MS03", concern="citizen_pays", charges_cents=325),
    )


def _publish_arrangements(published: Published) -> None:
    published.add(
        arrangements.DebitArranged,
        DebitArranged(claim_id=_CLAIM, case_id=_CASE, mandate_id=_MANDATE),
    )
    published.add(
        arrangements.DebitArrangementEnded,
        DebitArrangementEnded(claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, reason="mandate_revoked"),
    )
