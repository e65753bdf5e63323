"""From an address and a password to a session.

One answer for everything that is wrong: address unknown, not confirmed, locked, or another password; and the
same work before it: one hash, whatever is known of the address.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from services.identity.domain import email_address, password_rules
from services.identity.domain.refusals import FieldsRefused, Refused
from services.identity.passwords import Passwords
from services.identity.queries import EMAIL, KnownAccount, Queries
from services.identity.sessions import Sessions
from services.identity.throttle import Door, Throttle
from shared.log import Unit

log = structlog.get_logger()

AT_ADDRESS: Final = (5, timedelta(minutes=1))
AT_CLIENT: Final = (20, timedelta(minutes=15))


class WrongCredentials(Refused):
    """Address and password do not open an account."""


class WrongPassword(Refused):
    """Who is signed in gave another password than theirs."""


class TooManyAttempts(Refused):
    """Too many failures; the next try counts after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait}")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The token of the new session and whose it is."""

    session: str
    account: KnownAccount


class SigningIn:
    """Checks credentials and begins sessions."""

    def __init__(
        self, queries: Queries, passwords: Passwords, sessions: Sessions, throttle: Throttle
    ) -> None:
        self._queries, self._passwords = queries, passwords
        self._sessions, self._throttle = sessions, throttle

    async def sign_in(self, unit: Unit, email: str, password: str, client: str | None) -> SignedIn:
        """`client` names the caller's device or network. Raises WrongCredentials, TooManyAttempts."""
        digest = unit.parts.digest
        address = _spelled(email)
        doors = [Door(digest("login-address", address), *AT_ADDRESS)]
        if client:
            doors.append(Door(digest("login-client", client), *AT_CLIENT))
        if wait := await self._throttle.wait(doors, unit.now):
            raise TooManyAttempts(wait)
        account = await self._queries.account(await self._queries.id_by_email(digest(EMAIL, address)))
        known = account.password_hash if account else None
        matches = await self._passwords.matches(known, password_rules.spelled(password))
        if not matches or account is None or account.condition != "active":
            await self._throttle.failed(doors, unit.now)
            log.info("login_refused")
            raise WrongCredentials
        await self._throttle.succeeded(doors[0])
        session = await self._sessions.begin(account.account_id, unit.now)
        log.info("login_succeeded", account=str(account.account_id))
        return SignedIn(session, account)

    async def prove(self, unit: Unit, account_id: UUID, password: str) -> None:
        """That whoever uses a session knows its account's password; counted like a try to sign in.

        Raises WrongPassword, TooManyAttempts.
        """
        account = await self._queries.account(account_id)
        address = (account.email if account else None) or ""
        door = Door(unit.parts.digest("login-address", address), *AT_ADDRESS)
        if wait := await self._throttle.wait([door], unit.now):
            raise TooManyAttempts(wait)
        known = account.password_hash if account else None
        if not await self._passwords.matches(known, password_rules.spelled(password)):
            await self._throttle.failed([door], unit.now)
            raise WrongPassword
        await self._throttle.succeeded(door)


def _spelled(email: str) -> str:
    """The address, or an empty text for what cannot be one: nobody has that."""
    try:
        return email_address.normalised(email)
    except FieldsRefused:
        return ""
