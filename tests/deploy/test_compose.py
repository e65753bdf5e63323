"""The compose file: what it mounts is made, what it tells is understood, no one has rights too many."""

import importlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.assemble import SERVICES
from deploy.compose import FOLLOWED, prepare, rights
from shared.settings import ProcessSettings

ROOT = Path(__file__).parents[2]
PROCESSES = (*SERVICES, "gateway")
SETTINGS = {
    "identity": "services.identity.settings:IdentitySettings",
    "applications": "services.applications.settings:ApplicationsSettings",
    "payments": "services.payments.settings:PaymentsSettings",
    "documents": "services.documents.settings:DocumentsSettings",
    "gateway": "gateway.settings:GatewaySettings",
}
MADE_HERE = "${PORTAL_COMPOSE_DIR:-../.portal/compose}"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    return loaded


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "compose"
    prepare(made)
    return made


def environment(folder: Path, name: str) -> dict[str, str]:
    lines = (folder / f"{name}.env").read_text().splitlines()
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


class TestCompose:
    def test_has_the_whole_portal(self, compose: dict[str, Any]) -> None:
        foreign = {"postgres", "rabbitmq", "mailbox", "girocheckout", "paypal", "bank", "register", "seed"}
        migrations = {f"migrate-{name}" for name in SERVICES}
        assert set(compose["services"]) == {*PROCESSES, *migrations, *foreign}

    def test_hardens_everything_of_ours(self, compose: dict[str, Any]) -> None:
        for name, service in compose["services"].items():
            if service["image"].startswith("portal/"):
                assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
                assert service["security_opt"] == ["no-new-privileges:true"], name

    def test_publishes_on_this_machine_only(self, compose: dict[str, Any]) -> None:
        published = [port for s in compose["services"].values() for port in s.get("ports", [])]
        assert len(published) == 5
        assert all(port.startswith("127.0.0.1:") for port in published)

    def test_lets_identity_alone_reach_the_mail_server(self, compose: dict[str, Any]) -> None:
        assert members(compose, "mail") == {"identity", "mailbox"}

    def test_lets_payments_reach_the_provider(self, compose: dict[str, Any]) -> None:
        # The gateway is there because the provider notifies through it.
        assert members(compose, "provider") == {"payments", "girocheckout", "paypal", "gateway"}

    def test_keeps_the_services_off_the_outside(self, compose: dict[str, Any]) -> None:
        assert members(compose, "outside") == {"gateway", "mailbox", "girocheckout", "paypal", "bank"}
        assert all(net["internal"] for name, net in compose["networks"].items() if name != "outside")

    def test_holds_no_secret(self, compose: dict[str, Any]) -> None:
        text = (ROOT / "deploy/compose.yaml").read_text()
        assert not re.search(r"://[^/@\s]+:[^/@\s]+@", text)
        assert compose["services"]["postgres"]["environment"] == {
            "POSTGRES_PASSWORD_FILE": "/run/secrets/superuser"
        }

    def test_mounts_what_is_made(self, folder: Path) -> None:
        text = (ROOT / "deploy/compose.yaml").read_text()
        mounted = re.findall(re.escape(MADE_HERE) + r"/([\w./-]+)", text)
        assert len(mounted) > 20
        assert [name for name in mounted if not (folder / name).exists()] == []

    @pytest.mark.filterwarnings("ignore:The secret file:UserWarning")
    @pytest.mark.parametrize("process", PROCESSES)
    def test_tells_a_process_what_it_needs(
        self,
        compose: dict[str, Any],
        folder: Path,
        process: str,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "any.ttf").touch()
        of_image = {"PORTAL_HOST": "0.0.0.0", "PORTAL_PORT": "8080", "PORTAL_FONTS_DIR": str(tmp_path)}
        told = of_image | environment(folder, process) | compose["services"][process]["environment"]
        for name in os.environ:
            if name.startswith("PORTAL_"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("PORTAL_SECRETS_DIR", str(folder / "secrets" / process))
        for name, value in told.items():
            monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value))
        settings: Any = settings_class(process)()
        assert settings.rabbitmq_url.startswith(f"amqp://{process}:")
        assert settings.secret_text("service_secret")
        understood = {f"PORTAL_{name.upper()}" for name in type(settings).model_fields}
        assert set(told) - {"PORTAL_FONTS_DIR"} <= understood

    @pytest.mark.parametrize("party", ["girocheckout", "paypal", "bank"])
    def test_tells_a_sandbox_what_it_needs(self, compose: dict[str, Any], folder: Path, party: str) -> None:
        secrets = {
            "/run/secrets/passphrases": folder / "secrets/girocheckout/girocheckout_passphrases.json",
            "/run/secrets/paypal": folder / "secrets/paypal",
        }
        told = dict(compose["services"][party]["environment"])
        for name, value in told.items():
            inside = next((there for there in secrets if value.startswith(there)), None)
            told[name] = value.replace(inside, str(secrets[inside])) if inside else value
        module = importlib.import_module(f"deploy.local.sandbox.{party}.settings")
        assert module.Settings.from_environment(told).state == Path(f"/tmp/{party}")
        del told["PORTAL_SANDBOX_STATE"]
        with pytest.raises(ValueError, match="needs PORTAL_SANDBOX_STATE"):
            module.Settings.from_environment(told)

    @pytest.mark.container
    def test_is_taken_by_the_compose_plugin(self, folder: Path) -> None:
        if not compose_answers():
            pytest.skip("there is no docker compose here")
        command = ["docker", "compose", "-f", str(ROOT / "deploy/compose.yaml"), "config", "--quiet"]
        told = os.environ | {"PORTAL_COMPOSE_DIR": str(folder)}
        done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


