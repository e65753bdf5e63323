"""The house's ceilings: a file of 400 lines, a function of 60."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tracked import ROOT, python_files

FILE_CEILING = 400
FUNCTION_CEILING = 60
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def too_long(path: Path) -> Iterator[str]:
    """What in a file passes a ceiling, one sentence each."""
    text = path.read_text()
    if (lines := len(text.splitlines())) > FILE_CEILING:
        yield f"{path} has {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, FUNCTION) and (lines := own_lines(node)) > FUNCTION_CEILING:
            yield f"{path}:{node.lineno} {node.name} has {lines} lines"


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Its lines without those of functions defined directly in it: a router is as long as its own words."""
    inner = [node for node in function.body if isinstance(node, FUNCTION)]
    return _lines(function) - sum(_lines(node) for node in inner)


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


class TestSizes:
    def test_stay_below_the_ceilings(self) -> None:
        found = [fault for path in python_files() for fault in too_long(path)]
        assert not found, "\n".join(found)

    def test_cover_every_folder(self) -> None:
        folders = {path.relative_to(ROOT).parts[0] for path in python_files()}
        assert {"shared", "services", "gateway", "deploy", "tests"} <= folders

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("x = 1\n" * 401, "long.py has 401 lines"),
            ("class A:\n    async def b(self):\n" + "        x = 1\n" * 60, "long.py:2 b has 61 lines"),
        ],
    )
    def test_find_what_is_longer(self, tmp_path: Path, text: str, fault: str) -> None:
        path = tmp_path / "long.py"
        path.write_text(text)
        assert [found.removeprefix(f"{tmp_path}/") for found in too_long(path)] == [fault]
