"""An attempt that its provider left undecided: two people decide it, one who looked and one who confirms.

Only what is not asked about any more is decided here. What was found is booked as the provider's own word is;
should the provider speak after all, its word is taken as ever.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.payments.domain.claim import Claim
from services.payments.domain.money import Attempt, Finding, Recorded, Word
from services.payments.domain.money_tasks import voucher_number
from services.payments.domain.refusals import (
    AttemptDecided,
    AttemptStillAsked,
    FindingWaits,
    NoSuchFinding,
    SecondPersonNeeded,
    VoucherImpossible,
)
from services.payments.domain.transitions import BEGUN
from services.payments.domain.undecided_events import (
    AttemptFindingConfirmed,
    AttemptFindingDeclined,
    AttemptFindingProposed,
    AttemptLeftUndecided,
)


class Found(StrEnum):
    """What a person saw at the provider's."""

    PAID = "paid"
    NOT_PAID = "not_paid"


_WORDS: Final = {Found.PAID: "succeeded", Found.NOT_PAID: "failed"}


def leave(claim: Claim, attempt_id: UUID, *, now: datetime) -> None:
    """Nobody asks the provider any more. May be repeated. Raises UnknownAttempt."""
    attempt = claim.attempt(attempt_id)
    if attempt.state in BEGUN and not attempt.left:
        claim.emit(
            AttemptLeftUndecided, now=now, case_id=claim.case_id, attempt_id=attempt_id,
            method=attempt.method, provider=attempt.provider, reference=attempt.reference,
            amount_cents=attempt.amount_cents,
        )  # fmt: skip


def propose(claim: Claim, attempt_id: UUID, found: Found, voucher: str, by: str, *, now: datetime) -> None:
    """Says what was found. Raises UnknownAttempt, AttemptDecided, AttemptStillAsked, FindingWaits,
    VoucherImpossible."""
    attempt = _undecided(claim, attempt_id)
    if attempt.finding is not None:
        raise FindingWaits("what somebody found waits for a second person")
    number = voucher_number(voucher)
    if number is None:
        raise VoucherImpossible("1 to 35 letters, digits and ./-, a digit among them; no bank account")
    claim.emit(AttemptFindingProposed, now=now, attempt_id=attempt_id, found=found.value, voucher=number,
               found_by=by)  # fmt: skip


def confirm(
    claim: Claim,
    attempt_id: UUID,
    found: Found,
    by: str,
    *,
    provisional_until: datetime | None,
    now: datetime,
) -> Recorded:
    """A second person confirms it, and it is booked. Raises UnknownAttempt, AttemptDecided,
    AttemptStillAsked, NoSuchFinding, SecondPersonNeeded."""
    attempt = _undecided(claim, attempt_id)
    finding = _waiting(attempt, found, by)
    claim.emit(AttemptFindingConfirmed, now=now, case_id=claim.case_id, attempt_id=attempt_id,
               found=finding.found, voucher=finding.voucher, confirmed_by=by)  # fmt: skip
    word = Word(
        _WORDS[found], f"found_{finding.found}", attempt.provider, attempt.reference, attempt.amount_cents,
        claim.currency, provisional_until=provisional_until,
    )  # fmt: skip
    return claim.record_word(attempt_id, word, now=now)


def decline(claim: Claim, attempt_id: UUID, found: Found, by: str, *, now: datetime) -> None:
    """A second person does not confirm it. Raises as `confirm`."""
    _waiting(_undecided(claim, attempt_id), found, by)
    claim.emit(AttemptFindingDeclined, now=now, attempt_id=attempt_id, declined_by=by)


def _undecided(claim: Claim, attempt_id: UUID) -> Attempt:
    attempt = claim.attempt(attempt_id)
    if attempt.state not in BEGUN:
        raise AttemptDecided(f"the attempt is {attempt.state}")
    if not attempt.left:
        raise AttemptStillAsked("the provider is still being asked")
    return attempt


def _waiting(attempt: Attempt, found: Found, by: str) -> Finding:
    finding = attempt.finding
    if finding is None or finding.found != found:
        raise NoSuchFinding("no such finding waits for a second person")
    if finding.found_by == by:
        raise SecondPersonNeeded("who found it cannot confirm it")
    return finding
