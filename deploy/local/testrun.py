"""`make test`: brings what the tests need beside Python, says what is skipped and why, then pytest.

Some tests run as one pytest. All of them run as two side by side, since most of the time a test waits: the
kernel and the services, whose output follows at the end, and everything else.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

from deploy.local import debian
from deploy.local.fonts import install as install_fonts
from deploy.local.places import ROOT, state_folder

PYTEST = (sys.executable, "-m", "pytest")
ASIDE = ("tests/shared", "tests/services")
WANTED: Mapping[str, tuple[str, ...]] = {  # what tests need → the Debian packages that bring it
    "a browser": ("chromium", "fonts-liberation"),
    "PDF tools": ("poppler-utils",),
    "PDF validation": ("default-jre-headless", "libjaxb-java"),
}


def run_tests(arguments: Sequence[str]) -> int:
    """With arguments it does not return: one pytest takes this process over."""
    missing = {
        title: packages for title, packages in WANTED.items() if not all(map(debian.is_installed, packages))
    }
    if missing:
        _bring(missing)
    os.chdir(ROOT)
    sys.stdout.flush()
    if arguments:
        os.execv(sys.executable, [*PYTEST, *arguments])  # noqa: S606
    return _side_by_side()


def _side_by_side() -> int:
    """The exit code of whichever half failed."""
    _make_what_both_need()
    print(f"Side by side: {' and '.join(ASIDE)}, told of at the end; and here everything else.", flush=True)
    with tempfile.TemporaryFile("w+") as told:
        aside = subprocess.Popen([*PYTEST, *ASIDE], stdout=told, stderr=subprocess.STDOUT)
        try:
            here = subprocess.run([*PYTEST, *(f"--ignore={folder}" for folder in ASIDE)], check=False)
            code = aside.wait()
        finally:
            aside.terminate()
        told.seek(0)
        print(f"\n{' and '.join(ASIDE)}:\n{told.read()}", flush=True)
    return here.returncode or code


def _make_what_both_need() -> None:
    """At once they would stand in each other's way."""
    install_fonts(state_folder() / "fonts")
    subprocess.run([sys.executable, "-m", "gateway.assets"], check=True)


def _bring(missing: Mapping[str, tuple[str, ...]]) -> None:
    packages = [package for wanted in missing.values() for package in wanted]
    titles = ", ".join(missing)
    print(f"Installing for the tests: {titles} ({' '.join(packages)}) …", flush=True)
    try:
        debian.install(packages)
    except (debian.PackagesMissing, OSError) as problem:
        print(f"Skipped are the tests that need {titles}: {problem}.", flush=True)
