"""`make mutants`: breaks the code in a copy, one patch after the other, and requires the named tests red.

Names (or parts of them) as arguments choose some. Exit code 1 if a break survives or does not apply.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from deploy.local.testservers import postgres_for_tests, rabbitmq_for_tests
from tests.architecture.tracked import ROOT
from tests.mutants.catalogue import Mutant, mutants

LONGEST: Final = 300.0
EACH: Final = 10.0


class Tree:
    """A copy of the working tree to break, and the servers that its tests use."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = root
        self._environment = environment

    def reds(self, tests: Sequence[str], longest: float = LONGEST) -> tuple[set[str], str]:
        """Which of the tests failed, and what pytest said; nothing of it after `longest` seconds."""
        command = [sys.executable, "-m", "pytest", "-rf", "--tb=line", "-p", "no:cacheprovider", *tests]
        try:
            done = subprocess.run(
                command, check=False, cwd=self.root, env=self._environment, capture_output=True, text=True,
                timeout=longest,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return set(), f"no end after {longest:.0f} s"
        failed = [line.removeprefix("FAILED ") for line in done.stdout.splitlines()]
        reds = {
            test for test in tests if any(f"{line} ".startswith((f"{test} ", f"{test}[")) for line in failed)
        }
        said = done.stdout + done.stderr if done.returncode > 1 or not reds else ""
        return reds, said

    def verdict(self, mutant: Mutant) -> str:
        """Empty if every named test turned red; else what is wrong."""
        if wrong := mutant.apply(self.root):
            return f"does not apply: {wrong}"
        try:
            reds, said = self.reds(mutant.red)
        finally:
            mutant.apply(self.root, "-R")
        survived = [test for test in mutant.red if test not in reds]
        return f"survives {', '.join(survived)}\n{said}".strip() if survived else ""


@contextmanager
def copied() -> Iterator[Tree]:
    """Tracked and new files in a temporary folder; servers for all runs."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, cwd=ROOT, capture_output=True, text=True,
    ).stdout  # fmt: skip
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mutants-")))
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        environment = {
            **os.environ,
            "PORTAL_POSTGRES_URL": stack.enter_context(postgres_for_tests()),
            "PORTAL_RABBITMQ_URL": stack.enter_context(rabbitmq_for_tests()).url,
            "PYTHONDONTWRITEBYTECODE": "1",  # a patch may come and go within a file's time stamp
        }
        yield Tree(root, environment)


def main(arguments: Sequence[str]) -> int:
    chosen = [m for m in mutants() if not arguments or any(part in m.name for part in arguments)]
    with copied() as tree:
        named = sorted({test for mutant in chosen for test in mutant.red})
        print(f"{len(chosen)} breaks; first their {len(named)} tests on sound code …", flush=True)
        began = time.monotonic()
        reds, said = tree.reds(named, LONGEST + EACH * len(named))
        if reds or " passed" not in said:
            print(f"Red without any break: {', '.join(sorted(reds)) or said}")
            return 1
        print(f"all green after {time.monotonic() - began:.0f} s", flush=True)
        failed = [
            mutant.name for n, mutant in enumerate(chosen, 1) if not _judge(tree, mutant, n, len(chosen))
        ]
    print(
        f"{len(chosen)} breaks, {len(chosen) - len(failed)} seen." + "".join(f"\n  not: {f}" for f in failed)
    )
    return 1 if failed else 0


def _judge(tree: Tree, mutant: Mutant, number: int, of: int) -> bool:
    began = time.monotonic()
    wrong = tree.verdict(mutant)
    mark = "✗" if wrong else "✓"
    seconds = time.monotonic() - began
    print(f"{mark} {number:2}/{of} {seconds:5.1f} s  {mutant.name:42} {mutant.breaks}", flush=True)
    if wrong:
        print("    " + wrong.replace("\n", "\n    "), flush=True)
    return not wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
