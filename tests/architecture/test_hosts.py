"""No registry is named anywhere: where packages and images come from is the matter of who installs them."""

import re
from pathlib import Path

import pytest

from tests.architecture.tracked import ROOT, tracked

# Written in parts, or this file would be the first finding.
REGISTRIES = (
    "pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "yarnpkg" + ".com",
    "unpkg" + ".com", "jsdelivr" + ".net", "registry.k8s" + ".io", "ghcr" + ".io", "quay" + ".io",
    "gcr" + ".io", "hub.docker" + ".com", "registry-1.docker" + ".io", "deb.debian" + ".org",
    "crates" + ".io",
)  # fmt: skip
NAMED = re.compile("|".join(re.escape(name) for name in REGISTRIES))
INDEX_OPTION = re.compile(r"(--(extra-)?index-url|--find-links|--registry)[ =]+['\"]?(https?:|file:|/)")


def named_in(path: Path) -> list[str]:
    """The lines of a text file that name a registry; of a binary file, none."""
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError:
        return []
    found = [n for n, line in enumerate(lines, 1) if NAMED.search(line) or INDEX_OPTION.search(line)]
    return [f"{path}:{number}" for number in found]


class TestRegistries:
    def test_are_named_nowhere(self) -> None:
        found = [place for path in tracked() for place in named_in(path)]
        assert not found, "\n".join(found)

    def test_are_looked_for_in_lock_files_too(self) -> None:
        names = {path.relative_to(ROOT).as_posix() for path in tracked()}
        assert {"requirements/lock.txt", "gateway/assets/package-lock.json", "pyproject.toml"} <= names

    @pytest.mark.parametrize(
        "line",
        [f"image: {REGISTRIES[8]}/x/y:1", f'"resolved": "https://registry.{REGISTRIES[2]}/x"',
         "pip install --index-" + "url https://mirror.example/simple x"],
    )  # fmt: skip
    def test_are_found(self, tmp_path: Path, line: str) -> None:
        path = tmp_path / "some.file"
        path.write_text(f"first\n{line}\n")
        assert named_in(path) == [f"{path}:2"]
