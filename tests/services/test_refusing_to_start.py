"""A real process that cannot work with what it was given says so in one sentence and ends with 2."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from deploy.local import fonts
from services.applications.catalogue.loading import HERE
from services.applications.wiring import SERVICE as APPLICATIONS
from services.documents.rendering.branding import SAMPLE
from services.documents.wiring import SERVICE as DOCUMENTS
from services.payments.wiring import SERVICE as PAYMENTS
from shared.service import Service
from shared.testing import CallerMint
from shared.testing.databases import fresh
from shared.testing.running import write_secrets

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]


class Starter:
    """Starts `python -m services.<name>` with settings and secrets, and waits for it to end."""

    def __init__(self, postgres_url: str, amqp_url: str, folder: Path, mint: CallerMint) -> None:
        self.postgres_url, self.amqp_url, self.folder = postgres_url, amqp_url, folder
        self.secrets = folder / "secrets"
        write_secrets(self.secrets, mint)

    async def refusal(self, service: Service, **settings: Any) -> str:
        """The one sentence on its standard error."""
        async with fresh(self.postgres_url, service) as made:
            given = {
                "secrets_dir": self.secrets, "port": 0, "rabbitmq_url": self.amqp_url, "name_prefix": "none.",
                "database_url": made.log, "keys_database_url": made.keys,
                "audit_anchors": (self.folder / "anchors").as_uri(), **settings,
            }  # fmt: skip
            plain = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
            told = {f"PORTAL_{name.upper()}": str(value) for name, value in given.items()}
            command = (sys.executable, "-m", f"services.{service.name}")
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env=plain | told,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                _, error = await asyncio.wait_for(process.communicate(), 60)
            except TimeoutError:
                process.kill()
                raise
        assert process.returncode == 2, error.decode()
        said = [line for line in error.decode().splitlines() if "Warning" not in line and "warn" not in line]
        assert len(said) == 1, said
        return said[0]


@pytest.fixture
def start(postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint) -> Starter:
    return Starter(postgres_url, amqp_url, tmp_path, mint)


@pytest.fixture
def payments(start: Starter) -> Callable[..., Any]:
    def run(projects: dict[str, int], passphrases: Any = None) -> Any:
        if passphrases is not None:
            (start.secrets / "girocheckout_passphrases.json").write_text(json.dumps(passphrases))
            (start.secrets / "girocheckout_passphrases.json").chmod(0o600)
        return start.refusal(
            PAYMENTS, girocheckout_base_url="http://127.0.0.1:9/", girocheckout_merchant_id=1,
            girocheckout_projects=json.dumps(projects),
        )  # fmt: skip

    return run


class TestApplications:
    async def test_with_a_wrong_definition_names_file_path_and_reason(self, start: Starter) -> None:
        shutil.copytree(HERE / "data", start.folder / "data")
        file = start.folder / "data" / "bewohnerparkausweis" / "v1.yaml"
        content = yaml.safe_load(file.read_text("utf-8"))
        content["printed"]["office"].pop("phone")
        file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        said = await start.refusal(APPLICATIONS, catalogue=start.folder / "data")
        assert said == f"Not started: {file}: printed.office.phone: Field required."

    async def test_in_a_zone_that_there_is_not_names_the_setting(self, start: Starter) -> None:
        said = await start.refusal(APPLICATIONS, city_time_zone="Europe/Lindenau")
        assert said.startswith("Not started: PORTAL_CITY_TIME_ZONE is not usable")


class TestPayments:
    async def test_without_passphrases_names_the_secret(
        self, payments: Callable[..., Any], start: Starter
    ) -> None:
        assert str(start.secrets / "girocheckout_passphrases.json") in await payments({"card": 4711})

    async def test_without_one_of_them_names_the_project(self, payments: Callable[..., Any]) -> None:
        said = await payments({"card": 4711}, {"4712": "not-to-be-said-aloud"})
        assert "no passphrase for project 4711" in said
        assert "aloud" not in said

    async def test_with_a_method_that_there_is_not_names_the_known(
        self, payments: Callable[..., Any]
    ) -> None:
        assert "unknown method cash" in await payments({"cash": 4711}, {"4711": "not-to-be-said-aloud"})


class TestDocuments:
    @pytest.fixture
    def documents(self, start: Starter) -> Callable[..., Any]:
        for name in DOCUMENTS.secrets:
            key = generate_private_key(SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            (start.secrets / name).write_bytes(key)
            (start.secrets / name).chmod(0o600)

        def run(**settings: Any) -> Any:
            store = (start.folder / "store").as_uri()
            return start.refusal(DOCUMENTS, store_url=store, fonts_dir=fonts.install(), **settings)

        return run

    async def test_with_wrong_words_of_the_city_name_file_and_place(
        self, documents: Callable[..., Any], start: Starter
    ) -> None:
        branding = start.folder / "branding"
        shutil.copytree(SAMPLE, branding)
        words = json.loads((branding / "wording.json").read_text("utf-8"))
        del words["remedy"]["paragraphs"]
        (branding / "wording.json").write_text(json.dumps(words))
        said = await documents(branding=branding)
        assert said == f"Not started: {branding / 'wording.json'}: remedy.paragraphs: Field required."

    async def test_with_a_key_of_another_kind_name_the_secret(self, documents: Callable[..., Any]) -> None:
        assert "permit_token_key.pem" in await documents()
