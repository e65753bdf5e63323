"""A citizen is forgotten: what runs is withdrawn, what identifies them is destroyed or freed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from services.applications.domain.case import Case
from services.applications.projections import DRAFTS
from services.applications.queries import case_ids_of, draft_ids_of
from shared.log import Unit
from shared.service import Runtime

log = structlog.get_logger()

ERASE: Final = "erase_citizen"
ONCE_MORE: Final = timedelta(minutes=3)
"""Until then a caller token (60 s) or a key held by another process (60 s) may have let something in."""


def erase_citizen_when_account_is_erased(account_id: UUID, unit: Unit) -> None:
    payload = {"account_id": str(account_id)}
    unit.task(ERASE, payload, key=str(account_id))
    unit.task(ERASE, payload, due=unit.now + ONCE_MORE, key=f"{account_id}:once more")


async def erase_citizen(payload: Mapping[str, Any], runtime: Runtime, unit: Unit) -> None:
    """The task; what is decided stands, with nobody's name to it."""
    account_id = UUID(payload["account_id"])
    cases = await case_ids_of(runtime.pool, account_id)
    for case_id in cases:
        case = await unit.load(Case, case_id)
        if case.is_open:
            case.withdraw(now=unit.now)
            await unit.save(case)
            log.info("case_withdrawn_by_erasure", case=str(case_id))
    for draft_id in await draft_ids_of(runtime.pool, account_id):
        unit.put(DRAFTS, (str(draft_id),), None)
    await unit.erase(account_id, cases)
