"""What can happen to an account; `apply` only assigns."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from services.identity.domain.attributes import Attribute
from shared.domain import Created, Event, Personal, stored

LinkPurpose = Literal["confirmation", "reset"]


@dataclass(frozen=True, slots=True)
class MailLink:
    """A link that was mailed. A confirmation brings the password of its own registration into force."""

    purpose: LinkPurpose
    expires_at: datetime
    password_hash: str = ""
    used: bool = False


@stored("identity.account_registered")
class AccountRegistered(Created):
    """Somebody gave a mail address; whether it is theirs is not known yet."""

    email: Personal[str]
    language: str

    def apply(self, aggregate: Any) -> None:
        aggregate.email, aggregate.language = self.email, self.language
        aggregate.condition, aggregate.trust = "unconfirmed", "mail"
        aggregate.password_hash, aggregate.links = "", {}
        aggregate.roles, aggregate.assertions = frozenset(), frozenset()
        aggregate.attributes, aggregate.profile_version = {}, 0


@stored("identity.confirmation_requested")
class ConfirmationRequested(Event):
    """A link that confirms the address is on its way, with the password chosen beside it."""

    link: str
    password_hash: Personal[str]
    expires_at: datetime

    def apply(self, aggregate: Any) -> None:
        sent = MailLink("confirmation", self.expires_at, self.password_hash)
        aggregate.links = {**aggregate.links, self.link: sent}


@stored("identity.email_confirmed")
class EmailConfirmed(Event):
    """The owner of the address followed a link: the account may be used."""

    link: str
    password_hash: Personal[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.condition = "active"
        aggregate.password_hash = self.password_hash
        aggregate.links = _used(aggregate.links, "confirmation")


@stored("identity.password_reset_requested")
class PasswordResetRequested(Event):
    """A link that sets a new password is on its way."""

    link: str
    expires_at: datetime

    def apply(self, aggregate: Any) -> None:
        aggregate.links = {**aggregate.links, self.link: MailLink("reset", self.expires_at)}


@stored("identity.password_changed")
class PasswordChanged(Event):
    """Another password holds from now on, and every session before it has ended."""

    link: str
    password_hash: Personal[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.password_hash = self.password_hash
        aggregate.links = _used(aggregate.links, "reset")


@stored("identity.profile_changed")
class ProfileChanged(Event):
    """The citizen corrected their own data; `attributes` is how they stand now."""

    attributes: Personal[dict[str, Attribute]]
    changed: list[str]
    language: str

    def apply(self, aggregate: Any) -> None:
        aggregate.attributes, aggregate.language = self.attributes, self.language
        aggregate.profile_version = self.originator_version


@stored("identity.identification_recorded")
class IdentificationRecorded(Event):
    """An outside party vouched for attributes of the person, each at its own level of trust."""

    provider: str
    assertion: str
    trust: str
    attributes: Personal[dict[str, Attribute]]

    def apply(self, aggregate: Any) -> None:
        aggregate.attributes, aggregate.trust = self.attributes, self.trust
        aggregate.assertions = aggregate.assertions | {self.assertion}
        aggregate.profile_version = self.originator_version


@stored("identity.role_granted")
class RoleGranted(Event):
    """The account may act in one more role."""

    role: str
    by: str

    def apply(self, aggregate: Any) -> None:
        aggregate.roles = aggregate.roles | {self.role}


@stored("identity.role_revoked")
class RoleRevoked(Event):
    """The account may no longer act in a role."""

    role: str
    by: str

    def apply(self, aggregate: Any) -> None:
        aggregate.roles = aggregate.roles - {self.role}


@stored("identity.account_locked")
class AccountLocked(Event):
    """An operator stopped the use of the account."""

    reason: str
    by: str

    def apply(self, aggregate: Any) -> None:
        aggregate.condition = "locked"


@stored("identity.account_unlocked")
class AccountUnlocked(Event):
    """The account may be used again."""

    by: str

    def apply(self, aggregate: Any) -> None:
        aggregate.condition = "active"


@stored("identity.erasure_requested")
class ErasureRequested(Event):
    """The owner wants to be forgotten: nobody can sign in any more, and the key is about to be destroyed."""

    def apply(self, aggregate: Any) -> None:
        aggregate.condition, aggregate.links = "erasing", {}


@stored("identity.account_erased")
class AccountErased(Event):
    """Nobody is behind this account any more; the address may be registered again."""

    def apply(self, aggregate: Any) -> None:
        aggregate.condition, aggregate.roles = "erased", frozenset()


def _used(links: dict[str, MailLink], purpose: LinkPurpose) -> dict[str, MailLink]:
    return {
        digest: replace(link, used=True) if link.purpose == purpose else link
        for digest, link in links.items()
    }
