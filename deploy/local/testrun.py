"""`make test`: brings what the tests need beside Python, says what is skipped and why, becomes pytest."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from deploy.local import debian
from deploy.local.places import ROOT

WANTED: Mapping[str, tuple[str, ...]] = {  # what tests need → the Debian packages that bring it
    "a browser": ("chromium", "fonts-liberation"),
    "PDF tools": ("poppler-utils",),
    "PDF validation": ("default-jre-headless", "libjaxb-java"),
}


def run_tests(arguments: Sequence[str]) -> NoReturn:
    """Does not return: pytest takes this process over, so that its closing line is the last."""
    missing = {
        title: packages for title, packages in WANTED.items() if not all(map(debian.is_installed, packages))
    }
    if missing:
        _bring(missing)
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])  # noqa: S606


def _bring(missing: Mapping[str, tuple[str, ...]]) -> None:
    packages = [package for wanted in missing.values() for package in wanted]
    titles = ", ".join(missing)
    print(f"Installing for the tests: {titles} ({' '.join(packages)}) …", flush=True)
    try:
        debian.install(packages)
    except (debian.PackagesMissing, OSError) as problem:
        print(f"Skipped are the tests that need {titles}: {problem}.", flush=True)
