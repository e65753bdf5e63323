"""Takes what an identification provider vouched for into an account."""

from uuid import UUID

from services.identity.domain.account import Account
from services.identity.identification.port import Assertion
from shared.log import Unit

SCOPE = "identification"


async def record_identification(unit: Unit, account_id: UUID, assertion: Assertion) -> Account:
    """One person at a provider is one account, held by a reservation.

    Raises NotActive, AssertionUsed; ReservationTaken when the person has another account.
    """
    account = await unit.load(Account, account_id)
    account.record_identification(
        assertion.provider,
        unit.parts.digest(SCOPE, f"{assertion.provider}|{assertion.assertion_id}").hex(),
        assertion.level,
        {name: (one.value, one.trust) for name, one in assertion.attributes.items()},
        now=unit.now,
    )
    unit.reserve(SCOPE, f"{assertion.provider}|{assertion.subject}", account_id)
    await unit.save(account, subject=account_id)
    await unit.commit()
    return account
