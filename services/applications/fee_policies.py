"""What follows from a fee: paid, paid and not final, taken back, not paid though the payer was dunned."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.applications.domain.case import Case
from services.applications.domain.case_refusals import (
    AlreadySettled,
    AmountDiffers,
    NothingSettled,
    NotPossibleNow,
)
from services.applications.domain.conditions import UNPAID, Condition
from services.applications.fee_deadlines import expire_when_unpaid, ignored, stop_waiting
from services.applications.office import Office, release
from services.applications.policies import decide_when_nothing_is_awaited
from shared.bus.handlers import Permanent
from shared.log import Unit
from shared.tasks import Later

MAKE_FINAL: Final = "make_payment_final"
END_UNPAID: Final = "end_unpaid_approval"
UNTIL_ISSUED: Final = timedelta(minutes=1)


async def record_fee_when_payment_is_settled(
    case_id: UUID,
    claim_id: UUID,
    attempt_id: UUID | None,
    amount_cents: int,
    provisional_until: datetime | None,
    office: Office,
    unit: Unit,
) -> None:
    """A payment that may be taken back counts at once, or when it is final: the case's service says which."""
    case = await unit.load(Case, case_id)
    waits = office.service_of(case).definition.fee.provisional == "wait"
    paid: dict[str, Any] = {"now": unit.now, "claim_id": claim_id, "amount_cents": amount_cents}
    try:
        stop_waiting(case, attempt_id, unit.now)
        if waits and provisional_until is not None and provisional_until > unit.now:
            case.record_provisional_payment(**paid, until=provisional_until)
            asked = {"case_id": str(case_id), "claim_id": str(claim_id), "received_at": case.received_at}
            unit.task(MAKE_FINAL, asked, due=provisional_until, key=f"{case_id}:{case.received_at}")
        else:
            case.record_payment_settled(**paid)
    except (AlreadySettled, NotPossibleNow) as why:
        ignored("payment", case_id, why)
        await unit.save(case)
        return
    except AmountDiffers as error:
        raise Permanent(f"case {case_id}: {error}") from error
    decide_when_nothing_is_awaited(case, office, unit)
    await unit.save(case)


async def settle_fee_when_payment_is_final(payload: Mapping[str, Any], office: Office, unit: Unit) -> None:
    """The day has come until which it could be taken back; it is this payment, and it was not."""
    case = await unit.load(Case, UUID(payload["case_id"]))
    try:
        if case.received_at != payload["received_at"]:
            raise NothingSettled(case.case_number)
        case.record_payment_final(now=unit.now, claim_id=UUID(payload["claim_id"]))
    except (NothingSettled, NotPossibleNow) as why:
        ignored("finality", case.id, why)
        return
    decide_when_nothing_is_awaited(case, office, unit)
    await unit.save(case)


async def reopen_fee_when_payment_is_reversed(
    case_id: UUID, claim_id: UUID, owed_cents: int, office: Office, unit: Unit
) -> None:
    """It is owed again; where nothing is decided yet, the case waits for it with a new day."""
    if not owed_cents:
        return
    case = await unit.load(Case, case_id)
    pay_by = office.today(unit.now) + office.pay_within
    try:
        case.record_payment_reversed(now=unit.now, claim_id=claim_id, owed_cents=owed_cents, pay_by=pay_by)
    except (NothingSettled, NotPossibleNow) as why:
        ignored("reversal", case_id, why)
        return
    if case.condition in UNPAID:
        expire_when_unpaid(case, office, unit)
    await unit.save(case)


async def end_approval_when_payer_is_dunned(case_id: UUID, step: str, office: Office, unit: Unit) -> None:
    """From the step on that the case's service names, what was granted is suspended or revoked."""
    case = await unit.load(Case, case_id)
    rule = office.service_of(case).definition.fee.unpaid
    if rule.document == "keep" or not office.has_come_to(rule.after_step, step):
        return
    if case.condition is Condition.APPROVED:
        asked = {"case_id": str(case_id), "step": step}
        unit.task(END_UNPAID, asked, due=unit.now + UNTIL_ISSUED, key=f"{case_id}:{case.version}:{step}")
        return
    _end_unpaid(case, step, office, unit)
    await unit.save(case)


async def end_approval_when_fee_stays_unpaid(payload: Mapping[str, Any], office: Office, unit: Unit) -> None:
    """The payer was dunned while the document was being made. Raises Later until it is there."""
    case = await unit.load(Case, UUID(payload["case_id"]))
    if case.condition is Condition.APPROVED and not case.settled:
        raise Later(UNTIL_ISSUED)
    _end_unpaid(case, payload["step"], office, unit)
    await unit.save(case)


def _end_unpaid(case: Case, step: str, office: Office, unit: Unit) -> None:
    try:
        if office.service_of(case).definition.fee.unpaid.document == "suspend":
            case.suspend_approval(step, now=unit.now)
        else:
            case.revoke_unpaid(on=office.today(unit.now), now=unit.now)
            release(case, unit)
    except (AlreadySettled, NotPossibleNow) as why:
        ignored("dunning", case.id, why)
