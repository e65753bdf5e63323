"""The clock of one process is wrong, and no other's."""

import os
import subprocess
import sys
import time

import pytest

from deploy.local.debian import PackagesMissing
from tests.faults.clocks import wrong_by

ASK = "import time; print(time.time(), time.monotonic())"


def test_a_clock_is_wrong_for_one_process_alone() -> None:
    try:
        told = wrong_by(-3600)
    except PackagesMissing as missing:
        pytest.skip(str(missing))
    said = subprocess.run(
        [sys.executable, "-c", ASK], env={**os.environ, **told}, check=True, capture_output=True, text=True
    )
    clock, monotonic = map(float, said.stdout.split())
    assert 3500 < time.time() - clock < 3700
    assert abs(time.monotonic() - monotonic) < 60
