"""Each import rule is broken once, in a small tree of the same names, to see it turn red."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOUND = {
    "services/identity/api.py": "import shared.web.token_signing",
    "services/payments/domain/claim.py": "import json, pydantic, shared.ids, services.payments.domain.money",
    "services/payments/domain/money.py": "import decimal",
    "services/documents/__init__.py": "",
    "gateway/__init__.py": "import shared.ids",
    "shared/web/token_signing.py": "",
    "shared/testing/__init__.py": "import shared.web.token_signing",
    "shared/domain/__init__.py": "import eventsourcing, msgspec",
    "shared/ids.py": "import uuid_utils",
    "deploy/local/portal.py": "import services.identity.api",
    "deploy/local/sandbox/__init__.py": "import starlette",
}
BREACHES = {  # contract → the files that break it and the imports that its report must name
    "services-apart": ("services/documents/api.py", "services.payments.domain.money"),
    "services-below": ("services/documents/fonts.py", "deploy.local.portal"),
    "gateway": ("gateway/pages.py", "services.documents"),
    "kernel": ("shared/naming.py", "gateway"),
    "domain": ("services/payments/domain/store.py", "asyncpg"),
    "pure-kernel": ("shared/domain/now.py", "structlog"),
    "token-signing": ("gateway/minting.py", "shared.web.token_signing"),
    "sandbox": ("deploy/local/sandbox/spy.py", "shared.ids"),
}


@pytest.fixture
def portal(tmp_path: Path) -> Path:
    """A tree that keeps every rule."""
    write(tmp_path, SOUND)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    write(tmp_path, {"tests/architecture/imports_only.py": ""})
    shutil.copy(ROOT / "tests/architecture/imports_only.py", tmp_path / "tests/architecture")
    return tmp_path


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        for folder in path.relative_to(root).parents[:-1]:
            (root / folder / "__init__.py").touch()


def lint(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo", *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


class TestImportRules:
    def test_keep_a_sound_tree(self, portal: Path) -> None:
        done = lint(portal)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Contracts: {len(BREACHES)} kept, 0 broken." in done.stdout

    @pytest.mark.parametrize("contract", BREACHES)
    def test_break_at_one_import(self, portal: Path, contract: str) -> None:
        path, imported = BREACHES[contract]
        write(portal, {path: f"import {imported}"})
        done = lint(portal, "--contract", contract)
        importer = path.removesuffix(".py").replace("/", ".")
        assert done.returncode == 1, done.stdout + done.stderr
        assert importer in done.stdout
        assert imported in done.stdout

    def test_see_a_service_added_later(self, portal: Path) -> None:
        write(portal, {"services/parking/api.py": "import services.documents"})
        assert lint(portal, "--contract", "services-apart").returncode == 1

    def test_forbid_a_service_to_sign(self, portal: Path) -> None:
        write(portal, {"services/payments/api.py": "import shared.web.token_signing"})
        assert lint(portal, "--contract", "token-signing").returncode == 1
