"""All tests in parts, some at a time: whichever fails, the whole fails, and each is told of."""

from pathlib import Path

import pytest

from deploy.local import debian, testrun
from deploy.local.places import ROOT

FEW = ("tests", "tests/services", "tests/services/payments")


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one test in each part, and in a folder that is no part."""
    monkeypatch.setattr(testrun, "ROOT", tmp_path)
    monkeypatch.setattr(testrun, "PARTS", getattr(request, "param", testrun.PARTS))
    monkeypatch.setattr(testrun, "_make_what_all_need", lambda: None)
    monkeypatch.setattr(debian, "is_installed", lambda package: True)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take longer than all these tests
    monkeypatch.chdir(tmp_path)
    for place in (*map(Path, testrun.PARTS), Path("tests/others")):
        file = tmp_path / (place if place.suffix else place / f"test_{place.name}.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("def test_holds():\n    pass\n")
    return tmp_path


def test_every_test_is_in_one_part(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert testrun.run_tests(()) == 0
    told = capfd.readouterr().out
    assert (told.count("1 passed"), told.count("2 passed")) == (len(testrun.PARTS) - 1, 1)
    assert all(f"\n{part}, " in told for part in testrun.PARTS)
    assert "FAILED" not in told


@pytest.mark.parametrize("project", [FEW], indirect=True, ids=["few"])
@pytest.mark.parametrize("broken", ["tests/services", "tests/services/payments", "tests/others"])
def test_a_failure_of_any_part_fails_the_whole(
    project: Path, capfd: pytest.CaptureFixture[str], broken: str
) -> None:
    (project / broken / "test_broken.py").write_text("def test_breaks():\n    assert False\n")
    assert testrun.run_tests(()) == 1
    told = capfd.readouterr().out
    assert "FAILED" in told
    assert all(f"\n{part}, " in told for part in FEW)


@pytest.mark.parametrize("project", [FEW], indirect=True, ids=["few"])
def test_a_part_without_tests_is_a_failure(project: Path) -> None:
    (project / "tests/services/test_services.py").unlink()
    assert testrun.run_tests(()) != 0


def test_each_part_is_there() -> None:
    assert [part for part in testrun.PARTS if not (ROOT / part).exists()] == []
