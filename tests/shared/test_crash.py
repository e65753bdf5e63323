"""Crash points: armed by the environment, else nothing."""

import signal
import subprocess
import sys

import pytest

from deploy.local.places import ROOT
from shared import crash
from shared.crash import Armed, CrashPoint, UnknownCrashPoint, armed, reaching


class TestNotArmed:
    def test_reaching_a_point_does_nothing(self) -> None:
        assert armed({}) is None
        assert reaching(None, pytest.fail) is crash.reach
        for point in CrashPoint:
            crash.reach(point)


class TestEveryPoint:
    @pytest.mark.parametrize("point", CrashPoint)
    def test_is_somewhere_in_the_code(self, point: CrashPoint) -> None:
        sources = (path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py"))
        called = f"crash.reach(CrashPoint.{point.name})"
        assert any(called in path.read_text() for path in sources)


class TestArmed:
    @pytest.mark.parametrize("point", CrashPoint)
    def test_dies_at_its_own_point_alone(self, point: CrashPoint) -> None:
        died: list[str] = []
        reach = reaching(Armed(point, 1), lambda: died.append("here"))
        for other in CrashPoint:
            if other is not point:
                reach(other)
        assert not died
        reach(point)
        assert died

    def test_dies_at_the_given_time_of_reaching_it(self) -> None:
        died: list[str] = []
        reach = reaching(Armed(CrashPoint.APPLIED, 3), lambda: died.append("here"))
        for _ in range(2):
            reach(CrashPoint.APPLIED)
        assert not died
        reach(CrashPoint.APPLIED)
        assert died

    def test_is_read_from_the_environment(self) -> None:
        assert armed({"PORTAL_CRASH_AT": "relay.published:2"}) == (CrashPoint.PUBLISHED, 2)
        assert armed({"PORTAL_CRASH_AT": "task.taken"}) == (CrashPoint.TASK_TAKEN, 1)

    @pytest.mark.parametrize("wish", ["nowhere", "task.taken:0", "task.taken:x"])
    def test_at_no_point_of_ours_is_refused(self, wish: str) -> None:
        with pytest.raises(UnknownCrashPoint, match="PORTAL_CRASH_AT"):
            armed({"PORTAL_CRASH_AT": wish})


class TestAProcess:
    def run(self, wish: str) -> "subprocess.CompletedProcess[str]":
        code = "from shared import crash; crash.reach(crash.CrashPoint.APPLIED); print('lives')"
        environment = {"PORTAL_CRASH_AT": wish, "PATH": "/usr/bin:/bin"}
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, check=False, capture_output=True, text=True
        )

    def test_is_killed_without_a_word(self) -> None:
        died = self.run("inbox.applied")
        assert (died.returncode, died.stdout, died.stderr) == (-signal.SIGKILL, "", "")

    def test_does_not_start_with_a_point_that_does_not_exist(self) -> None:
        refused = self.run("inbox.aplied")
        assert refused.returncode == 1
        assert "PORTAL_CRASH_AT=inbox.aplied: name one of" in refused.stderr