class TestPrepared:
    def test_is_the_owners_alone(self, folder: Path) -> None:
        assert folder.stat().st_mode & 0o777 == 0o700

    def test_can_be_read_inside_a_container(self, folder: Path) -> None:
        assert all(path.stat().st_mode & 0o004 for path in folder.rglob("*"))

    def test_keeps_its_secrets(self, folder: Path) -> None:
        before = {
            path: path.read_text()
            for path in folder.rglob("*")
            if path.suffix in {".env", ".sql", ""} and path.is_file()
        }
        prepare(folder)
        assert {path: path.read_text() for path in before} == before

    def test_gives_the_owner_to_migrations_only(self, folder: Path) -> None:
        told = "".join((folder / f"{name}.env").read_text() for name in PROCESSES)
        assert "_owner:" not in told
        assert "_owner:" in (folder / "migrate-payments.env").read_text()

    def test_makes_a_user_for_each_process(self, folder: Path) -> None:
        made = json.loads((folder / "rabbitmq/definitions.json").read_text())
        assert [user["name"] for user in made["users"]] == [*PROCESSES]
        assert len({user["password_hash"] for user in made["users"]}) == len(PROCESSES)


class TestRights:
    @pytest.mark.parametrize("process", PROCESSES)
    def test_are_those_of_the_manifests(self, process: str) -> None:
        documents = list(yaml.safe_load_all((ROOT / "deploy/overlays/dev/broker.yaml").read_text()))
        spec = {d["kind"]: d["spec"] for d in documents if d["metadata"]["name"] == f"portal-{process}"}
        permission, topic = rights(process)
        assert spec["Permission"]["permissions"] == permission
        assert spec["TopicPermission"]["permissions"] == {"exchange": "portal.events", **topic}

    @pytest.mark.parametrize("service", SERVICES)
    def test_follow_what_the_service_consumes(self, service: str) -> None:
        text = "".join(path.read_text() for path in (ROOT / "services" / service).rglob("*.py"))
        named = re.findall(rf'[("f]({"|".join(SERVICES)})\.[a-z_{{}}]+\.v\d', text)
        assert set(named) - {service} == set(FOLLOWED[service])


def compose_answers() -> bool:
    command = ["docker", "compose", "version"]
    found = shutil.which("docker") is not None
    return found and subprocess.run(command, capture_output=True, check=False).returncode == 0


def members(compose: dict[str, Any], network: str) -> set[str]:
    return {name for name, service in compose["services"].items() if network in service["networks"]}


def settings_class(process: str) -> type[ProcessSettings]:
    module, _, name = SETTINGS[process].partition(":")
    found: type[ProcessSettings] = getattr(importlib.import_module(module), name)
    return found
