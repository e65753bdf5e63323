"""Where seals are kept beyond the reach of whoever operates the database: written once, never changed."""

import asyncio
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

SealName = tuple[int, int]
"""(epoch, number): after a restore to an earlier instant a number is used again, in a later epoch."""
_IN_A_FOLDER: Final = 10_000


class AnchorConflict(Exception):
    """Another seal is anchored under this name: a log was replaced, or went back without `portal restore`."""


class Anchors(Protocol):
    """Called by the sealer after a seal is committed, oldest first, and again when an answer was lost.

    An adapter never overwrites and never deletes. OSError means: not now.
    """

    async def put(self, service: str, name: SealName, seal: bytes) -> None:
        """Durable on return; the same bytes again are fine. Raises AnchorConflict, OSError."""

    async def get(self, service: str, name: SealName) -> bytes | None:
        """The seal, or None. Raises OSError."""

    async def all(self, service: str) -> Mapping[SealName, bytes]:
        """Every seal of a service. Raises OSError."""


class FolderAnchors:
    """`<folder>/<service>/<epoch>/<number // 10,000>/<number>.seal`: a mount of a store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, service: str, name: SealName, seal: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(service, name), seal)

    async def get(self, service: str, name: SealName) -> bytes | None:
        try:
            return await asyncio.to_thread(self._path(service, name).read_bytes)
        except FileNotFoundError:
            return None

    async def all(self, service: str) -> Mapping[SealName, bytes]:
        return await asyncio.to_thread(self._all, service)

    def _path(self, service: str, name: SealName) -> Path:
        epoch, number = name
        group = f"{number // _IN_A_FOLDER:06}"
        return self._folder / service / f"{epoch:04}" / group / f"{number:010}.seal"

    def _put(self, path: Path, seal: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(descriptor, "wb") as output:
                output.write(seal)
                os.fchmod(output.fileno(), 0o444)
                output.flush()
                os.fsync(output.fileno())
            os.link(draft, path)  # refuses what exists, and is never half there
        except FileExistsError:
            if path.read_bytes() != seal:
                raise AnchorConflict(f"another seal is anchored as {path.name}") from None
        finally:
            Path(draft).unlink()
        for folder in (path.parent, *path.parent.parents):
            _flush(folder)
            if folder == self._folder:
                return

    def _all(self, service: str) -> dict[SealName, bytes]:
        found = sorted((self._folder / service).glob("*/*/*.seal"))
        return {(int(path.parts[-3]), int(path.stem)): path.read_bytes() for path in found}


def anchors_at(url: str) -> Anchors:
    """The anchors of a setting: `file:///…` or a path. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("", "file") or not parts.path.startswith("/"):
        raise ValueError("PORTAL_AUDIT_ANCHORS must be file:/// and a folder")
    return FolderAnchors(Path(unquote(parts.path)))


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
