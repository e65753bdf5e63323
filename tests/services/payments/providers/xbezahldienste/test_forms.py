"""Requests, amounts and settings, without a platform."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.payments.providers.port import Attempt, Method, ProviderUnavailable
from services.payments.providers.xbezahldienste import Basic, ClientCertificate, ClientCredentials, Endpoint
from services.payments.providers.xbezahldienste.endpoint import VERSIONS, Version
from services.payments.providers.xbezahldienste.replies import cents, read, refusal
from services.payments.providers.xbezahldienste.requests import encoded, purpose, start
from services.payments.providers.xbezahldienste.setup import make
from services.payments.settings import PaymentsSettings
from shared.settings import StartRefused
from tests.services.payments.providers.xbezahldienste.mutual_tls import identity

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
ENDPOINT = Endpoint("https://platform.example/v1", "05358008", "lindenau-1")
ATTEMPT = Attempt(
    attempt_id=uuid.UUID("01890000-0000-7000-8000-00000000002a"),
    method=Method.PAYMENT_PAGE,
    amount_cents=3060,
    currency="EUR",
    purpose="KZ 4711000001",
    kassenzeichen="4711000001",
    return_url="https://portal.example/zurueck",
    notify_url="https://portal.example/notify",
)


class TestARequest:
    def test_is_the_attempt_in_the_words_of_the_interface(self) -> None:
        own = "0189000000007000800000000000002a"
        assert json.loads(encoded(start(ENDPOINT, ATTEMPT, NOW)), parse_float=Decimal) == {
            "requestId": own,
            "requestTimestamp": "2026-11-26T08:00:00+00:00",
            "currency": "EUR",
            "grosAmount": Decimal("30.60"),
            "purpose": "KZ 4711000001",
            "description": "KZ 4711000001",
            "redirectUrl": "https://portal.example/zurueck",
            "items": [
                {
                    "id": own,
                    "reference": "4711000001",
                    "description": "KZ 4711000001",
                    "taxRate": 0,
                    "quantity": 1,
                    "totalNetAmount": Decimal("30.60"),
                    "totalTaxAmount": 0,
                    "singleNetAmount": Decimal("30.60"),
                    "singleTaxAmount": 0,
                    "bookingData": {"kassenzeichen": "4711000001"},
                }
            ],
        }

    @pytest.mark.parametrize(
        ("amount_cents", "text"),
        [(1, "0.01"), (29, "0.29"), (3060, "30.60"), (113_10, "113.10"), (99_999_900, "999999.00")],
    )
    def test_writes_its_amount_as_an_exact_number(self, amount_cents: int, text: str) -> None:
        body = encoded(start(ENDPOINT, replace(ATTEMPT, amount_cents=amount_cents), NOW))
        assert f'"grosAmount":{text},'.encode() in body

    def test_names_the_amount_as_its_version_does(self) -> None:
        other = replace(ENDPOINT, version=Version("x", "someAmount"))
        body = start(other, ATTEMPT, NOW)
        assert "someAmount" in body
        assert "grosAmount" not in body

    @pytest.mark.parametrize(
        "change",
        [
            {"amount_cents": 0},
            {"amount_cents": 99_999_901},
            {"currency": "CHF"},
            {"purpose": " &&& "},
            {"kassenzeichen": "9" * 37},
            {"kassenzeichen": ""},
            {"kassenzeichen": "47/11"},
            {"return_url": "/zurueck"},
            {"return_url": "https://portal.example/" + "x" * 2082},
            {"method": Method.CARD},
        ],
    )
    def test_refuses_what_the_platform_would(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError):
            start(ENDPOINT, replace(ATTEMPT, **change), NOW)

    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            ("Bewohnerparken", "Bewohnerparken"),
            ("Gebühr: Größe", "Gebuehr Groesse"),
            ("Hundesteuer 2026 Jahresbetrag", "Hundesteuer 2026"),
            ("x" * 40, "x" * 27),
            ("a/b\nc", "a b c"),
        ],
    )
    def test_has_a_purpose_that_every_platform_takes(self, given: str, sent: str) -> None:
        assert purpose(given) == sent


class TestAnEndpoint:
    def test_has_one_address_however_its_base_ends(self) -> None:
        with_slash = replace(ENDPOINT, base_url="https://platform.example/v1/")
        assert ENDPOINT.transactions == with_slash.transactions
        assert ENDPOINT.transactions.endswith("/v1/paymenttransaction/05358008/lindenau-1/")

    @pytest.mark.parametrize("name", ["", "x" * 37, "a/b", "ä", "a b", ".."])
    def test_takes_no_other_names(self, name: str) -> None:
        with pytest.raises(ValueError, match="1 to 36"):
            replace(ENDPOINT, end_point_id=name)


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [("30.60", 3060), ("30.6", 3060), ("30", 3000), ("0.29", 29), ("3.06E1", 3060),
         ("999999.00", 99_999_900), ("0", 0)],
    )  # fmt: skip
    def test_is_exact_to_the_cent(self, text: str, expected: int) -> None:
        assert cents(json.loads(text, parse_float=Decimal)) == expected

    @pytest.mark.parametrize("text", ["30.605", "-1", "1000000", "1e400", '"30.60"', "true", "null", "[]"])
    def test_with_another_amount_is_not_guessed(self, text: str) -> None:
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            cents(json.loads(text, parse_float=Decimal))

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"paymentInformation":{}}',
         b'{"paymentInformation":{"transactionId":"a/b","status":"PAYED"}}',
         b'{"paymentInformation":{"transactionId":"a","status":"PAYED"},"paymentRequest":{"grosAmount":NaN}}',
         b'{"paymentInformation":{"transactionId":"a","status":"INITIAL","transactionRedirectUrl":"javascript:1"}}'],
    )  # fmt: skip
    def test_that_cannot_be_read_leaves_it_unknown(self, body: bytes) -> None:
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            read(body)

    @pytest.mark.parametrize(
        ("status", "body", "code"),
        [
            (400, b"<html>", "http_400"),
            (400, b'{"functionalCode":7}', "http_400"),
            (404, b"[]", "http_404"),
            (401, b"", "http_401"),
            (422, b'{"functionalCode":"SOMETHING_NEW"}', "SOMETHING_NEW"),
        ],
    )
    def test_that_refuses_without_a_known_code_keeps_what_it_has(
        self, status: int, body: bytes, code: str
    ) -> None:
        assert str(refusal(status, body)).startswith(code)


Settings = Callable[..., PaymentsSettings]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    secret = tmp_path / "xbezahldienste_credentials.json"
    secret.write_text(json.dumps({"client_id": "lindenau", "client_secret": "EHfVpJ8TNFCbx"}))
    secret.chmod(0o600)

    def of(**changes: Any) -> PaymentsSettings:
        plain: dict[str, Any] = {
            "secrets_dir": tmp_path, "port": 0, "database_url": "x", "keys_database_url": "x",
            "rabbitmq_url": "x", "audit_anchors": "file:///x", "xbezahldienste_originator_id": "05358008",
            "xbezahldienste_base_url": "https://platform.example/", "xbezahldienste_end_point_id": "1",
            "xbezahldienste_token_url": "https://platform.example/oauth/token/",
        }  # fmt: skip
        return PaymentsSettings(**{**plain, **changes})

    return of


class TestXBezahldiensteFromTheSettings:
    def test_is_not_there_without_a_contract(self, settings: Settings) -> None:
        assert make(settings(xbezahldienste_base_url=""), httpx.AsyncClient()) is None

    @pytest.mark.parametrize(
        ("kind", "made"),
        [
            ("basic", Basic),
            ("oauth2", ClientCredentials),
            ("girocheckout", ClientCredentials),
            ("certificate", ClientCertificate),
        ],
    )
    def test_says_who_it_is_in_four_ways(
        self, settings: Settings, tmp_path: Path, kind: str, made: type
    ) -> None:
        identity(tmp_path, "xbezahldienste_client")
        provider = make(settings(xbezahldienste_authentication=kind), httpx.AsyncClient())
        assert provider is not None
        assert isinstance(provider._authentication, made)

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"xbezahldienste_version": "1.2"}, "VERSION is one of 1.0"),
            ({"xbezahldienste_originator_id": ""}, "1 to 36 letters"),
            ({"xbezahldienste_authentication": "magic"}, "one of certificate, oauth2, basic, girocheckout"),
            ({"xbezahldienste_token_url": ""}, "needs PORTAL_XBEZAHLDIENSTE_TOKEN_URL"),
            ({"xbezahldienste_authentication": "certificate"}, "has no certificate with its unencrypted key"),
        ],
    )
    def test_set_up_by_half_is_refused_in_words(
        self, settings: Settings, changes: dict[str, Any], sentence: str
    ) -> None:
        with pytest.raises(StartRefused, match=sentence):
            make(settings(**changes), httpx.AsyncClient())

    def test_without_credentials_is_refused_in_words(self, settings: Settings, tmp_path: Path) -> None:
        (tmp_path / "xbezahldienste_credentials.json").write_text("{}")
        with pytest.raises(StartRefused, match="no client_id and client_secret"):
            make(settings(), httpx.AsyncClient())

    def test_reads_booking_data_as_json(self, settings: Settings) -> None:
        made = make(settings(xbezahldienste_booking_data='{"konto": "7"}'), httpx.AsyncClient())
        assert made is not None
        assert made._endpoint.booking_data == {"konto": "7"}
        assert made._endpoint.version is VERSIONS["1.0"]
