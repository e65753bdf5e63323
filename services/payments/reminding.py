"""Who has not paid in time is reminded, once; identity writes the letter, which says nothing of the case."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.payments.domain.claim import Claim
from services.payments.domain.dunning import REMINDER, STEPS
from shared.log import Unit
from shared.tasks import Later
from shared.tasks.worker import TaskHandler

REMIND: Final = "remind_payer"
MORNING: Final = time(9)
AGAIN: Final = timedelta(days=1)


def remind_in_time(claim: Claim, zone: ZoneInfo, unit: Unit) -> None:
    """Has a claim that must be paid by a day looked at when the reminder is due."""
    if claim.pay_by is not None:
        day = claim.pay_by + timedelta(days=STEPS[0].after_days)
        due = datetime.combine(day, MORNING, zone).astimezone(UTC)
        unit.task(REMIND, {"claim_id": str(claim.id)}, due=due, key=str(claim.id))


def reminder(zone: ZoneInfo) -> TaskHandler:
    """The task: reminds, or looks again the next day where it is not the payer's turn."""

    async def remind(payload: Mapping[str, Any], unit: Unit) -> None:
        claim = await unit.load(Claim, UUID(payload["claim_id"]))
        if claim.condition != "open" or REMINDER in claim.reminded:
            return
        if not claim.remind(unit.now.astimezone(zone).date(), now=unit.now):
            raise Later(AGAIN)
        await unit.save(claim)

    return remind
