"""Why identity says no. Each class is one answer; `api.problems` gives them their slugs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any


class Refused(Exception):
    """A decision that an account does not allow; nothing has changed."""


class LinkUnknown(Refused):
    """No link with this token was ever sent."""


class LinkExpired(Refused):
    """The link was sent too long ago."""


class LinkUsed(Refused):
    """The link has done its work, or another one of its kind has."""


class TooManyLinks(Refused):
    """Enough mails with links are on their way to this address."""


class AlreadyConfirmed(Refused):
    """The address of this account was confirmed before."""


class NotActive(Refused):
    """Only an account with a confirmed address that is not locked may do that."""


class ProfileChangedMeanwhile(Refused):
    """The profile has moved on since it was read."""


class AssertionUsed(Refused):
    """An identification counts once: this assertion was recorded before."""


class RoleHeld(Refused):
    """The account has this role."""


class RoleNotHeld(Refused):
    """The account does not have this role."""


class OwnRoles(Refused):
    """Nobody changes their own roles."""


class NotLocked(Refused):
    """The account is not locked."""


class HoldsOffice(Refused):
    """Who has a role of the town hall cannot be forgotten before it is taken off."""


class NotErasing(Refused):
    """Nobody asked for this account to be erased, or it is erased."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field, as it goes into the problem document."""

    field: str
    code: str
    params: Mapping[str, Any] = attribute(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, "code": self.code, "params": dict(self.params)}


class FieldsRefused(ValueError):
    """Values that cannot be taken; one error for each field."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(", ".join(f"{error.field}: {error.code}" for error in errors))
        self.errors: Sequence[FieldError] = errors
