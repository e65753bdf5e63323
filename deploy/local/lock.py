"""Renews requirements/lock.txt: every version pinned, every file of it hashed, for all platforms from Python
3.11.

The versions come from the public registry alone: folders of wheels and indexes that this machine's pip is set
up with are ignored, so that the hashes hold elsewhere; and no address is written into the file.
"""

import subprocess
from collections.abc import Sequence

from deploy.local.places import ROOT

HEADER = "# Made by `make lock` from the .in files beside it; do not edit.\n"


def lock(arguments: Sequence[str]) -> int:
    """Compile the lock with further arguments to uv (default: upgrade everything); returns uv's exit code."""
    folder = ROOT / "requirements"
    sources = sorted(path.name for path in folder.glob("*.in"))
    target = folder / "lock.txt"
    done = subprocess.run(
        [ROOT / ".venv/bin/uv", "pip", "compile", "--no-config", "--universal", "--python-version", "3.11",
         "--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links",
         "--quiet", "--output-file", target.name, *(arguments or ["--upgrade"]), *sources],
        cwd=folder,
        check=False,
    )  # fmt: skip
    if done.returncode == 0:
        target.write_text(HEADER + target.read_text().removeprefix(HEADER))
    return done.returncode
