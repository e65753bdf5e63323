"""The breaks: a patch each, with a header that says what it breaks and which tests must turn red."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.architecture.tracked import ROOT

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Mutant:
    """A small break of the code; `red` are the ids of the tests that must see it."""

    path: Path
    breaks: str
    red: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    def apply(self, root: Path, *options: str) -> str:
        """Applies the patch to a tree, or tries to (`--check`), or takes it back (`-R`). What was wrong."""
        command = ["git", "apply", *options, str(self.path)]
        done = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True)
        return done.stderr.strip() if done.returncode else ""

    def missing(self, root: Path = ROOT) -> list[str]:
        """The named tests that do not exist."""
        return [test for test in self.red if not _exists(root, test)]


def mutants(folder: Path = HERE) -> list[Mutant]:
    """All of them, by name."""
    return [read(path) for path in sorted(folder.glob("*.patch"))]


def read(path: Path) -> Mutant:
    """A patch with its header. Raises ValueError."""
    header = path.read_text().partition("\n--- ")[0].splitlines()
    breaks = [line.removeprefix("Breaks: ") for line in header if line.startswith("Breaks: ")]
    red = tuple(line.removeprefix("Red: ") for line in header if line.startswith("Red: "))
    if len(breaks) != 1 or not red:
        raise ValueError(f"{path.name} needs one line 'Breaks: …' and a line 'Red: <test id>' for each test")
    return Mutant(path, breaks[0], red)


def _exists(root: Path, test: str) -> bool:
    file, *names = test.partition("[")[0].split("::")
    path = root / file
    return path.is_file() and _defines(ast.parse(path.read_text()), names)


def _defines(node: ast.AST, names: list[str]) -> bool:
    if not names:
        return True
    return any(_defines(inner, names[1:]) for inner in _named(node, names[0]))


def _named(node: ast.AST, name: str) -> Iterator[ast.AST]:
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and inner.name == name:
            yield inner
