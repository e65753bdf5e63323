"""Who is signed in: identity's answer for a session, kept for some seconds."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from gateway.views.frame import Person
from shared.web.calls import RemoteProblem, RemoteUnavailable, ServiceCalls

log = structlog.get_logger("pages")

KEPT_SECONDS: Final = 20.0
MOST_KEPT: Final = 2048
SESSION_OVER: Final = frozenset({"session_over", "token_invalid"})


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its owner sees it; `profile` by field name, "" where nothing is known."""

    account_id: str
    email: str
    roles: frozenset[str]
    trust: str
    version: int
    profile: Mapping[str, str]

    @property
    def person(self) -> Person:
        names = f"{self.profile.get('given_names', '')} {self.profile.get('family_name', '')}".strip()
        return Person(name=names or self.email, roles=self.roles)


class People:
    """Asks identity at most once in `KEPT_SECONDS` for a session."""

    def __init__(self, calls: ServiceCalls, now: Callable[[], float] = time.monotonic) -> None:
        self._calls, self._now = calls, now
        self._kept: dict[str, tuple[Account, float]] = {}

    def known(self, session: str | None) -> Account | None:
        """What is kept for a session, without asking."""
        account, until = self._kept.get(session or "", (None, 0.0))
        return account if self._now() < until else None

    async def of(self, session: str, *, live: bool = False) -> Account | None:
        """Whose session it is, None when it is over; `live` is no use of it, so that it may fall idle.

        Raises RemoteProblem, RemoteUnavailable.
        """
        if (known := self.known(session)) is not None:
            return known
        purpose = "own-account-live" if live else "own-account"
        try:
            answer = await self._calls.get("identity", "/accounts/me", purpose=purpose, session=session)
        except RemoteProblem as refused:
            if is_session_over(refused):
                self.forget(session)
                return None
            raise
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        account = account_from(answer)
        self._kept[session] = (account, self._now() + KEPT_SECONDS)
        return account

    async def end(self, session: str | None) -> None:
        """Ends a session, if identity can be reached: a browser that signs in or out leaves none behind."""
        if session is None:
            return
        try:
            await self._calls.request(
                "DELETE", "identity", "/sessions", purpose="account-access", json={"session": session}
            )
        except (RemoteProblem, RemoteUnavailable) as problem:  # it ends by itself when it is not used
            log.warning("session_not_ended", service=problem.service)
        self.forget(session)

    def forget(self, session: str | None) -> None:
        """After signing in or out, and after a change of the profile."""
        if session is not None:
            self._kept.pop(session, None)
            self._calls.forget(session)


def account_from(answer: Mapping[str, Any]) -> Account:
    """Reads `GET /accounts/me`."""
    return Account(
        account_id=answer["account_id"],
        email=answer["email"] or "",
        roles=frozenset(answer["roles"]),
        trust=answer["trust"],
        version=answer["version"],
        profile={name: value or "" for name, value in answer["profile"].items()},
    )


def is_session_over(refused: RemoteProblem) -> bool:
    """Whether a refusal means that nobody is signed in any more."""
    return refused.status == 401 and refused.slug in SESSION_OVER
