"""XBezahldienste from the settings: there where PORTAL_XBEZAHLDIENSTE_BASE_URL names a platform."""

import ssl
from typing import Any

import httpx

from services.payments.providers.xbezahldienste.adapter import XBezahldienste
from services.payments.providers.xbezahldienste.authentication import (
    Authentication,
    Basic,
    ClientCertificate,
    ClientCredentials,
)
from services.payments.providers.xbezahldienste.endpoint import VERSIONS, Endpoint
from services.payments.settings import PaymentsSettings
from shared.settings import StartRefused

KINDS = ("certificate", "oauth2", "basic", "girocheckout")
CERTIFICATE = "xbezahldienste_client.pem"


def make(settings: PaymentsSettings, http: httpx.AsyncClient) -> XBezahldienste | None:
    """The adapter, or None without a contract. Raises StartRefused, SecretMissing."""
    if not settings.xbezahldienste_base_url:
        return None
    version = VERSIONS.get(settings.xbezahldienste_version)
    if version is None:
        known = ", ".join(VERSIONS)
        raise StartRefused(f"Not started: PORTAL_XBEZAHLDIENSTE_VERSION is one of {known}.")
    try:
        endpoint = Endpoint(
            base_url=settings.xbezahldienste_base_url,
            originator_id=settings.xbezahldienste_originator_id,
            end_point_id=settings.xbezahldienste_end_point_id,
            version=version,
            booking_data=settings.xbezahldienste_booking_data,
        )
    except ValueError as error:
        raise StartRefused(f"Not started: PORTAL_XBEZAHLDIENSTE_…_ID: {error}.") from error
    return XBezahldienste(endpoint=endpoint, authentication=_authentication(settings), http=http)


def _authentication(settings: PaymentsSettings) -> Authentication:
    kind = settings.xbezahldienste_authentication
    if kind not in KINDS:
        raise StartRefused(f"Not started: PORTAL_XBEZAHLDIENSTE_AUTHENTICATION is one of {', '.join(KINDS)}.")
    if kind == "certificate":
        return ClientCertificate(_context(settings))
    client_id, client_secret = _credentials(settings.secret_json("xbezahldienste_credentials"))
    if kind == "basic":
        return Basic(client_id, client_secret)
    if kind == "girocheckout":
        url = settings.xbezahldienste_base_url.rstrip("/") + "/auth/token"
        return ClientCredentials(
            token_url=url, client_id=client_id, client_secret=client_secret, scope="post"
        )
    if not settings.xbezahldienste_token_url:
        raise StartRefused("Not started: this authentication needs PORTAL_XBEZAHLDIENSTE_TOKEN_URL.")
    return ClientCredentials(
        token_url=settings.xbezahldienste_token_url, client_id=client_id, client_secret=client_secret
    )


def _credentials(secret: Any) -> tuple[str, str]:
    match secret:
        case {"client_id": str(client_id), "client_secret": str(client_secret)} if (
            client_id and client_secret
        ):
            return client_id, client_secret
    raise StartRefused("Not started: xbezahldienste_credentials.json has no client_id and client_secret.")


def _context(settings: PaymentsSettings) -> ssl.SSLContext:
    path = settings.secrets_dir / CERTIFICATE
    context = httpx.create_ssl_context(trust_env=False)
    try:
        context.load_cert_chain(path)
    except (OSError, ssl.SSLError):
        raise StartRefused(
            f"Not started: {path} has no certificate with its unencrypted key, both in PEM."
        ) from None
    return context
