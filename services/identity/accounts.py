"""Commands on one account: load, decide, save, and again when somebody else was quicker."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from services.identity.domain.account import Account
from services.identity.domain.refusals import LinkUnknown
from services.identity.links import digest_of
from services.identity.passwords import Passwords
from services.identity.queries import Queries
from services.identity.signing_in import WrongPassword
from shared.log import Unit, VersionConflict

TRIES: Final = 4

MakeUnit = Callable[[], Unit]
Decision = Callable[[Account, datetime], None]


async def decide(
    make_unit: MakeUnit, account_id: UUID, decision: Decision, also: Callable[[Unit], object] | None = None
) -> Account:
    """The account after the decision is stored, and with it what `also` puts into the unit.

    Raises StreamNotFound, VersionConflict, what is refused.
    """
    for left in reversed(range(TRIES)):
        unit = make_unit()
        account = await unit.load(Account, account_id)
        decision(account, unit.now)
        await unit.save(account, subject=account_id)
        if also is not None:
            also(unit)
        try:
            await unit.commit()
        except VersionConflict:
            if not left:
                raise
        else:
            break
    return account


async def confirm(
    make_unit: MakeUnit, queries: Queries, passwords: Passwords, token: str, password: str
) -> UUID:
    """The account that the link confirmed. Whoever opens the mail must know the password beside the link too:
    else the owner of an address could be led to confirm what a stranger has prepared.

    Raises LinkUnknown, LinkUsed, LinkExpired, WrongPassword.
    """
    link, account_id = await owner_of(queries, token)
    unit = make_unit()
    sent = (await unit.load(Account, account_id)).awaiting(link, now=unit.now)
    if not await passwords.matches(sent.password_hash, password):
        raise WrongPassword
    await decide(make_unit, account_id, lambda account, now: account.confirm(link, now=now))
    return account_id


async def owner_of(queries: Queries, token: str) -> tuple[str, UUID]:
    """The link's digest and its account. Raises LinkUnknown."""
    link = digest_of(token)
    account_id = await queries.account_of_link(link)
    if account_id is None:
        raise LinkUnknown
    return link, account_id
