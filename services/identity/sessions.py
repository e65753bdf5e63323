"""Server-side sessions: an opaque token of 256 bits of which only the SHA-256 is kept.

Idle and absolute time limits (ASVS 5.0, 7.3); a session also ends with the password it began under, and
with the account's lock. The account's row says since when sessions count, so that nothing has to be deleted
for a session to be over.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from shared.ids import new_id
from shared.log import Retention

TOUCHED_EVERY: Final = timedelta(minutes=1)

_ALIVE = "s.created_at > $2 AND s.last_used_at > $3 AND s.created_at >= a.sessions_from"
_OPEN = f"""
SELECT s.session_id, s.account_id, s.last_used_at, a.trust,
    ARRAY(SELECT role FROM account_role r WHERE r.account_id = a.account_id ORDER BY role) AS roles
FROM session s JOIN account a USING (account_id)
WHERE s.digest = $1 AND a.condition = 'active' AND {_ALIVE}
"""  # noqa: S608
_OF_ACCOUNT = f"""
SELECT s.session_id, s.created_at, s.last_used_at FROM session s JOIN account a USING (account_id)
WHERE s.account_id = $1 AND {_ALIVE} ORDER BY s.last_used_at DESC
"""  # noqa: S608
_BEGIN = "INSERT INTO session VALUES ($1, $2, $3, $4, $4)"
_TOUCH = "UPDATE session SET last_used_at = $2 WHERE digest = $1 AND last_used_at < $2"


@dataclass(frozen=True, slots=True)
class Session:
    """Whose session it is, and what they may do now."""

    session_id: UUID
    account_id: UUID
    roles: Sequence[str]
    trust: str


class Sessions:
    """The sessions of this installation; `idle` and `longest` are their limits."""

    def __init__(self, pool: asyncpg.Pool, idle: timedelta, longest: timedelta) -> None:
        self._pool, self._idle, self._longest = pool, idle, longest

    async def begin(self, account_id: UUID, now: datetime) -> str:
        """The token of a new session, to be given to its owner and kept nowhere."""
        token = secrets.token_urlsafe(32)
        await self._pool.execute(_BEGIN, _digest(token), new_id(), account_id, now)
        return token

    async def find(self, token: str, now: datetime, *, used: bool = True) -> Session | None:
        """The session, if it is alive; using it keeps it from idling. One query, a second one each minute."""
        digest = _digest(token)
        row = await self._pool.fetchrow(_OPEN, digest, *self._limits(now))
        if row is None:
            return None
        if used and now - row["last_used_at"] >= TOUCHED_EVERY:
            await self._pool.execute(_TOUCH, digest, now)
        return Session(row["session_id"], row["account_id"], row["roles"], row["trust"])

    async def of_account(self, account_id: UUID, now: datetime) -> list[dict[str, Any]]:
        """The living sessions of an account, the one used last first."""
        return [dict(row) for row in await self._pool.fetch(_OF_ACCOUNT, account_id, *self._limits(now))]

    async def end(self, token: str) -> None:
        """Ends a session; nothing happens when there is none."""
        await self._pool.execute("DELETE FROM session WHERE digest = $1", _digest(token))

    async def end_one(self, account_id: UUID, session_id: UUID) -> None:
        """Ends one session of an account."""
        await self._pool.execute(
            "DELETE FROM session WHERE account_id = $1 AND session_id = $2", account_id, session_id
        )

    async def end_all(self, account_id: UUID) -> None:
        """Ends every session of an account."""
        await self._pool.execute("DELETE FROM session WHERE account_id = $1", account_id)

    def retentions(self) -> tuple[Retention, ...]:
        """What has passed its limits is of no use any more."""
        return (
            Retention("session", "created_at < $1", self._longest),
            Retention("session", "last_used_at < $1", self._idle),
        )

    def _limits(self, now: datetime) -> tuple[datetime, datetime]:
        return now - self._longest, now - self._idle


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
