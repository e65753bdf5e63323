"""`python -m services.identity.seed`: makes the accounts of a file, each with its roles; again: nothing new.

PORTAL_DEMO_ACCOUNTS names a JSON file: [{"email", "password", "role" or "roles"}, …]. For the accounts of a
town hall's first day and for demonstrations; their addresses count as confirmed.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import structlog
from pydantic import ValidationError

from services.identity.domain import email_address
from services.identity.domain.account import Account, Role
from services.identity.domain.password_rules import spelled
from services.identity.links import Links, new_seed
from services.identity.passwords import Passwords
from services.identity.queries import EMAIL, Queries
from services.identity.settings import IdentitySettings
from services.identity.wiring import SERVICE, hasher
from shared.ids import new_id
from shared.observe.logs import configure_logging
from shared.service import Runtime, writing
from shared.settings import SecretMissing, refuse

BY: Final = "seed"

log = structlog.get_logger()


async def seed(runtime: Runtime, passwords: Passwords, entries: Sequence[Mapping[str, Any]]) -> None:
    """Brings every entry's account and roles about. Raises FieldsRefused."""
    queries = Queries(runtime.pool, runtime.keys)
    for entry in entries:
        email = email_address.normalised(entry["email"])
        unit = runtime.unit()
        account_id = await queries.id_by_email(runtime.digest(EMAIL, email))
        if account_id is None:
            password_hash = await passwords.hash(spelled(entry["password"]))
            account = _confirmed(runtime, email, password_hash, unit.now)
            unit.reserve(EMAIL, email, account.id)
        else:
            account = await unit.load(Account, account_id)
        for role in roles_of(entry):
            if role not in account.roles and account.condition == "active":
                account.grant_role(role, by=BY, now=unit.now)
        await unit.save(account, subject=account.id)
        await unit.commit()
        log.info("account_seeded", account=str(account.id), new=account_id is None)


def roles_of(entry: Mapping[str, Any]) -> list[Role]:
    """The roles of an entry, given one by one or alone."""
    return cast(list[Role], entry.get("roles") or [entry["role"]])


def _confirmed(runtime: Runtime, email: str, password_hash: str, now: datetime) -> Account:
    account = Account.register(id=new_id(), now=now, email=email, language="de")
    link = Links(runtime.digest).stored(new_seed())
    account.request_confirmation(link, password_hash, expires_at=now + timedelta(hours=1), now=now)
    account.confirm(link, now=now)
    return account


async def _main(settings: IdentitySettings, entries: Sequence[Mapping[str, Any]]) -> None:
    passwords = hasher(settings)
    async with writing(SERVICE, settings) as runtime:
        await seed(runtime, passwords, entries)
    passwords.close()


def main() -> None:
    """Exits with 2 and a sentence when something is missing."""
    path = os.environ.get("PORTAL_DEMO_ACCOUNTS")
    if not path or not Path(path).is_file():
        sys.exit("Set PORTAL_DEMO_ACCOUNTS to the JSON file of the accounts to make.")
    try:
        settings = IdentitySettings()
        configure_logging(SERVICE.name, settings.log_level)
        asyncio.run(_main(settings, json.loads(Path(path).read_text())))
    except (ValidationError, SecretMissing) as problem:
        refuse(problem)


if __name__ == "__main__":
    main()
