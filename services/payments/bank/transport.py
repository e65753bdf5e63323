"""The port of the way to the bank, and the way of folders.

Who calls it, and when: the payments service alone. `submit` runs after the file is stored and its hash is in
the log; it may run again for the same file, and the bank must have it once: the adapter recognises the name.
`names`, `fetch` and `done` bring in what the bank put there; `done` comes only after the file is stored.

What must not happen here: no look into a file, no retry (the caller's task table retries), no content in a
log line. Money moves at the bank, some days after `submit`.
"""

import os
from pathlib import Path
from typing import Protocol
from uuid import uuid4


class TransportUnavailable(Exception):
    """The bank cannot be reached, or the folder not be written: nothing is known, try again."""


class OtherContent(Exception):
    """Another file of this name was submitted: never overwritten, a person looks."""


class Transport(Protocol):
    """One way to the bank. Safe to share between tasks; its calls may block, so they run in a thread."""

    @property
    def name(self) -> str:
        """What the log says of it: `file_drop`."""
        ...

    def submit(self, name: str, content: bytes) -> None:
        """Hands a file over; the same again is nothing. Raises TransportUnavailable, OtherContent."""
        ...

    def names(self) -> list[str]:
        """What the bank has left for us, oldest first. Raises TransportUnavailable."""
        ...

    def fetch(self, name: str) -> bytes:
        """One of them. Raises TransportUnavailable."""
        ...

    def done(self, name: str) -> None:
        """It is stored: it need not lie there any more; may be repeated. Raises TransportUnavailable."""
        ...


class FileDrop:
    """Folders that a bank's program looks into: `out` for it, `in` for us, `done` for what we have stored."""

    name = "file_drop"

    def __init__(self, folder: Path) -> None:
        self._out, self._in, self._done = (folder / part for part in ("out", "in", "done"))
        for part in (self._out, self._in, self._done):
            part.mkdir(parents=True, exist_ok=True)

    def submit(self, name: str, content: bytes) -> None:
        """Written aside, flushed to disk, then named: nobody ever sees half a file, none is overwritten."""
        target, taken = self._out / _safe(name), self._out / "taken" / _safe(name)
        try:
            for there in (target, taken):
                if there.exists():
                    if there.read_bytes() != content:
                        raise OtherContent(name)
                    return
            self._write(target, content)
        except OSError as error:
            raise TransportUnavailable(str(error)) from error

    def _write(self, target: Path, content: bytes) -> None:
        aside = self._out / f".{uuid4().hex}.part"
        try:
            with aside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(aside, target)
        finally:
            aside.unlink(missing_ok=True)
        folder = os.open(self._out, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def names(self) -> list[str]:
        try:
            found = [path for path in self._in.iterdir() if path.is_file() and not path.name.startswith(".")]
            return [
                path.name for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
            ]
        except OSError as error:
            raise TransportUnavailable(str(error)) from error

    def fetch(self, name: str) -> bytes:
        try:
            return (self._in / _safe(name)).read_bytes()
        except OSError as error:
            raise TransportUnavailable(str(error)) from error

    def done(self, name: str) -> None:
        try:
            source = self._in / _safe(name)
            if source.exists():
                source.replace(self._done / source.name)
        except OSError as error:
            raise TransportUnavailable(str(error)) from error


def _safe(name: str) -> str:
    if not name or name.startswith(".") or "/" in name or "\x00" in name:
        raise ValueError("a file's name is one name")
    return name
