"""What this installation has running, on disk: process ids with their birth, so that a reused id is never
hit."""

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Recorded:
    name: str
    pid: int
    born: float
    stops_on: int = signal.SIGTERM

    def is_alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.born) < 2 and is_up(process)
        except psutil.NoSuchProcess:
            return False


def is_up(process: psutil.Process) -> bool:
    """Whether it still runs: not gone, its id not reused, not a zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class ProcessRecord:
    """The record file: a list, oldest first, replaced whole at each change."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def all(self) -> list[Recorded]:
        if not self._file.exists():
            return []
        return [Recorded(**entry) for entry in json.loads(self._file.read_text())]

    def alive(self) -> list[Recorded]:
        return [entry for entry in self.all() if entry.is_alive()]

    def add(self, name: str, pid: int, stops_on: int = signal.SIGTERM) -> None:
        self._write([*self.all(), Recorded(name, pid, psutil.Process(pid).create_time(), stops_on)])

    def remove(self, pid: int) -> None:
        self._write([entry for entry in self.all() if entry.pid != pid])

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)

    def _write(self, entries: list[Recorded]) -> None:
        draft = self._file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps([vars(entry) for entry in entries], indent=1))
        draft.replace(self._file)
