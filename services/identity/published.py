"""The public events of accounts: ids and roles, no personal data."""

from typing import Final
from uuid import UUID

from pydantic import BaseModel

from services.identity.domain import account_events as happened
from shared.bus.published import Published

PUBLISHED: Final = Published("identity")
_ACCOUNT: Final = UUID("0192b1c4-0000-7000-8000-00000000000a")


class AccountRegistered(BaseModel):
    """Somebody registered a mail address; it is not confirmed yet."""

    account_id: UUID


class EmailConfirmed(BaseModel):
    """The owner of the address confirmed it: the account may be used."""

    account_id: UUID


class ProfileChanged(BaseModel):
    """The person's data changed; read them at this version, or at the newest."""

    account_id: UUID
    version: int


class RoleGranted(BaseModel):
    """The account may act in one more role."""

    account_id: UUID
    role: str


class RoleRevoked(BaseModel):
    """The account may no longer act in a role."""

    account_id: UUID
    role: str


class PasswordChanged(BaseModel):
    """Another password holds, and every session before it has ended."""

    account_id: UUID


class AccountErased(BaseModel):
    """The account's owner was forgotten: destroy the key you hold of them, and what identifies them."""

    account_id: UUID


PUBLISHED.add(
    happened.AccountRegistered,
    AccountRegistered(account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.EmailConfirmed,
    EmailConfirmed(account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.ProfileChanged,
    ProfileChanged(account_id=_ACCOUNT, version=5),
    {"version": lambda e: e.originator_version},
)
PUBLISHED.add(
    happened.RoleGranted,
    RoleGranted(account_id=_ACCOUNT, role="clerk"),
)
PUBLISHED.add(
    happened.RoleRevoked,
    RoleRevoked(account_id=_ACCOUNT, role="clerk"),
)
PUBLISHED.add(
    happened.PasswordChanged,
    PasswordChanged(account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.AccountErased,
    AccountErased(account_id=_ACCOUNT),
)
