"""`make check`: every gate that needs no server. All run; a failure does not hide the next."""

import subprocess
import sys
import time

from deploy.local.places import ROOT

TYPED = ("services", "gateway", "shared", "deploy", "tests")


def checks() -> dict[str, list[str]]:
    """Title → command, run with the environment's Python in the project's root."""
    bin_ = ROOT / ".venv" / "bin"
    return {
        "format": [str(bin_ / "ruff"), "format", "--check", "--quiet", "."],
        "lint": [str(bin_ / "ruff"), "check", "--quiet", "."],
        "types": [str(bin_ / "mypy"), *TYPED],
        "import rules": [str(bin_ / "lint-imports"), "--no-cache"],
        "generated docs": [sys.executable, "-m", "shared.cli", "docs", "--check"],
        "manifests": [sys.executable, "-m", "deploy.manifests", "check"],
    }


def run_checks() -> int:
    failed = []
    for title, command in checks().items():
        began = time.monotonic()
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
        mark = "✓" if done.returncode == 0 else "✗"
        print(f"{mark} {time.monotonic() - began:5.1f} s  {title}", flush=True)
        if done.returncode != 0:
            failed.append(title)
            print(done.stdout + done.stderr, flush=True)
    if failed:
        print(f"Not clean: {', '.join(failed)}.")
    return 1 if failed else 0
