import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from deploy.local.sandbox.paypal.authority import Authority
from services.payments.providers.paypal import Verification
from services.payments.providers.paypal.setup import make
from services.payments.settings import PaymentsSettings
from shared.settings import StartRefused

Settings = Callable[..., PaymentsSettings]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    secret = tmp_path / "paypal_credentials.json"
    secret.write_text(json.dumps({"client_id": "AeA1QIZXiflr1", "client_secret": "EHfVpJ8TNFCbx"}))
    secret.chmod(0o600)

    def of(**changes: Any) -> PaymentsSettings:
        plain: dict[str, Any] = {
            "secrets_dir": tmp_path, "port": 0, "database_url": "x", "keys_database_url": "x",
            "rabbitmq_url": "x", "audit_anchors": "file:///x", "paypal_base_url": "https://api-m.paypal.com",
            "paypal_webhook_id": "8PT597110X687430LKGECATA",
        }  # fmt: skip
        return PaymentsSettings(**{**plain, **changes})

    return of


class TestPayPalFromTheSettings:
    def test_is_not_there_without_a_contract(self, settings: Settings) -> None:
        assert make(settings(paypal_base_url=""), httpx.AsyncClient()) is None

    def test_trusts_whom_its_calls_trust(self, settings: Settings) -> None:
        made = make(settings(), httpx.AsyncClient())
        assert made is not None
        assert made._account.verification is Verification.OFFLINE
        assert len(made._account.authorities) > 50
        assert "EHfVpJ8TNFCbx" not in repr(made._account)

    def test_trusts_the_file_alone_where_there_is_one(self, settings: Settings, tmp_path: Path) -> None:
        ca = Authority.new().ca
        (tmp_path / "ca.pem").write_text(ca)
        made = make(
            settings(paypal_authorities=tmp_path / "ca.pem", paypal_verification="api"), httpx.AsyncClient()
        )
        assert made is not None
        assert made._account.authorities == (x509.load_pem_x509_certificate(ca.encode()),)
        assert made._account.verification is Verification.API

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"paypal_webhook_id": ""}, "needs PORTAL_PAYPAL_WEBHOOK_ID"),
            ({"paypal_verification": "never"}, "PORTAL_PAYPAL_VERIFICATION is one of offline, api"),
            ({"paypal_authorities": Path("/nowhere.pem")}, "PORTAL_PAYPAL_AUTHORITIES names /nowhere.pem"),
        ],
    )
    def test_set_up_by_half_is_refused_in_words(
        self, settings: Settings, changes: dict[str, Any], sentence: str
    ) -> None:
        with pytest.raises(StartRefused, match=sentence):
            make(settings(**changes), httpx.AsyncClient())

    @pytest.mark.parametrize("secret", [{}, [], {"client_id": "a"}, {"client_id": "a", "client_secret": ""}])
    def test_without_credentials_is_refused_in_words(
        self, settings: Settings, tmp_path: Path, secret: object
    ) -> None:
        (tmp_path / "paypal_credentials.json").write_text(json.dumps(secret))
        with pytest.raises(StartRefused, match="no client_id and client_secret"):
            make(settings(), httpx.AsyncClient())
