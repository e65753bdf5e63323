"""Read models of accounts. Rows ride with the append; personal columns are sealed with the citizen's key."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from services.identity.domain import account_events as happened
from services.identity.domain.account import CITIZEN
from services.identity.domain.account_events import LinkPurpose
from shared.domain import Redacted
from shared.log import Meta, Projections, Retention, Sealer, Table

PROJECTIONS: Final = Projections()
ACCOUNT: Final = PROJECTIONS.table(
    "account",
    ("account_id",),
    (
        "condition",
        "email",
        "password_hash",
        "language",
        "trust",
        "sessions_from",
        "profile_version",
        "registered_at",
    ),
)
ROLE: Final = PROJECTIONS.table("account_role", ("account_id", "role"), ("granted_at",))
MAIL_LINK: Final = PROJECTIONS.table("mail_link", ("digest",), ("account_id", "purpose", "expires_at"))
LINKS_KEPT: Final = Retention("mail_link", "expires_at < $1", timedelta(days=30))
"""So long one is told that a link has expired; later it is unknown. A rebuild brings old rows back."""

Patches = Iterable[tuple[Table, tuple[Any, ...], Mapping[str, Any] | None]]


def _account(event: Any, **values: Any) -> Patches:
    yield ACCOUNT, (str(event.originator_id),), values


def _sealed(event: Any, seal: Sealer, column: str, value: str | Redacted) -> bytes | None:
    if isinstance(value, Redacted):
        return None
    return seal(ACCOUNT, (str(event.originator_id),), column, value.encode())


@PROJECTIONS.on(happened.AccountRegistered)
def on_account_registered(event: happened.AccountRegistered, _meta: Meta, seal: Sealer) -> Patches:
    return _account(
        event,
        condition="unconfirmed",
        email=_sealed(event, seal, "email", event.email),
        language=event.language,
        trust="mail",
        sessions_from=event.timestamp,
        profile_version=0,
        registered_at=event.timestamp,
    )


@PROJECTIONS.on(happened.ConfirmationRequested)
def on_confirmation_requested(event: happened.ConfirmationRequested, _meta: Meta, _seal: Sealer) -> Patches:
    return _link(event, "confirmation")


@PROJECTIONS.on(happened.PasswordResetRequested)
def on_password_reset_requested(
    event: happened.PasswordResetRequested, _meta: Meta, _seal: Sealer
) -> Patches:
    return _link(event, "reset")


def _link(event: Any, purpose: LinkPurpose) -> Patches:
    values = {"account_id": event.originator_id, "purpose": purpose, "expires_at": event.expires_at}
    yield MAIL_LINK, (event.link,), values


@PROJECTIONS.on(happened.EmailConfirmed)
def on_email_confirmed(event: happened.EmailConfirmed, _meta: Meta, seal: Sealer) -> Patches:
    password_hash = _sealed(event, seal, "password_hash", event.password_hash)
    return _account(event, condition="active", password_hash=password_hash)


@PROJECTIONS.on(happened.PasswordChanged)
def on_password_changed(event: happened.PasswordChanged, _meta: Meta, seal: Sealer) -> Patches:
    password_hash = _sealed(event, seal, "password_hash", event.password_hash)
    return _account(event, password_hash=password_hash, sessions_from=event.timestamp)


@PROJECTIONS.on(happened.ProfileChanged)
def on_profile_changed(event: happened.ProfileChanged, _meta: Meta, _seal: Sealer) -> Patches:
    return _account(event, language=event.language, profile_version=event.originator_version)


@PROJECTIONS.on(happened.IdentificationRecorded)
def on_identification_recorded(event: happened.IdentificationRecorded, _meta: Meta, _seal: Sealer) -> Patches:
    return _account(event, trust=event.trust, profile_version=event.originator_version)


@PROJECTIONS.on(happened.RoleGranted)
def on_role_granted(event: happened.RoleGranted, _meta: Meta, _seal: Sealer) -> Patches:
    yield ROLE, (str(event.originator_id), event.role), {"granted_at": event.timestamp}


@PROJECTIONS.on(happened.RoleRevoked)
def on_role_revoked(event: happened.RoleRevoked, _meta: Meta, _seal: Sealer) -> Patches:
    yield ROLE, (str(event.originator_id), event.role), None


@PROJECTIONS.on(happened.AccountLocked)
def on_account_locked(event: happened.AccountLocked, _meta: Meta, _seal: Sealer) -> Patches:
    return _account(event, condition="locked", sessions_from=event.timestamp)


@PROJECTIONS.on(happened.AccountUnlocked)
def on_account_unlocked(event: happened.AccountUnlocked, _meta: Meta, _seal: Sealer) -> Patches:
    return _account(event, condition="active")


@PROJECTIONS.on(happened.ErasureRequested)
def on_erasure_requested(event: happened.ErasureRequested, _meta: Meta, _seal: Sealer) -> Patches:
    return _account(event, condition="erasing", sessions_from=event.timestamp)


@PROJECTIONS.on(happened.AccountErased)
def on_account_erased(event: happened.AccountErased, _meta: Meta, _seal: Sealer) -> Patches:
    yield from _account(event, condition="erased", email=None, password_hash=None)
    yield ROLE, (str(event.originator_id), CITIZEN), None
