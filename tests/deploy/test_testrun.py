"""All tests in parts, two at a time: whichever fails, the whole fails, and each is told of."""

from pathlib import Path

import pytest

from deploy.local import debian, testrun


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one test in each part."""
    monkeypatch.setattr(testrun, "ROOT", tmp_path)
    monkeypatch.setattr(testrun, "_make_what_all_need", lambda: None)
    monkeypatch.setattr(debian, "is_installed", lambda package: True)
    monkeypatch.chdir(tmp_path)
    for folder in (*testrun.PARTS, "tests/others"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / f"test_{Path(folder).name}.py").write_text("def test_holds():\n    pass\n")
    return tmp_path


@pytest.mark.parametrize("broken", ["", "tests/services", "tests/services/payments", "tests/others"])
def test_a_failure_of_any_part_fails_the_whole(
    project: Path, capfd: pytest.CaptureFixture[str], broken: str
) -> None:
    if broken:
        (project / broken / "test_broken.py").write_text("def test_breaks():\n    assert False\n")
    assert testrun.run_tests(()) == (1 if broken else 0)
    told = capfd.readouterr().out
    assert ("FAILED" in told) == bool(broken)
    assert all(f"\n{part}, " in told for part in testrun.PARTS)


def test_every_test_is_in_one_part(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    testrun.run_tests(())
    told = capfd.readouterr().out
    assert (told.count("1 passed"), told.count("2 passed")) == (len(testrun.PARTS) - 1, 1)


def test_a_part_without_tests_is_a_failure(project: Path) -> None:
    (project / "tests/shared/test_shared.py").unlink()
    assert testrun.run_tests(()) != 0
