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
        mandates.MandateProposed, name="MandateProposed", model=MandateProposed,
        to=lambda e: MandateProposed(
            mandate_id=e.originator_id, account_id=e.account_id, reference=e.reference, kind=e.kind
        ),
        example=MandateProposed(
            mandate_id=_MANDATE, account_id=_ACCOUNT, reference="M-47112600000122", kind="recurring"
        ),
    )  # fmt: skip
    published.add(
        mandates.MandateActivated, name="MandateActivated", model=MandateActivated,
        to=lambda e: MandateActivated(mandate_id=e.originator_id, signed_on=e.signed_on, how=e.how),
        example=MandateActivated(mandate_id=_MANDATE, signed_on=date(2026, 11, 26), how="online"),
    )  # fmt: skip
    published.add(
        mandates.MandateSuspended, name="MandateSuspended", model=MandateSuspended,
        to=lambda e: MandateSuspended(mandate_id=e.originator_id, reason=e.reason),
        example=MandateSuspended(mandate_id=_MANDATE, reason="AC04"),
    )  # fmt: skip
    published.add(
        mandates.MandateRevoked, name="MandateRevoked", model=MandateRevoked,
        to=lambda e: MandateRevoked(mandate_id=e.originator_id, reason=e.reason),
        example=MandateRevoked(mandate_id=_MANDATE, reason="MD01"),
    )  # fmt: skip
    published.add(
        mandates.MandateLapsed, name="MandateLapsed", model=MandateLapsed,
        to=lambda e: MandateLapsed(mandate_id=e.originator_id, last_used_on=e.last_used_on),
        example=MandateLapsed(mandate_id=_MANDATE, last_used_on=date(2026, 11, 26)),
    )  # fmt: skip
    _publish_debits(published)
    _publish_arrangements(published)


def _publish_debits(published: Published) -> None:
    published.add(
        debits.DebitAnnounced, name="DebitAnnounced", model=DebitAnnounced,
        to=lambda e: DebitAnnounced(
            debit_id=e.originator_id, claim_id=e.claim_id, case_id=e.case_id, account_id=e.account_id,
            mandate_id=e.mandate_id, amount_cents=e.amount_cents, currency=e.currency, due=e.due,
            presentation=e.presentation,
        ),
        example=DebitAnnounced(
            debit_id=_DEBIT, claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, mandate_id=_MANDATE,
            amount_cents=3060, currency="EUR", due=date(2026, 12, 10), presentation=1,
        ),
    )  # fmt: skip
    published.add(
        debits.DebitReturned, name="DebitReturned", model=DebitReturned,
        to=lambda e: DebitReturned(
            debit_id=e.originator_id, code=e.code, concern=e.concern, charges_cents=e.charges_cents
        ),
        example=DebitReturned(debit_id=_DEBIT, code="MS03", concern="citizen_pays", charges_cents=325),
    )  # fmt: skip


def _publish_arrangements(published: Published) -> None:
    published.add(
        arrangements.DebitArranged, name="DebitArranged", model=DebitArranged,
        to=lambda e: DebitArranged(claim_id=e.originator_id, case_id=e.case_id, mandate_id=e.mandate_id),
        example=DebitArranged(claim_id=_CLAIM, case_id=_CASE, mandate_id=_MANDATE),
    )  # fmt: skip
    published.add(
        arrangements.DebitArrangementEnded, name="DebitArrangementEnded", model=DebitArrangementEnded,
        to=lambda e: DebitArrangementEnded(
            claim_id=e.originator_id, case_id=e.case_id, account_id=e.account_id, reason=e.reason
        ),
        example=DebitArrangementEnded(
            claim_id=_CLAIM, case_id=_CASE, account_id=_ACCOUNT, reason="mandate_revoked"
        ),
    )  # fmt: skip
