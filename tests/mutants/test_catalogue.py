"""`make mutants` is too slow for every run; what is checked here is that it can run."""

import re
from pathlib import Path

import pytest

from tests.architecture.tracked import ROOT
from tests.mutants.catalogue import Mutant, mutants, read

ALL = mutants()
NAMED = re.compile("`([^`]+)`")


class TestEachBreak:
    @pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
    def test_applies_and_names_tests_that_exist(self, mutant: Mutant) -> None:
        assert mutant.apply(ROOT, "--check") == ""
        assert mutant.missing() == []


class TestTheTableOfPromises:
    """docs/faults.md says which tests and which breaks stand for each promise of the kernel."""

    def test_names_files_and_breaks_that_exist(self) -> None:
        _, _, table = (
            (ROOT / "docs" / "faults.md").read_text("utf-8").partition("## What the kernel promises")
        )
        rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")][1:]
        assert len(rows) >= 15
        for _, promise, tests, breaks, _ in rows:
            files, names = NAMED.findall(tests), NAMED.findall(breaks)
            assert files, promise
            assert names, promise
            assert [file for file in files if not (ROOT / file).is_file()] == []
            assert set(names) <= {mutant.name for mutant in ALL}


class TestTheCatalogue:
    def test_holds_breaks_of_kernel_and_services(self) -> None:
        assert len(ALL) >= 15
        broken = {
            line.split("/")[1]
            for m in ALL
            for line in m.path.read_text().splitlines()
            if line[:6] == "--- a/"
        }
        assert broken >= {"shared", "services"}

    @pytest.mark.parametrize("text", ["Breaks: x\n--- a/x\n", "Red: tests/x.py::y\n--- a/x\n", "--- a/x\n"])
    def test_refuses_a_patch_that_does_not_say_what_it_is_for(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "some.patch"
        path.write_text(text)
        with pytest.raises(ValueError, match="needs one line"):
            read(path)

    def test_knows_a_test_that_is_gone(self) -> None:
        here = "tests/mutants/test_catalogue.py::TestTheCatalogue"
        gone = [f"{here}::test_is_gone", "tests/none.py::test_x"]
        mutant = Mutant(Path("x.patch"), "x", (f"{here}::test_knows_a_test_that_is_gone[a]", *gone))
        assert mutant.missing() == gone
