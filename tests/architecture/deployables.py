"""What a deployable consists of: its folders, its extra, and the distributions that the extra brings."""

import ast
import csv
import importlib.metadata as metadata
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SERVICES = ("identity", "applications", "payments", "documents")
BUILD_TIME = ("gateway/assets", "gateway/preview")  # run while an image is built, or by a designer
SERVED = "gateway/assets/serving.py", "gateway/assets/places.py", "gateway/assets/__init__.py"


@dataclass(frozen=True)
class Deployable:
    """`extra` is its name in pyproject.toml, `package` what is imported."""

    extra: str
    package: str

    @property
    def folder(self) -> Path:
        return ROOT / self.package.replace(".", "/")

    @property
    def composition(self) -> str:
        """The module that puts its parts together, and so imports all of it."""
        return "gateway.app" if self.package == "gateway" else f"{self.package}.wiring"

    def sources(self) -> list[Path]:
        """Every Python file that runs in the deployable, the kernel's left out."""
        return [path for path in sorted(self.folder.rglob("*.py")) if runs(path)]

    def modules(self) -> list[str]:
        """Every module of it that can be imported without starting something."""
        return [_module(path) for path in self.sources() if path.name != "__main__.py"]


DEPLOYABLES = {name: Deployable(name, f"services.{name}") for name in SERVICES} | {
    "gateway": Deployable("gateway", "gateway")
}


def runs(path: Path) -> bool:
    """Whether the file is part of the running process, not of a build."""
    name = path.relative_to(ROOT).as_posix()
    return name in SERVED or ("node_modules" not in name and not name.startswith(BUILD_TIME))


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def direct(extra: str) -> list[Requirement]:
    """What an extra lists, the extras of ours that it refers to resolved."""
    found: list[Requirement] = []
    for line in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(line)
        if canonicalize_name(requirement.name) == canonicalize_name(PROJECT["name"]):
            found += [r for other in sorted(requirement.extras) for r in direct(other)]
        else:
            found.append(requirement)
    return found


def closure(extra: str) -> dict[str, metadata.Distribution]:
    """Every installed distribution that the extra brings, by canonical name, with markers and extras obeyed.

    Raises PackageNotFoundError when one is not installed here.
    """
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(r.name, e) for r in direct(extra) for e in ("", *r.extras)]
    while waiting:
        name, wanted = waiting.pop()
        key = (canonicalize_name(name), wanted)
        if key in seen:
            continue
        seen.add(key)
        distribution = found.setdefault(key[0], metadata.distribution(name))
        for line in distribution.requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": wanted}):
                waiting += [(requirement.name, e) for e in ("", *requirement.extras)]
    return found


def imported_distributions(paths: list[Path]) -> set[str]:
    """The distributions that the files import, wherever in a file; an import nobody owns stays as it is."""
    ours = {"shared", "services", "gateway", "deploy", "tests"}
    foreign = {
        name for path in paths for name in _imports(path)
        if name.partition(".")[0] not in ours | set(sys.stdlib_module_names)
    }  # fmt: skip
    return {_owner(name) for name in foreign}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _owner(name: str) -> str:
    """By the longest known prefix: several distributions share a namespace such as opentelemetry."""
    parts = name.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((_owners()[prefix] for prefix in prefixes if prefix in _owners()), name)


@cache
def _owners() -> dict[str, str]:
    """Importable name → the distribution whose file it is."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = canonicalize_name(distribution.name)  # read once: each look parses the metadata
        found |= {_imported_as(f): name for f in files_of(distribution) if f.endswith((".py", ".so"))}
    return found


def _imported_as(file: str) -> str:
    folder, _, name = file.rpartition("/")
    module = name.partition(".")[0]
    return "/".join(part for part in (folder, module) if part != "__init__").strip("/").replace("/", ".")


def files_of(distribution: metadata.Distribution) -> list[str]:
    """Its installed files from RECORD, relative to the site folder (`Distribution.files` is slow)."""
    lines = (distribution.read_text("RECORD") or "").splitlines()
    return [name for name, *_ in csv.reader(lines) if not name.startswith("../")]
