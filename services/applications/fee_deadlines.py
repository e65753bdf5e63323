"""What follows from the day by which a fee is to be paid: a reminder, the end, and what puts both off.

While money is on its way (a debit that was announced, a payment that its provider is still deciding) the case
neither expires nor reminds; a transfer that the payer has chosen gets some days more. Each is told by the
claim's own events, which keep their order. What does not come leaves the citizen time to pay otherwise, what
comes in part time for the rest.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from services.applications.domain.case import Case
from services.applications.domain.case_refusals import (
    AlreadyAwaited,
    AlreadyReminded,
    AlreadySettled,
    CaseRefused,
    MoneyAwaited,
    NothingAwaited,
    NotPossibleNow,
    TimeIsUp,
)
from services.applications.office import Office, release
from shared.log import Unit
from shared.tasks import Later

log = structlog.get_logger()

EXPIRE_UNPAID: Final = "expire_unpaid"
REMIND_UNPAID: Final = "remind_unpaid"
NIGHT: Final = timedelta(hours=1)
"""So long after its last day a case expires: who pays late in the evening may still be at the provider."""
LOOK_AGAIN: Final = timedelta(days=1)
_DAY: Final = timedelta(days=1)


def expire_when_unpaid(case: Case, office: Office, unit: Unit) -> None:
    """Has the citizen reminded ahead of the day to pay by, and the case end after it."""
    assert case.pay_by is not None, "a case that awaits its fee has a day to pay by"
    over = case.pay_by + _DAY
    payload, key = {"case_id": str(case.id), "pay_by": case.pay_by.isoformat()}, f"{case.id}:{case.version}"
    unit.task(EXPIRE_UNPAID, payload, due=office.begin_of(over) + NIGHT, key=key)
    reminded = over - office.remind_before
    if office.remind_before and reminded > office.today(unit.now):
        unit.task(REMIND_UNPAID, payload, due=office.begin_of(reminded), key=key)


async def expire_case_when_it_stays_unpaid(payload: Mapping[str, Any], unit: Unit) -> None:
    """A later day than the task's has a task of its own. Raises Later while money is awaited."""
    case = await unit.load(Case, UUID(payload["case_id"]))
    try:
        _require_day(case, payload)
        case.expire_unpaid(now=unit.now)
    except MoneyAwaited as awaited:
        raise Later(awaited.until - unit.now if awaited.until else LOOK_AGAIN) from awaited
    except (AlreadySettled, NotPossibleNow) as why:
        ignored("expiry", case.id, why)
        return
    release(case, unit)
    await unit.save(case)


async def remind_when_fee_stays_unpaid(payload: Mapping[str, Any], unit: Unit) -> None:
    """Also who has chosen to transfer and may have forgotten. A decision against money that is on its way
    brings a new day, and a reminder of that."""
    case = await unit.load(Case, UUID(payload["case_id"]))
    try:
        _require_day(case, payload)
        case.remind_of_fee(now=unit.now)
    except (AlreadyReminded, AlreadySettled, MoneyAwaited, NotPossibleNow) as why:
        ignored("reminder", case.id, why)
        return
    await unit.save(case)


async def wait_when_payment_is_under_way(
    case_id: UUID, claim_id: UUID, attempt_id: UUID, unit: Unit, until: datetime | None = None
) -> None:
    """Money will come, or the word that it does not; what is only promised is awaited `until` then."""
    case = await unit.load(Case, case_id)
    try:
        case.await_fee(now=unit.now, claim_id=claim_id, attempt_id=attempt_id, until=until)
    except (AlreadyAwaited, NotPossibleNow) as why:
        ignored("wait", case_id, why)
        return
    await unit.save(case)


async def wait_when_payer_has_chosen_to_transfer(
    case_id: UUID, claim_id: UUID, attempt_id: UUID, office: Office, unit: Unit
) -> None:
    """Sent on the last day it is at the city some days later."""
    case, today = await unit.load(Case, case_id), office.today(unit.now)
    last = max(case.pay_by or today, today) + office.transfer_takes
    until = office.begin_of(last + _DAY) + NIGHT
    await wait_when_payment_is_under_way(case_id, claim_id, attempt_id, unit, until)


async def give_time_when_payment_fails(case_id: UUID, attempt_id: UUID, office: Office, unit: Unit) -> None:
    """What was awaited does not come, or not in full: the citizen pays otherwise, and has time for it."""
    case = await unit.load(Case, case_id)
    before = case.pay_by
    try:
        until = office.today(unit.now) + office.pay_again
        case.end_wait(now=unit.now, attempt_id=attempt_id, pay_by=until)
    except (NothingAwaited, NotPossibleNow) as why:
        ignored("failure", case_id, why)
        return
    if case.pay_by != before:
        expire_when_unpaid(case, office, unit)
    await unit.save(case)


async def give_time_when_part_is_paid(
    case_id: UUID, claim_id: UUID, payment_id: UUID, office: Office, unit: Unit
) -> None:
    """Less came than is owed, awaited or not: the citizen is told until when to pay the rest."""
    case, today = await unit.load(Case, case_id), office.today(unit.now)
    before = case.pay_by
    try:
        stop_waiting(case, payment_id, unit.now)
        case.await_rest(
            now=unit.now, claim_id=claim_id, payment_id=payment_id, today=today,
            pay_by=today + office.pay_again, latest=today + office.parts_within,
        )  # fmt: skip
    except (AlreadyAwaited, AlreadySettled, NotPossibleNow, TimeIsUp) as why:
        ignored("part", case_id, why)
    if case.pay_by != before:
        expire_when_unpaid(case, office, unit)
    await unit.save(case)


def stop_waiting(case: Case, attempt_id: UUID | None, now: datetime) -> None:
    """The money of this attempt is there. Raises NotPossibleNow."""
    if attempt_id in case.waits:
        case.end_wait(now=now, attempt_id=attempt_id, pay_by=None)


def ignored(what: str, case_id: UUID, why: CaseRefused) -> None:
    """A word that the case does not expect any more: named, and no failure."""
    log.info(f"{what}_ignored", case=str(case_id), reason=type(why).__name__)


def _require_day(case: Case, payload: Mapping[str, Any]) -> None:
    """Raises AlreadySettled where the task is of a day that another has taken the place of."""
    if payload.get("pay_by", str(case.pay_by)) != str(case.pay_by):
        raise AlreadySettled(case.case_number)
