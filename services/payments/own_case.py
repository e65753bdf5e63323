"""Who works at the town hall is a citizen in their own affairs: nobody decides on money of their own."""

from uuid import UUID

from services.payments.domain.claim import Claim
from shared.log import Unit
from shared.web.problems import Problem
from shared.web.tokens import Caller


async def somebody_elses(unit: Unit, claim_id: UUID, caller: Caller) -> Claim:
    """A claim that is not the caller's. Raises StreamNotFound, and Problem `own_case` (403)."""
    claim = await unit.load(Claim, claim_id)
    refuse_own(claim.account_id, caller)
    return claim


def refuse_own(account_id: UUID, caller: Caller) -> None:
    """Raises Problem `own_case` (403) where the account is the caller's."""
    if caller.subject == str(account_id):
        raise Problem("own_case", 403, "Nobody decides on money of their own")
