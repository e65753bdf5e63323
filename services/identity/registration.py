"""From a form to an account, without telling anybody whether the address was known.

The request hashes the password, stores one sealed task and answers; what becomes of it is decided by the
task. So the answer and the work done for it are the same for an address that is new, waiting for its
confirmation, or in use (ASVS 5.0, 6.3.8). The same holds for a password that was forgotten.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from services.identity.domain import email_address, password_rules
from services.identity.domain.account import Account
from services.identity.domain.refusals import AlreadyConfirmed, NotActive, TooManyLinks
from services.identity.links import Links, new_seed
from services.identity.mail.letters import send_later
from services.identity.passwords import Passwords
from services.identity.queries import EMAIL, Queries
from shared.ids import new_id
from shared.keys import KeyRing
from shared.log import Unit

log = structlog.get_logger()

REGISTER: Final = "register_account"
FORGET_ATTEMPT: Final = "forget_attempt"
RESET: Final = "request_password_reset"


class Registration:
    """Registers accounts and sends reset links, in two steps: `ask…` in a request, the rest in a task."""

    def __init__(
        self,
        keys: KeyRing,
        queries: Queries,
        passwords: Passwords,
        links: Links,
        confirmable: timedelta,
        resettable: timedelta,
    ) -> None:
        self._keys, self._queries, self._passwords, self._links = keys, queries, passwords, links
        self._confirmable, self._resettable = confirmable, resettable

    async def ask(self, unit: Unit, email: str, password: str, language: str) -> None:
        """Takes a registration in. Raises FieldsRefused, for what was typed and never for what is known."""
        address = email_address.normalised(email)
        hashed = await self._passwords.hash(password_rules.acceptable(password, address))
        attempt = new_id()
        key = await self._keys.obtain(attempt)
        said = json.dumps({"email": address, "password_hash": hashed, "language": language})
        sealed = key.seal(said.encode(), _aad(attempt))
        unit.task(REGISTER, {"attempt": str(attempt), "sealed": b64encode(sealed).decode()})
        await unit.commit()

    async def register(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: a new account, another link for a waiting one, or a letter to the owner of a used one."""
        attempt = UUID(payload["attempt"])
        key = await self._keys.find(attempt)
        if key is None:
            return
        said = json.loads(key.open(b64decode(payload["sealed"]), _aad(attempt)))
        account_id = await self._queries.id_by_email(unit.parts.digest(EMAIL, said["email"]))
        if account_id is None:
            account = Account.register(
                id=attempt, now=unit.now, email=said["email"], language=said["language"]
            )
            unit.reserve(EMAIL, said["email"], attempt)
        else:
            account = await unit.load(Account, account_id)
            unit.task(FORGET_ATTEMPT, {"attempt": str(attempt)})
        await self._send_link(account, said["password_hash"], unit)

    async def forget(self, payload: Mapping[str, Any], _unit: Unit) -> None:
        """The task: what was typed for an address that has an account is nobody's, and goes."""
        await self._keys.destroy(UUID(payload["attempt"]))

    async def ask_reset(self, unit: Unit, email: str) -> None:
        """Takes the wish for a new password in. Raises FieldsRefused for what cannot be an address."""
        digest = unit.parts.digest(EMAIL, email_address.normalised(email))
        unit.task(RESET, {"email_digest": digest.hex()})
        await unit.commit()

    async def send_reset(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: a link to the owner of the account, if there is one."""
        account_id = await self._queries.id_by_email(bytes.fromhex(payload["email_digest"]))
        if account_id is None:
            log.info("reset_ignored_as_unknown")
            return
        account = await unit.load(Account, account_id)
        seed = new_seed()
        try:
            account.request_reset(
                self._links.stored(seed), expires_at=unit.now + self._resettable, now=unit.now
            )
        except (NotActive, TooManyLinks) as refused:
            log.info("reset_ignored", account=str(account_id), reason=type(refused).__name__)
            return
        await unit.save(account, subject=account.id)
        send_later(unit, "reset", account.id, seed=seed)

    async def _send_link(self, account: Account, password_hash: str, unit: Unit) -> None:
        seed = new_seed()
        until = unit.now + self._confirmable
        try:
            account.request_confirmation(
                self._links.stored(seed), password_hash, expires_at=until, now=unit.now
            )
        except AlreadyConfirmed:
            send_later(unit, "account_exists", account.id, key=f"{account.id}:{unit.now:%Y%m%d%H}")
        except TooManyLinks:
            log.info("confirmation_ignored", account=str(account.id), reason="TooManyLinks")
        else:
            await unit.save(account, subject=account.id)
            send_later(unit, "confirmation", account.id, seed=seed)


def _aad(attempt: UUID) -> bytes:
    return f"registration|{attempt}".encode()
