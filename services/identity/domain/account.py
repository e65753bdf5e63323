"""An account: who may act here, proved by a mail address and a password.

Invariant: nothing can be done with an account until its owner has followed a link sent to its address; the
password in force is the one chosen beside the very link that was followed, so nobody can prepare an account
for somebody else's address. A link works once and for a limited time. One account per address is held by a
reservation in the same append.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, Self
from uuid import UUID

from services.identity.domain import refusals
from services.identity.domain.account_events import (
    AccountErased,
    AccountLocked,
    AccountRegistered,
    AccountUnlocked,
    ConfirmationRequested,
    EmailConfirmed,
    ErasureRequested,
    IdentificationRecorded,
    LinkPurpose,
    MailLink,
    PasswordChanged,
    PasswordResetRequested,
    ProfileChanged,
    RoleGranted,
    RoleRevoked,
)
from services.identity.domain.attributes import Attribute, Trust, rank, with_assertion, with_own_word
from shared.domain import Aggregate

Role = Literal["citizen", "clerk", "treasurer", "operator", "warden"]
Condition = Literal["unconfirmed", "active", "locked", "erasing", "erased"]
CITIZEN: Final = "citizen"
OPEN_LINKS: Final = 5


class Account(Aggregate):
    """One account; `profile_version` is the stream's version at the last change of the profile."""

    BEGINS = (AccountRegistered,)
    SNAPSHOT_EVERY = 0
    email: str
    language: str
    condition: Condition
    password_hash: str
    links: dict[str, MailLink]
    roles: frozenset[str]
    trust: Trust
    attributes: dict[str, Attribute]
    assertions: frozenset[str]
    profile_version: int

    @classmethod
    def register(cls, *, id: UUID, now: datetime, email: str, language: str) -> Self:
        """`email` is an address as `email_address.normalised` gives it."""
        return cls.begin(AccountRegistered, id=id, now=now, email=email, language=language)

    def request_confirmation(
        self, link: str, password_hash: str, *, expires_at: datetime, now: datetime
    ) -> None:
        """Raises AlreadyConfirmed, TooManyLinks."""
        if self.condition != "unconfirmed":
            raise refusals.AlreadyConfirmed
        self._refuse_too_many("confirmation", now)
        self.emit(
            ConfirmationRequested, now=now, link=link, password_hash=password_hash, expires_at=expires_at
        )

    def confirm(self, link: str, *, now: datetime) -> None:
        """Raises LinkUnknown, LinkUsed, LinkExpired."""
        self._confirm(link, self.awaiting(link, now=now).password_hash, now)

    def awaiting(self, link: str, *, now: datetime) -> MailLink:
        """A confirmation that may still be given. Raises LinkUnknown, LinkUsed, LinkExpired."""
        return self._usable("confirmation", link, now)

    def request_reset(self, link: str, *, expires_at: datetime, now: datetime) -> None:
        """Raises NotActive when locked or erased, TooManyLinks."""
        if self.condition not in ("unconfirmed", "active"):
            raise refusals.NotActive
        self._refuse_too_many("reset", now)
        self.emit(PasswordResetRequested, now=now, link=link, expires_at=expires_at)

    def reset_password(self, link: str, password_hash: str, *, now: datetime) -> None:
        """Following the link proves the address too. Raises LinkUnknown, LinkUsed, LinkExpired, NotActive."""
        self._usable("reset", link, now)
        if self.condition == "locked":
            raise refusals.NotActive
        if self.condition == "unconfirmed":
            self._confirm(link, password_hash, now)
        self.emit(PasswordChanged, now=now, link=link, password_hash=password_hash)

    def change_profile(
        self, values: Mapping[str, str | None], language: str, *, expected: int, now: datetime
    ) -> None:
        """Nothing happens when nothing differs. Raises NotActive, ProfileChangedMeanwhile."""
        self._refuse_unless_active()
        if expected != self.profile_version:
            raise refusals.ProfileChangedMeanwhile
        after = with_own_word(self.attributes, values, now)
        changed = sorted(
            name for name in {*after, *self.attributes} if after.get(name) != self.attributes.get(name)
        )
        if changed or language != self.language:
            self.emit(ProfileChanged, now=now, attributes=after, changed=changed, language=language)

    def record_identification(
        self,
        provider: str,
        assertion: str,
        level: Trust,
        attributes: Mapping[str, tuple[str, Trust]],
        *,
        now: datetime,
    ) -> None:
        """Attributes count no more than the login that brought them. Raises NotActive, AssertionUsed."""
        self._refuse_unless_active()
        if assertion in self.assertions:
            raise refusals.AssertionUsed
        asserted = {
            name: Attribute(value, provider, min(trust, level, key=rank), now)
            for name, (value, trust) in attributes.items()
        }
        self.emit(
            IdentificationRecorded,
            now=now,
            provider=provider,
            assertion=assertion,
            trust=max(self.trust, level, key=rank),
            attributes=with_assertion(self.attributes, asserted),
        )

    def grant_role(self, role: Role, *, by: str, now: datetime) -> None:
        """Raises OwnRoles, NotActive, RoleHeld."""
        if by == str(self.id):
            raise refusals.OwnRoles
        self._refuse_unless_active()
        if role in self.roles:
            raise refusals.RoleHeld
        self.emit(RoleGranted, now=now, role=role, by=by)

    def revoke_role(self, role: Role, *, by: str, now: datetime) -> None:
        """Raises OwnRoles, RoleNotHeld."""
        if by == str(self.id):
            raise refusals.OwnRoles
        if role not in self.roles:
            raise refusals.RoleNotHeld
        self.emit(RoleRevoked, now=now, role=role, by=by)

    def lock(self, reason: str, *, by: str, now: datetime) -> None:
        """Raises NotActive."""
        self._refuse_unless_active()
        self.emit(AccountLocked, now=now, reason=reason, by=by)

    def unlock(self, *, by: str, now: datetime) -> None:
        """Raises NotLocked."""
        if self.condition != "locked":
            raise refusals.NotLocked
        self.emit(AccountUnlocked, now=now, by=by)

    def request_erasure(self, *, now: datetime) -> None:
        """The owner wants to be forgotten. Raises NotActive, HoldsOffice."""
        self._refuse_unless_active()
        if self.roles - {CITIZEN}:
            raise refusals.HoldsOffice
        self.emit(ErasureRequested, now=now)

    def complete_erasure(self, *, now: datetime) -> None:
        """The key is destroyed: nothing is left to tell whose account this was. Raises NotErasing."""
        if self.condition != "erasing":
            raise refusals.NotErasing
        self.emit(AccountErased, now=now)

    def _confirm(self, link: str, password_hash: str, now: datetime) -> None:
        self.emit(EmailConfirmed, now=now, link=link, password_hash=password_hash)
        self.emit(RoleGranted, now=now, role=CITIZEN, by="confirmation")

    def _usable(self, purpose: LinkPurpose, link: str, now: datetime) -> MailLink:
        sent = self.links.get(link)
        if sent is None or sent.purpose != purpose:
            raise refusals.LinkUnknown
        if sent.used:
            raise refusals.LinkUsed
        if now >= sent.expires_at:
            raise refusals.LinkExpired
        return sent

    def _refuse_too_many(self, purpose: LinkPurpose, now: datetime) -> None:
        still_open = [
            sent
            for sent in self.links.values()
            if sent.purpose == purpose and not sent.used and now < sent.expires_at
        ]
        if len(still_open) >= OPEN_LINKS:
            raise refusals.TooManyLinks

    def _refuse_unless_active(self) -> None:
        if self.condition != "active":
            raise refusals.NotActive
