"""Debian packages: what is there, installing as root, or unpacking into a folder of ours without touching the
system."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

QUIET = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}


class PackagesMissing(Exception):
    """apt could not do it; the message is its own last line."""


def is_debian() -> bool:
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def is_installed(package: str) -> bool:
    asked = ["dpkg-query", "--show", "--showformat=${Status}", package]
    try:
        done = subprocess.run(asked, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        return False
    return done.stdout.endswith("ok installed")


def install(packages: Sequence[str]) -> None:
    """Install as root, without recommendations. Raises PackagesMissing."""
    if os.geteuid() != 0:
        raise PackagesMissing("only root may install packages")
    refresh()
    _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)


def refresh() -> None:
    """Bring apt's lists up to date where we may; an old list is still worth a try."""
    if os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=QUIET, capture_output=True)


def missing_for(package: str, *options: str) -> list[str]:
    """What apt would install for this package on this system, itself included, without recommendations."""
    plan = _run("apt-get", *options, "--simulate", "--no-install-recommends", "install", package)
    return [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]


def unpack(packages: Sequence[str], folder: Path) -> None:
    """Download these packages and unpack them under the folder; no script of theirs runs, nothing is
    registered."""
    archives = folder.with_name(folder.name + ".packages")
    archives.mkdir(parents=True, exist_ok=True)
    _run("apt-get", "-o", "APT::Sandbox::User=root", "download", *packages, folder=archives)
    for archive in sorted(archives.glob("*.deb")):
        _run("dpkg-deb", "--extract", str(archive), str(folder))
    shutil.rmtree(archives)


def _run(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(command, check=False, env=QUIET, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise PackagesMissing(lines[-1] if lines else f"{command[0]} failed")
    return done.stdout
