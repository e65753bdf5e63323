"""PayPal from the settings: there where PORTAL_PAYPAL_BASE_URL names its API."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from services.payments.providers.paypal.account import Account, Verification
from services.payments.providers.paypal.adapter import PayPal
from services.payments.settings import PaymentsSettings
from shared.settings import StartRefused


def make(settings: PaymentsSettings, http: httpx.AsyncClient) -> PayPal | None:
    """The adapter, or None without a contract. Raises StartRefused, SecretMissing."""
    if not settings.paypal_base_url:
        return None
    if not settings.paypal_webhook_id:
        raise StartRefused("Not started: PORTAL_PAYPAL_BASE_URL needs PORTAL_PAYPAL_WEBHOOK_ID.")
    client_id, client_secret = _credentials(settings)
    account = Account(
        client_id=client_id,
        client_secret=client_secret,
        webhook_id=settings.paypal_webhook_id,
        brand_name=settings.paypal_brand_name,
        authorities=_authorities(settings.paypal_authorities),
        verification=_verification(settings.paypal_verification),
        certificate_origin=settings.paypal_certificate_origin,
    )
    return PayPal(base_url=settings.paypal_base_url, account=account, http=http)


def _credentials(settings: PaymentsSettings) -> tuple[str, str]:
    match settings.secret_json("paypal_credentials"):
        case {"client_id": str(client_id), "client_secret": str(client_secret)} if (
            client_id and client_secret
        ):
            return client_id, client_secret
    raise StartRefused("Not started: paypal_credentials.json has no client_id and client_secret.")


def _verification(name: str) -> Verification:
    try:
        return Verification(name)
    except ValueError:
        known = ", ".join(Verification)
        raise StartRefused(f"Not started: PORTAL_PAYPAL_VERIFICATION is one of {known}.") from None


def _known() -> Iterator[x509.Certificate]:
    for der in httpx.create_ssl_context(trust_env=False).get_ca_certs(binary_form=True):
        # an old authority with an odd serial number is no reason to say anything, nor not to start
        with warnings.catch_warnings(), contextlib.suppress(ValueError):
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            yield x509.load_der_x509_certificate(der)


def _authorities(path: Path | None) -> tuple[x509.Certificate, ...]:
    """Those in the file; without one, those whom calls to PayPal trust as well."""
    if path is None:
        return tuple(_known())
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError):
        raise StartRefused(
            f"Not started: PORTAL_PAYPAL_AUTHORITIES names {path}, which holds no certificates in PEM."
        ) from None
