"""What an image holds, and what it does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.assemble import MODULES, NoSuchDeployable, copy_code, write_commands

ROOT = Path(__file__).parents[2]


def packages(folder: Path) -> set[str]:
    names = {path.parent.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    return {"/".join(name.split("/")[:2]) for name in names}


class TestImageContent:
    @pytest.mark.parametrize("service", ["identity", "applications", "payments", "documents"])
    def test_is_one_service_and_the_kernel(self, tmp_path: Path, service: str) -> None:
        copy_code(service, ROOT, tmp_path)
        found = packages(tmp_path)
        assert {name for name in found if not name.startswith("shared")} == {
            "services",
            f"services/{service}",
        }
        assert (tmp_path / "services" / service / "migrations").is_dir()
        assert (tmp_path / "shared/log/migrations").is_dir()

    def test_is_the_gateway_without_the_designers_tools(self, tmp_path: Path) -> None:
        copy_code("gateway", ROOT, tmp_path)
        assert (tmp_path / "gateway/translations/de.json").is_file()
        assert not (tmp_path / "gateway/preview").exists()
        assert not (tmp_path / "services").exists()

    @pytest.mark.parametrize("deployable", MODULES)
    def test_leaves_out_what_mints_for_tests(self, tmp_path: Path, deployable: str) -> None:
        copy_code(deployable, ROOT, tmp_path)
        assert not (tmp_path / "shared/testing").exists()
        assert not list(tmp_path.rglob("node_modules"))

    def test_holds_nothing_of_the_portal_in_the_sandbox(self, tmp_path: Path) -> None:
        copy_code("sandbox", ROOT, tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {"deploy"}

    def test_refuses_an_unknown_name(self, tmp_path: Path) -> None:
        with pytest.raises(NoSuchDeployable, match="no deployable 'paiments'; known: identity"):
            copy_code("paiments", ROOT, tmp_path)


class TestImageCommand:
    @pytest.fixture
    def commands(self, tmp_path: Path) -> Path:
        (tmp_path / "python").symlink_to(sys.executable)
        write_commands("payments", tmp_path)
        return tmp_path

    def run(self, command: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {"PYTHONPATH": f"{ROOT}:{os.pathsep.join(p for p in sys.path if 'site-packages' in p)}"}
        return subprocess.run(
            [command, *arguments], env=kept | environment, capture_output=True, text=True, check=False
        )

    def test_serves_the_service(self, commands: Path) -> None:
        done = self.run(commands / "serve")
        assert done.returncode == 2
        assert "PORTAL_KEYS_DATABASE_URL is not set" in done.stderr

    def test_operates_its_log(self, commands: Path) -> None:
        done = self.run(commands / "portal", "migrate", "payments")
        assert done.returncode == 2
        assert "PORTAL_OWNER_DATABASE_URL is not set" in done.stderr

    def test_is_unhealthy_without_an_answer(self, commands: Path) -> None:
        assert self.run(commands / "healthy", PORTAL_PORT="9").returncode != 0
