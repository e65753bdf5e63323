"""`make test`: brings what the tests need beside Python, says what is skipped and why, then pytest.

Some tests run as one pytest. All of them run in parts, some side by side: whichever place is free takes the
next part. What a part said is told when it ends.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from deploy.local import debian
from deploy.local.fonts import install as install_fonts
from deploy.local.places import ROOT, state_folder

PYTEST = (sys.executable, "-m", "pytest")
PLACES = 2
"""A third would be quicker, and need more than the hundred connections that a PostgreSQL has by itself."""
EVERYTHING_ELSE = "tests"
PARTS = (  # the longest first; a new folder is in the part around it
    "tests/journeys", "tests/services/payments/bank", "tests/shared", "tests/gateway/test_everyone.py",
    "tests/services/payments", EVERYTHING_ELSE, "tests/services", "tests/deploy", "tests/gateway",
)  # fmt: skip
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
    """The exit code of the first part that failed."""
    _make_what_all_need()
    print(f"In parts, {PLACES} at a time: {', '.join(PARTS)}.", flush=True)
    with ThreadPoolExecutor(PLACES) as places:
        try:
            codes = [ended.result() for ended in as_completed([places.submit(_run, part) for part in PARTS])]
        except BaseException:
            places.shutdown(wait=False, cancel_futures=True)
            raise
    return next(filter(None, codes), 0)


def _run(part: str) -> int:
    """The exit code of one part, without the parts within it."""
    began = time.monotonic()
    within = [f"--ignore={other}" for other in PARTS if other.startswith(f"{part}/")]
    done = subprocess.run(
        [*PYTEST, part, *within], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(f"\n{part}, {time.monotonic() - began:.0f} s:\n{done.stdout}", flush=True)
    return done.returncode


def _make_what_all_need() -> None:
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
