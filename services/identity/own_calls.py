"""Identity's own calls to other services: it signs its tokens itself instead of asking itself for them."""

from datetime import UTC, datetime, timedelta

from services.identity.settings import IdentitySettings
from shared.clock import SystemClock
from shared.web.calls import IssuedToken, ServiceCalls, TokenFor
from shared.web.token_signing import TTL_SECONDS, CallerTokenSigner


class OwnCalls(ServiceCalls):
    """`ServiceCalls` for the one service that holds the signing key."""

    def __init__(self, settings: IdentitySettings) -> None:
        super().__init__("identity", settings.identity_url, "", settings.service_urls())
        self._signer = signer(settings)

    async def _issue(self, wanted: TokenFor) -> IssuedToken:
        now = SystemClock().now()
        token = self._signer.sign(
            "identity", "service", ["service"], wanted.audience, wanted.purpose, "basic", now
        )
        return IssuedToken(token=token, expires_at=expiry(now))


def signer(settings: IdentitySettings) -> CallerTokenSigner:
    """Signs with the key in `caller_signing_key.pem`. Raises SecretMissing."""
    return CallerTokenSigner(settings.secret_text("caller_signing_key.pem"))


def expiry(now: datetime) -> datetime:
    """When a token signed now ends: `iat` is in whole seconds."""
    return datetime.fromtimestamp(int(now.timestamp()), UTC) + timedelta(seconds=TTL_SECONDS)
