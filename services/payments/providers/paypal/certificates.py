"""The certificates that PayPal signs webhooks with: fetched from its hosts, chained, dated, kept by URL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from services.payments.providers.port import CallbackForged, ProviderUnavailable

DOMAIN = ".paypal.com"
_FRESH = timedelta(hours=24)
_MOST_KEPT = 16
_LONGEST = 64 * 1024
_LONGEST_URL = 500
_TIMEOUT = httpx.Timeout(5.0, connect=3.0)


@dataclass(frozen=True, slots=True)
class _Kept:
    key: RSAPublicKey
    until: datetime


class Certificates:
    """`authorities` vouch for PayPal's certificate; `origin`, where not empty, is the one place instead of
    PayPal's hosts that certificates come from."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        authorities: Sequence[x509.Certificate],
        origin: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._authorities = authorities
        self._origin = origin.rstrip("/")
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def key(self, url: str) -> RSAPublicKey:
        """The key of the certificate at this address.

        Raises CallbackForged where address or certificate are not PayPal's, ProviderUnavailable where the
        certificate cannot be had now.
        """
        self._require_own_host(url)
        now = self._clock()
        kept = self._kept.get(url)
        if kept is None or now >= kept.until:
            kept = self._believed(await self._fetch(url), now)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[url] = kept
        return kept.key

    def _require_own_host(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise CallbackForged("certificate_host") from None
        plain = len(url) <= _LONGEST_URL and url.isascii() and url.isprintable() and "\\" not in url
        if self._origin:
            own = f"{parts.scheme}://{parts.netloc}" == self._origin
        else:
            host = (parts.hostname or "").rstrip(".")
            own = parts.scheme == "https" and port in {None, 443} and host.endswith(DOMAIN)
        if not (plain and own) or "@" in parts.netloc:
            raise CallbackForged("certificate_host")

    async def _fetch(self, url: str) -> bytes:
        try:
            async with self._http.stream("GET", url, timeout=_TIMEOUT, follow_redirects=False) as response:
                if 400 <= response.status_code < 500:
                    raise CallbackForged("certificate_unknown")
                if not response.is_success:
                    raise ProviderUnavailable("certificate_unavailable")
                pem = b""
                async for piece in response.aiter_bytes():
                    pem += piece
                    if len(pem) > _LONGEST:
                        raise CallbackForged("certificate_unreadable")
                return pem
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ProviderUnavailable("certificate_unavailable") from None

    def _believed(self, pem: bytes, now: datetime) -> _Kept:
        try:
            leaf, *between = x509.load_pem_x509_certificates(pem)
        except ValueError:
            raise CallbackForged("certificate_unreadable") from None
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey) or not _is_of_paypal(leaf):
            raise CallbackForged("certificate_subject")
        policy = (
            verification.PolicyBuilder()
            .store(verification.Store(list(self._authorities)))
            .time(now.astimezone(UTC).replace(tzinfo=None))
            .extension_policies(
                # what the certificate may be used for is PayPal's affair; who it names is checked above
                ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(),
                ee_policy=verification.ExtensionPolicy.permit_all(),
            )
        )
        try:
            policy.build_client_verifier().verify(leaf, between)
        except verification.VerificationError:
            raise CallbackForged("certificate_chain") from None
        return _Kept(key, min(now + _FRESH, leaf.not_valid_after_utc))


def _is_of_paypal(certificate: x509.Certificate) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        hosts: list[str] = names.value.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        hosts = [str(attribute.value) for attribute in common]
    return any(host.lower().endswith(DOMAIN) for host in hosts)
