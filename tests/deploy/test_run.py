"""The one command itself, on real servers: it starts, it is alone, it stops on a signal, it starts again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from deploy.local.places import ROOT
from deploy.local.portal import forget
from deploy.local.ports import DEFAULT_PORTS, free_port, variable
from deploy.local.processes import answers_http
from deploy.local.record import is_up

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """One installation for all tests of this file: what the first start makes, later ones find."""
    state = tmp_path_factory.mktemp("run") / "state"
    moved = {variable(name): str(free_port()) for name in DEFAULT_PORTS}
    given = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    yield given | moved | {"PORTAL_STATE_DIR": str(state)}
    forget(state)


def local(settings: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "deploy.local", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, env=settings, capture_output=True, text=True)


@contextmanager
def running(settings: dict[str, str], output: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`make run` up to its panel; killed if a test leaves it."""
    command = [sys.executable, "-m", "deploy.local", "run"]
    with output.open("wb") as shown:
        run = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=shown, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 240
        while "What to click" not in output.read_text():
            assert run.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        yield run
    finally:
        if run.poll() is None:
            local(settings, "stop")
            run.wait(90)


class TestTheLocalRun:
    def test_starts_stops_and_starts_again(self, settings: dict[str, str], tmp_path: Path) -> None:
        output, mailbox = tmp_path / "output", answers_http(int(settings[variable("mailbox")]))
        with running(settings, output) as run:
            assert mailbox()
            assert "clerk@lindenau.example" in output.read_text()
            assert local(settings, "status").returncode == 0
            second = local(settings, "run")
            assert second.returncode == 1
            assert second.stderr.startswith("The portal runs already")
            family = psutil.Process(run.pid).children(recursive=True)
            run.send_signal(signal.SIGTERM)
            assert run.wait(90) == 0
        assert [process for process in family if is_up(process)] == []
        assert not mailbox()
        with running(settings, output):
            assert "migrations nothing new" in output.read_text()
            assert local(settings, "stop").stdout == "Stopped: portal.\n"
        assert local(settings, "status").returncode == 1

    def test_dies_with_a_process_that_dies(self, settings: dict[str, str], tmp_path: Path) -> None:
        output = tmp_path / "output"
        with running(settings, output) as run:
            family = psutil.Process(run.pid).children(recursive=True)
            next(one for one in family if "deploy.local.mailbox" in one.cmdline()).kill()
            assert run.wait(90) == 1
        assert "mailbox ended by itself, so everything was stopped" in output.read_text()
        assert [process for process in family if is_up(process)] == []

    def test_names_a_port_that_is_taken(self, settings: dict[str, str]) -> None:
        refused = local(settings | {variable("smtp"): settings[variable("mailbox")]}, "run")
        assert refused.returncode == 1
        assert "PORTAL_PORT_" in refused.stderr
        assert refused.stderr.count("\n") == 1
