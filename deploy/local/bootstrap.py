"""Make `.venv` from the pinned, hashed requirements, then become the Python inside it.

usage: python3 deploy/local/bootstrap.py [arguments for the Python of the virtual environment]

Runs with the system's Python alone (3.11 or newer, standard library only), so `make` needs nothing else of
ours. What is already done is skipped: the digest of the lock file and the Python version are kept beside the
environment.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "lock.txt"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed-from"
NO_VENV = (
    "Python's venv module has no ensurepip and there is no pip: install Debian's package python3-venv "
    "(sudo apt-get install python3-venv), then try again."
)


def main(arguments: Sequence[str]) -> None:
    """Prepare the environment; with arguments, become its Python (so that signals arrive)."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the system's Python may be anything
        raise SystemExit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".")
    if not is_current():
        step("virtual environment", make_environment)
        step("pinned requirements", install_requirements)
        STAMP.write_text(wanted())
    if arguments:
        os.chdir(ROOT)
        os.execve(PYTHON, [str(PYTHON), *arguments], passed_on(os.environ))  # noqa: S606


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what forbids to keep bytecode: each of dozens of processes would compile all it imports."""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


def wanted() -> str:
    """What the environment should have been made from: digest of the lock and the Python that made it."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest() + " " + sys.version.split()[0]


def is_current() -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted()


def step(title: str, action: Callable[[], None]) -> None:
    print(f"  {title} …", end="", flush=True)
    began = time.monotonic()
    try:
        action()
    except subprocess.CalledProcessError as error:
        output = (error.stdout or b"").decode(errors="replace").strip()
        raise SystemExit(f"\n{output[-2000:]}\nThe step '{title}' failed; the lines above say why.") from None
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def make_environment() -> None:
    if works(PYTHON, "-c", "import sys"):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if works(sys.executable, "-m", "venv", VENV):
        return
    if works(sys.executable, "-m", "pip", "--version"):
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv")
        run(sys.executable, "-m", "venv", "--clear", VENV)
        return
    raise SystemExit("\n" + NO_VENV)


def pip() -> list[str]:
    """The pip of the environment, else the system's pip told to work on it (never on the system itself)."""
    if works(PYTHON, "-m", "pip", "--version"):
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def install_requirements() -> None:
    """uv first (itself from the lock, ten times as fast); plain pip where uv has no way to the packages."""
    hashed = ("install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(pinned("uv"))
        only_uv.flush()
        run(*pip(), *hashed, only_uv.name)
    if not works(VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, "--require-hashes", "-r", LOCK):
        print(" (by pip, a minute or two)", end="", flush=True)
        run(*pip(), *hashed, LOCK)


def pinned(name: str) -> str:
    """The lines of one package in the lock: its version and the hashes of its files."""
    found = re.search(rf"^{name}==.*\n(?:[ ]+--hash.*\n)+", LOCK.read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"\n{LOCK.relative_to(ROOT)} does not pin {name}: renew it with `make lock`.")
    return found[0]


def run(*command: str | Path) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    arguments = [str(part) for part in command]
    subprocess.run(arguments, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)


def works(*command: str | Path) -> bool:
    try:
        run(*command)
    except (subprocess.CalledProcessError, OSError):
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
