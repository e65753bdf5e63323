"""All tests as two pytests side by side: whichever fails, the whole fails, and both are told of."""

from pathlib import Path

import pytest

from deploy.local import debian, testrun


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one test in each half."""
    monkeypatch.setattr(testrun, "ROOT", tmp_path)
    monkeypatch.setattr(testrun, "_make_what_both_need", lambda: None)
    monkeypatch.setattr(debian, "is_installed", lambda package: True)
    monkeypatch.chdir(tmp_path)
    for folder in (*testrun.ASIDE, "tests/others"):
        (tmp_path / folder).mkdir(parents=True)
        name = f"test_{Path(folder).name}.py"
        (tmp_path / folder / name).write_text("def test_holds():\n    pass\n")
    return tmp_path


@pytest.mark.parametrize("broken", ["", "tests/services", "tests/others"])
def test_a_failure_of_either_half_fails_the_whole(
    project: Path, capfd: pytest.CaptureFixture[str], broken: str
) -> None:
    if broken:
        (project / broken / "test_broken.py").write_text("def test_breaks():\n    assert False\n")
    assert testrun.run_tests(()) == (1 if broken else 0)
    told = capfd.readouterr().out
    assert ("FAILED" in told) == bool(broken)
    assert told.index("1 passed") < told.index(f"{' and '.join(testrun.ASIDE)}:") < told.index("2 passed")
