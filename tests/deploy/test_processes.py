import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.local.places import ROOT, CannotStart
from deploy.local.portal import end_all
from deploy.local.ports import free_port
from deploy.local.processes import Process, Supervisor, accepts_tcp, answers_http
from deploy.local.record import ProcessRecord

NOTES_ITS_END = """
import pathlib, signal, sys, time
def leave(number, frame):
    with open(sys.argv[1], "a") as notes: notes.write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
pathlib.Path(sys.argv[1] + "." + sys.argv[2]).touch()
time.sleep(60)
"""
WILL_NOT_GO = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(60)"],
                         start_new_session=True)
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(60)
"""
RUNS_UNTIL_SIGNALLED = """
import pathlib, sys, time
from deploy.local.__main__ import _interrupt_once, _on_signals
from deploy.local.processes import Process, Supervisor
supervisor = Supervisor(pathlib.Path(sys.argv[1]))
_on_signals(_interrupt_once)
try:
    supervisor.start(*(Process(f"sleep-{n}", ["sleep", "60"], {}) for n in range(3)))
    pathlib.Path(sys.argv[1], "up").touch()
    time.sleep(60)
except KeyboardInterrupt:
    pass
finally:
    supervisor.stop()
"""


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *(str(argument) for argument in arguments)]


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists() or (path.suffix == ".pid" and not path.read_text()):
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


class TestASupervisor:
    def test_waits_until_a_process_is_ready(self, tmp_path: Path) -> None:
        port = free_port()
        supervisor = Supervisor(tmp_path)
        web = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        try:
            supervisor.start(Process("web", web, {}, answers_http(port, "/"), folder=tmp_path))
            assert accepts_tcp(port)()
        finally:
            supervisor.stop()
        assert not accepts_tcp(port)()

    def test_stops_in_reverse_order(self, tmp_path: Path) -> None:
        notes = tmp_path / "notes"
        supervisor = Supervisor(tmp_path)
        for name in ("first", "second", "third"):
            marker = tmp_path / f"notes.{name}"
            supervisor.start(Process(name, python(NOTES_ITS_END, notes, name), {}, marker.exists))
        supervisor.stop()
        assert notes.read_text().split() == ["third", "second", "first"]

    def test_kills_what_will_not_go_with_its_descendants(self, tmp_path: Path) -> None:
        pid_file = tmp_path / "child.pid"
        supervisor = Supervisor(tmp_path)
        supervisor.start(Process("stubborn", python(WILL_NOT_GO, pid_file), {}, stop_seconds=0.3))
        wait_for(pid_file)
        stubborn, child = supervisor.running[0].child.pid, int(pid_file.read_text())
        began = time.monotonic()
        supervisor.stop()
        assert not is_alive(stubborn)
        assert not is_alive(child)
        assert time.monotonic() - began < 10

    def test_says_who_ended_while_starting(self, tmp_path: Path) -> None:
        supervisor = Supervisor(tmp_path)
        broken = Process("broken", python("raise SystemExit('no secret here')"), {}, lambda: False)
        with pytest.raises(CannotStart, match=r"(?s)broken ended while starting.*no secret here"):
            supervisor.start(broken)
        supervisor.stop()

    def test_gives_up_on_one_never_ready(self, tmp_path: Path) -> None:
        supervisor = Supervisor(tmp_path)
        try:
            with pytest.raises(CannotStart, match="late was not ready after 0 s"):
                supervisor.start(Process("late", ["sleep", "60"], {}, lambda: False), within=0.2)
        finally:
            supervisor.stop()

    def test_notices_a_death(self, tmp_path: Path) -> None:
        supervisor = Supervisor(tmp_path)
        supervisor.start(Process("well", ["sleep", "60"], {}), Process("ill", ["sleep", "60"], {}))
        try:
            assert supervisor.died() is None
            os.kill(supervisor.running[1].child.pid, signal.SIGKILL)
            supervisor.running[1].child.wait(5)
            dead = supervisor.died()
            assert dead is not None
            assert dead.process.name == "ill"
        finally:
            supervisor.stop()

    def test_runs_commands_to_their_end(self, tmp_path: Path) -> None:
        supervisor = Supervisor(tmp_path)
        supervisor.complete(Process("fine", ["true"], {}))
        assert supervisor.running == []
        with pytest.raises(CannotStart, match="wrong failed"):
            supervisor.complete(Process("wrong", ["false"], {}))
        supervisor.stop()


class TestASignal:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_leaves_no_process(self, tmp_path: Path, number: signal.Signals) -> None:
        run = subprocess.Popen(python(RUNS_UNTIL_SIGNALLED, tmp_path), cwd=ROOT)
        wait_for(tmp_path / "up")
        children = psutil.Process(run.pid).children(recursive=True)
        assert len(children) == 3
        run.send_signal(number)
        run.send_signal(number)
        assert run.wait(20) == 0
        assert [child for child in children if child.is_running()] == []
        assert ProcessRecord(tmp_path / "processes.json").all() == []


class TestAKilledSupervisor:
    def test_leaves_a_record_by_which_the_rest_is_ended(self, tmp_path: Path) -> None:
        run = subprocess.Popen(python(RUNS_UNTIL_SIGNALLED, tmp_path), cwd=ROOT)
        wait_for(tmp_path / "up")
        children = psutil.Process(run.pid).children(recursive=True)
        run.kill()
        run.wait()
        record = ProcessRecord(tmp_path / "processes.json")
        assert all(child.is_running() for child in children)
        assert end_all(record) == ["sleep-0", "sleep-2", "sleep-1"]
        assert [child for child in children if is_alive(child.pid)] == []
        assert record.all() == []

    def test_never_ends_a_process_that_took_over_an_id(self, tmp_path: Path) -> None:
        stranger = subprocess.Popen(["sleep", "60"])
        try:
            file = tmp_path / "processes.json"
            file.write_text(f'[{{"name": "gone", "pid": {stranger.pid}, "born": 12345.0, "stops_on": 15}}]')
            assert end_all(ProcessRecord(file)) == []
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()
