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
    name="AccountRegistered",
    model=AccountRegistered,
    to=lambda e: AccountRegistered(account_id=e.originator_id),
    example=AccountRegistered(account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.EmailConfirmed,
    name="EmailConfirmed",
    model=EmailConfirmed,
    to=lambda e: EmailConfirmed(account_id=e.originator_id),
    example=EmailConfirmed(account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.ProfileChanged,
    name="ProfileChanged",
    model=ProfileChanged,
    to=lambda e: ProfileChanged(account_id=e.originator_id, version=e.originator_version),
    example=ProfileChanged(account_id=_ACCOUNT, version=5),
)
PUBLISHED.add(
    happened.RoleGranted,
    name="RoleGranted",
    model=RoleGranted,
    to=lambda e: RoleGranted(account_id=e.originator_id, role=e.role),
    example=RoleGranted(account_id=_ACCOUNT, role="clerk"),
)
PUBLISHED.add(
    happened.RoleRevoked,
    name="RoleRevoked",
    model=RoleRevoked,
    to=lambda e: RoleRevoked(account_id=e.originator_id, role=e.role),
    example=RoleRevoked(account_id=_ACCOUNT, role="clerk"),
)
PUBLISHED.add(
    happened.PasswordChanged,
    name="PasswordChanged",
    model=PasswordChanged,
    to=lambda e: PasswordChanged(account_id=e.originator_id),
    example=PasswordChanged(account_id=_ACCOUNT),
)
PUBLISHED.add(
    happened.AccountErased,
    name="AccountErased",
    model=AccountErased,
    to=lambda e: AccountErased(account_id=e.originator_id),
    example=AccountErased(account_id=_ACCOUNT),
)
