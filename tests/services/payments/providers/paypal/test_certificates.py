"""A certificate is PayPal's only from its own hosts, under a known authority, in its name and its time."""

from datetime import datetime, timedelta

import httpx
import pytest
from cryptography import x509

from deploy.local.sandbox.paypal.authority import Authority
from services.payments.providers.paypal import PayPal
from services.payments.providers.port import CallbackForged, ProviderUnavailable
from tests.services.payments.providers.paypal.posting import (
    CAPTURED,
    NOW,
    OURS,
    Net,
    paypal,
    posted,
    raw,
    reason,
)


class TestACertificate:
    @pytest.mark.parametrize(
        "url",
        [
            "http://api.paypal.com/v1/notifications/certs/CERT-1",
            "https://paypal.com.evil.example/certs/CERT-1",
            "https://evilpaypal.com/certs/CERT-1",
            "https://evil.example/.paypal.com",
            "https://evil.example#.paypal.com",
            "https://api.paypal.com@evil.example/certs/CERT-1",
            "https://evil.example\\.paypal.com/certs/CERT-1",
            "https://api.paypal.com:8443/certs/CERT-1",
            "https://api.paypal.com:x/certs/CERT-1",
            "https://api.paypal.com\n/certs",
            "https://[::1/certs",
            "ftp://api.paypal.com/certs",
            "/certs/CERT-1",
            "https://api.paypal.com/" + "x" * 500,
        ],
    )
    async def test_is_not_even_fetched_elsewhere(self, memory: httpx.AsyncClient, net: Net, url: str) -> None:
        assert await reason(paypal(memory), posted(raw(CAPTURED), url=url)) == "certificate_host"
        assert net.asked == []

    async def test_comes_from_the_sandbox_alone_where_there_is_one(
        self, memory: httpx.AsyncClient, net: Net
    ) -> None:
        provider = paypal(memory, certificate_origin="http://127.0.0.1:8108")
        assert await reason(provider, posted(raw(CAPTURED))) == "certificate_host"
        for near in ("http://127.0.0.1:8108.evil.example/certs/1", "http://127.0.0.1:81/certs/1"):
            assert await reason(provider, posted(raw(CAPTURED), url=near)) == "certificate_host"
        short = paypal(memory, certificate_origin="http://127.0.0.1:810")
        longer = posted(raw(CAPTURED), url="http://127.0.0.1:8108/certs/1")
        assert await reason(short, longer) == "certificate_host"
        told = await provider.verify_callback(posted(raw(CAPTURED), url="http://127.0.0.1:8108/certs/1"))
        assert told is not None

    @pytest.mark.parametrize(
        ("pem", "expected"),
        [
            (Authority.new(begins=NOW - timedelta(days=30)).certificate, "certificate_chain"),
            (OURS.ca, "certificate_subject"),
            ("", "certificate_unreadable"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate_unreadable"),
            ("x" * 70_000, "certificate_unreadable"),
        ],
        ids=["of another authority", "of nobody", "empty", "broken", "endless"],
    )
    async def test_that_is_not_paypals(
        self, memory: httpx.AsyncClient, net: Net, pem: str, expected: str
    ) -> None:
        net.pem = pem
        assert await reason(paypal(memory), posted(raw(CAPTURED))) == expected

    async def test_of_another_host_under_a_known_authority(self, memory: httpx.AsyncClient, net: Net) -> None:
        other = Authority.new(host="paypal.com.evil.example", begins=NOW - timedelta(days=1))
        net.pem = other.certificate
        trusting = paypal(memory, authorities=(x509.load_pem_x509_certificate(other.ca.encode()),))
        assert await reason(trusting, posted(raw(CAPTURED), other)) == "certificate_subject"

    @pytest.mark.parametrize("now", [NOW - timedelta(days=31), NOW + timedelta(days=31)])
    async def test_that_is_not_valid_at_the_time(self, memory: httpx.AsyncClient, now: datetime) -> None:
        callback = posted(raw(CAPTURED), at=now)
        assert await reason(paypal(memory, now=now), callback) == "certificate_chain"

    async def test_that_expires_while_it_is_kept_is_believed_no_longer(
        self, memory: httpx.AsyncClient, net: Net
    ) -> None:
        now = NOW + timedelta(days=30) - timedelta(minutes=1)
        account = paypal(memory)._account
        provider = PayPal(
            base_url="https://api-m.paypal.com", account=account, http=memory, clock=lambda: now
        )
        assert await provider.verify_callback(posted(raw(CAPTURED), at=now)) is not None
        now += timedelta(minutes=2)
        assert await reason(provider, posted(raw(CAPTURED), at=now)) == "certificate_chain"

    @pytest.mark.parametrize(("status", "raises"), [(404, CallbackForged), (503, ProviderUnavailable)])
    async def test_that_cannot_be_had(
        self, memory: httpx.AsyncClient, net: Net, status: int, raises: type[Exception]
    ) -> None:
        net.certificate_status = status
        with pytest.raises(raises):
            await paypal(memory).verify_callback(posted(raw(CAPTURED)))
        net.certificate_status = 200
        assert await paypal(memory).verify_callback(posted(raw(CAPTURED))) is not None
