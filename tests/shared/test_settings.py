"""A process is told by its environment, and refuses to start without secrets of its own."""

import base64
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import ProcessSettings, SecretMissing, ServiceSettings, refuse

KEY = os.urandom(32)


@pytest.fixture
def settings(tmp_path: Path) -> ProcessSettings:
    return ProcessSettings(secrets_dir=tmp_path, port=8101)


def write(folder: Path, name: str, text: str | bytes) -> None:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)


class TestASecret:
    def test_is_read_from_its_file(self, settings: ProcessSettings, tmp_path: Path) -> None:
        write(tmp_path, "master_key", base64.b64encode(KEY) + b"\n")
        write(tmp_path, "lookup_key", base64.urlsafe_b64encode(KEY).rstrip(b"="))
        write(tmp_path, "service_secret", " s8Fh2-kd93mN4-qpz71\n")
        write(tmp_path, "caller_keys.json", '{"keys": []}')
        assert settings.secret_bytes("master_key") == KEY
        assert settings.secret_bytes("lookup_key") == KEY
        assert settings.secret_text("service_secret") == "s8Fh2-kd93mN4-qpz71"
        assert settings.secret_json("caller_keys") == {"keys": []}

    def test_that_is_absent_is_named(self, settings: ProcessSettings, tmp_path: Path) -> None:
        with pytest.raises(SecretMissing, match="master_key is missing") as missing:
            settings.secret_bytes("master_key")
        assert str(tmp_path / "master_key") in str(missing.value)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "\n",
            "changeme",
            "CHANGEME-in-production",
            "secret",
            "<put the secret here>",
            "aaaaaaaaaaaaaaaaaaaa",
            "${SERVICE_SECRET_FROM_VAULT}",
            "short-one",
            b"\xff\xfe\x00\x01" * 8,
        ],
    )
    def test_nobody_has_chosen_is_refused(
        self, settings: ProcessSettings, tmp_path: Path, text: str | bytes
    ) -> None:
        write(tmp_path, "service_secret", text)
        with pytest.raises(SecretMissing) as refused:
            settings.secret_text("service_secret")
        assert str(refused.value).endswith(".")

    @pytest.mark.parametrize("key", [os.urandom(31), os.urandom(33), bytes(32), b"\x07" * 32])
    def test_of_the_wrong_make_is_no_key(self, settings: ProcessSettings, tmp_path: Path, key: bytes) -> None:
        write(tmp_path, "master_key", base64.b64encode(key))
        with pytest.raises(SecretMissing):
            settings.secret_bytes("master_key")

    def test_that_is_no_base64_is_no_key(self, settings: ProcessSettings, tmp_path: Path) -> None:
        write(tmp_path, "master_key", "ein Schlüssel, der keiner ist, aber lang")
        with pytest.raises(SecretMissing, match="not 32 bytes"):
            settings.secret_bytes("master_key")

    def test_that_is_no_json_is_refused(self, settings: ProcessSettings, tmp_path: Path) -> None:
        write(tmp_path, "caller_keys.json", '{"keys": [')
        with pytest.raises(SecretMissing, match="is not JSON"):
            settings.secret_json("caller_keys")

    def test_others_can_read_is_warned_of(self, settings: ProcessSettings, tmp_path: Path) -> None:
        write(tmp_path, "service_secret", "s8Fh2-kd93mN4-qpz71")
        (tmp_path / "service_secret").chmod(0o644)
        with pytest.warns(UserWarning, match="can be read by other users"):
            settings.secret_text("service_secret")


class TestTheEnvironment:
    def test_gives_the_settings(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        told = {"SECRETS_DIR": str(tmp_path), "PORT": "9000", "DATABASE_URL": "postgresql://u:canary@h/d"}
        told |= {"KEYS_DATABASE_URL": "postgresql://u:canary@h/k", "RABBITMQ_URL": "amqp://u:canary@h"}
        told |= {"IDENTITY_URL": "http://identity:80/", "AUDIT_ANCHORS": "file:///anchors"}
        for name, value in told.items():
            monkeypatch.setenv(f"PORTAL_{name}", value)
        settings = ServiceSettings()
        assert (settings.port, settings.exchange) == (9000, "portal.events")
        assert settings.service_urls()["identity"] == "http://identity:80"
        assert sorted(settings.service_urls()) == ["applications", "documents", "identity", "payments"]
        assert "canary" not in repr(settings)


class TestRefusing:
    def test_says_one_sentence_and_no_value(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PORTAL_PORT", "canary")
        with pytest.raises(ValidationError) as invalid:
            ServiceSettings()
        with pytest.raises(SystemExit) as end:
            refuse(invalid.value)
        said = capsys.readouterr().err
        assert end.value.code == 2
        assert said.count("\n") == 1
        assert "PORTAL_SECRETS_DIR is not set" in said
        assert "PORTAL_PORT is not usable" in said
        assert "canary" not in said
