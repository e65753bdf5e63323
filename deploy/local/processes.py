"""Supervises child processes: each in a process group of its own, its output in a log, ready before the next
starts.

They are stopped in reverse order within a bounded time, then killed; none is left. The record of what runs
lies in the state folder, so that another start finds and ends what a killed supervisor left behind.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local.places import ROOT, CannotStart
from deploy.local.record import ProcessRecord, is_up

Probe = Callable[[], bool]


@dataclass(frozen=True)
class Process:
    """A command to keep running. `stops_on` goes to the process alone; what it started itself is killed after
    it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Probe = lambda: True
    stops_on: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    folder: Path = ROOT


@dataclass
class Running:
    process: Process
    child: "subprocess.Popen[bytes]"
    log: Path
    ready_after: float | None = None
    began: float = field(default_factory=time.monotonic)

    def last_lines(self, count: int = 12) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


class Supervisor:
    """Starts, watches and stops processes. Not for use from several threads."""

    def __init__(self, state: Path) -> None:
        self._logs = state / "log"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._record = ProcessRecord(state / "processes.json")
        self.running: list[Running] = []

    def start(self, *processes: Process, within: float = 60.0) -> dict[str, float]:
        """Start these together; returns each one's seconds until ready. Raises CannotStart if one is not."""
        return self.await_ready(self.begin(*processes), within)

    def begin(self, *processes: Process) -> list[Running]:
        """Start these without waiting."""
        return [self._spawn(process) for process in processes]

    def await_ready(
        self, started: Sequence[Running], within: float = 60.0, say: Callable[[str], None] = lambda text: None
    ) -> dict[str, float]:
        """Wait until all of these are ready; `say` hears whom we wait for. Raises CannotStart."""
        deadline = time.monotonic() + within
        while waiting := [one for one in started if one.ready_after is None]:
            say("waiting for " + ", ".join(one.process.name for one in waiting))
            for one in waiting:
                self._look_at(one)
            if time.monotonic() > deadline:
                late = waiting[0]
                raise CannotStart(f"{late.process.name} was not ready after {within:.0f} s. {_tail(late)}")
            time.sleep(0.03)
        return {one.process.name: one.ready_after or 0.0 for one in started}

    def complete(self, *processes: Process, within: float = 120.0) -> None:
        """Run these to their end, side by side. Raises CannotStart if one fails or does not end."""
        started = self.begin(*processes)
        deadline = time.monotonic() + within
        for one in started:
            try:
                code = one.child.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise CannotStart(f"{one.process.name} did not end in {within:.0f} s. {_tail(one)}") from None
            if code != 0:
                raise CannotStart(f"{one.process.name} failed. {_tail(one)}")
            self._forget(one)

    def _forget(self, one: Running) -> None:
        self.running.remove(one)
        self._record.remove(one.child.pid)

    def _spawn(self, process: Process) -> Running:
        log = self._logs / f"{process.name}.log"
        with log.open("ab") as output:
            child = subprocess.Popen(
                process.command,
                env=dict(process.environment),
                cwd=process.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        one = Running(process, child, log)
        self.running.append(one)
        self._record.add(process.name, child.pid, process.stops_on)
        return one

    def _look_at(self, one: Running) -> None:
        if one.child.poll() is not None:
            raise CannotStart(f"{one.process.name} ended while starting. {_tail(one)}")
        if one.process.ready():
            one.ready_after = time.monotonic() - one.began

    def died(self) -> Running | None:
        """The first process that ended by itself, if any."""
        return next((one for one in self.running if one.child.poll() is not None), None)

    def stop(self, announce: Callable[[str], None] = lambda name: None) -> None:
        """Stop everything, last started first."""
        while self.running:
            one = self.running[-1]
            announce(one.process.name)
            end(one.child.pid, one.process.stops_on, one.process.stop_seconds)
            one.child.wait()
            self._forget(one)


def end(pid: int, by: int, seconds: float) -> None:
    """Signal a process, give it time, then kill what is left of it, its descendants and its group."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for leader in family[:1]:
        leader.send_signal(by)
        _left([leader], seconds)
    for survivor in _left(family, 1):
        survivor.kill()
    _left(family, 5)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _left(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those of the processes that still run after this time; a zombie runs no more."""
    deadline = time.monotonic() + seconds
    while (left := [one for one in processes if is_up(one)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _tail(one: Running) -> str:
    return f"Its log {one.log} ends:\n{one.last_lines()}"


def answers_http(port: int, path: str = "/health/ready") -> Probe:
    """Ready when a GET of the path on loopback answers 200."""

    def probe() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return probe


def accepts_tcp(port: int, greeting: bytes = b"") -> Probe:
    """Ready when the port accepts a connection and, after a greeting, says anything at all."""

    def probe() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
                if not greeting:
                    return True
                connection.settimeout(2)
                connection.sendall(greeting)
                return bool(connection.recv(8))
        except OSError:
            return False

    return probe
