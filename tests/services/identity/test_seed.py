"""The accounts of the first day: made once, in their roles, without a mail."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.identity.passwords import Passwords
from services.identity.seed import seed
from tests.services.identity.gateway_side import Identity, new_address, slug

pytestmark = pytest.mark.integration
PASSWORD = "ahorn-teich-luchs-kiesel-97"


async def run(identity: Identity, *entries: dict[str, Any]) -> None:
    await seed(identity.runtime, Passwords(64, 1, 1), entries)


class TestTheFirstDay:
    async def test_gives_each_account_its_roles(self, identity: Identity) -> None:
        clerk, both = new_address(), new_address()
        await run(
            identity,
            {"email": clerk, "role": "clerk", "password": PASSWORD},
            {"email": both, "roles": ["treasurer", "operator"], "password": PASSWORD, "name": "Ada"},
        )
        assert (await identity.sign_in(clerk, PASSWORD)).json()["roles"] == ["citizen", "clerk"]
        assert (await identity.sign_in(both, PASSWORD)).json()["roles"] == [
            "citizen",
            "operator",
            "treasurer",
        ]
        assert not identity.mailbox.sent_to(clerk)

    async def test_comes_once(self, identity: Identity) -> None:
        entry = {"email": new_address(), "role": "clerk", "password": PASSWORD}
        await run(identity, entry)
        before = await identity.runtime.pool.fetchval("SELECT count(*) FROM event")
        await run(identity, {**entry, "password": "another-password-of-somebody"})
        assert await identity.runtime.pool.fetchval("SELECT count(*) FROM event") == before
        assert slug(await identity.sign_in(entry["email"], "another-password-of-somebody"))

    async def test_gives_a_role_to_an_account_that_is_there(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        await run(identity, {"email": email, "role": "warden", "password": PASSWORD})
        assert (await identity.sign_in(email)).json()["roles"] == ["citizen", "warden"]


class TestTheCommand:
    def test_runs_beside_the_service(self, identity: Identity, tmp_path: Path) -> None:
        settings = identity.runtime.settings
        accounts = tmp_path / "accounts.json"
        accounts.write_text(json.dumps([{"email": new_address(), "role": "clerk", "password": PASSWORD}]))
        environment = {
            "PORTAL_DEMO_ACCOUNTS": str(accounts),
            "PORTAL_SECRETS_DIR": str(settings.secrets_dir),
            "PORTAL_PORT": "0",
            "PORTAL_DATABASE_URL": settings.database_url,
            "PORTAL_KEYS_DATABASE_URL": settings.keys_database_url,
            "PORTAL_RABBITMQ_URL": settings.rabbitmq_url,
            "PORTAL_AUDIT_ANCHORS": settings.audit_anchors,
            "PORTAL_SMTP_HOST": "127.0.0.1",
            "PORTAL_SMTP_PORT": "25",
            "PORTAL_ARGON2_MEMORY_KIB": "64",
        }
        done = command(environment)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["event"] == "account_seeded"
        assert PASSWORD not in done.stdout

    def test_says_what_is_missing(self) -> None:
        done = command({})
        assert done.returncode != 0
        assert "PORTAL_DEMO_ACCOUNTS" in done.stderr


def command(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.identity.seed"],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
