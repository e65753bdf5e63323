"""A clock that goes wrong for one process alone: libfaketime between it and the system's calls."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local import debian
from deploy.local.places import state_folder

PRELOAD: Final = "LD_PRELOAD"
LIBRARY: Final = "usr/lib/*/faketime/libfaketime.so.1"


def wrong_by(seconds: float) -> Mapping[str, str]:
    """What a process is told so that its clock is wrong; what it measures with (monotonic) stays right.

    Raises PackagesMissing where the library is neither installed nor to be had.
    """
    library = _found(Path("/")) or _found(_unpacked())
    if library is None:
        raise debian.PackagesMissing("the package libfaketime holds no library")
    return {PRELOAD: str(library), "FAKETIME": f"{seconds:+.2f}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _found(root: Path) -> Path | None:
    return next(iter(sorted(root.glob(LIBRARY))), None)


def _unpacked() -> Path:
    folder = state_folder() / "faketime-packages"
    if not folder.exists():
        if not debian.is_debian():
            raise debian.PackagesMissing("this is not a Debian system")
        draft = folder.with_suffix(".new")
        debian.refresh()
        debian.unpack(["libfaketime"], draft)
        draft.rename(folder)
    return folder
