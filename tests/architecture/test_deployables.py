"""Each deployable stands on its own: its folder, the kernel, and the distributions of its extra."""

from pathlib import Path
from typing import cast

import pytest
from packaging.utils import canonicalize_name

from tests.architecture.deployables import (
    DEPLOYABLES,
    ROOT,
    Deployable,
    closure,
    direct,
    imported_distributions,
)
from tests.architecture.isolation import Isolated, isolate, link

NEVER_IMPORTED_BY_NAME = {  # needed, though no file of ours imports it
    "httptools": "uvicorn is told to parse HTTP with it",
    "python-multipart": "starlette reads forms with it",
}
OPERATOR_COMMAND = "shared.cli.commands"
KERNEL = [path for path in sorted((ROOT / "shared").rglob("*.py")) if "testing" not in path.parts]


@pytest.fixture(params=list(DEPLOYABLES.values()), ids=list(DEPLOYABLES), scope="module")
def deployable(request: pytest.FixtureRequest) -> Deployable:
    return cast(Deployable, request.param)


@pytest.fixture(scope="module")
def errors(deployable: Deployable, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What could not be imported where only the deployable is: module → error."""
    alone = isolate(deployable, tmp_path_factory.mktemp(deployable.extra))
    others = [other.package for other in DEPLOYABLES.values()]
    return alone.importing([*deployable.modules(), OPERATOR_COMMAND, *others])


class TestDeployable:
    def test_imports_in_isolation(self, deployable: Deployable, errors: dict[str, str]) -> None:
        own = {name: errors[name] for name in deployable.modules() if name in errors}
        assert not own

    def test_is_wired_in_isolation(self, deployable: Deployable, errors: dict[str, str]) -> None:
        assert deployable.composition in deployable.modules()
        assert deployable.composition not in errors

    def test_holds_its_operator_command(self, deployable: Deployable, errors: dict[str, str]) -> None:
        assert OPERATOR_COMMAND not in errors, deployable.extra

    def test_sees_no_other(self, deployable: Deployable, errors: dict[str, str]) -> None:
        others = {other.package for other in DEPLOYABLES.values()} - {deployable.package}
        assert {name for name in others if "No module named" in errors.get(name, "")} == others


class TestExtra:
    def test_lists_what_is_imported(self, deployable: Deployable) -> None:
        used = imported_distributions([*KERNEL, *deployable.sources()])
        missing = used - {canonicalize_name(r.name) for r in direct(deployable.extra)}
        assert not missing, f"the extra {deployable.extra} in pyproject.toml lacks {sorted(missing)}"

    def test_lists_nothing_idle(self, deployable: Deployable) -> None:
        used = imported_distributions([*KERNEL, *deployable.sources()]) | set(NEVER_IMPORTED_BY_NAME)
        idle = {canonicalize_name(r.name) for r in direct(deployable.extra)} - used
        assert not idle, f"the extra {deployable.extra} in pyproject.toml lists {sorted(idle)} in vain"


class TestIsolation:
    def test_lacks_what_the_extra_does_not_bring(self, tmp_path: Path) -> None:
        (tmp_path / "code").mkdir()
        link(closure("kernel").values(), tmp_path / "site")
        names = ["fastapi", "opentelemetry.sdk.trace", "pytest", "typst"]
        assert set(Isolated(tmp_path / "code", tmp_path / "site").importing(names)) == {"pytest", "typst"}
