"""`make faults ARGS="--seed 7 --minutes 3 --applications 60"`: exit code 0 only if every invariant holds."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import cast

from rich.console import Console

from deploy.local.places import CannotStart, state_folder
from shared.observe.logs import configure_logging
from tests.faults.plan import KINDS
from tests.faults.report import Outcome, save, show
from tests.faults.run import Wish, run


def wish_of(arguments: Sequence[str]) -> Wish:
    """What the command line asks for; ends with a sentence where that cannot be."""
    reader = argparse.ArgumentParser("make faults", description=__doc__)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--minutes", type=float, default=3.0)
    reader.add_argument("--applications", type=int, default=60)
    reader.add_argument("--only", choices=KINDS, nargs="+", default=KINDS, help="kinds of fault")
    given = reader.parse_args(arguments)
    return Wish(given.seed, given.minutes * 60, given.applications, tuple(given.only))


def main(arguments: Sequence[str]) -> int:
    configure_logging("faults", "warning")
    console = Console()
    wish = wish_of(arguments)
    with console.status("") as status:
        try:
            outcome = asyncio.run(_run(wish, status.update if console.is_terminal else console.print))
        except CannotStart as sentence:
            console.print(str(sentence))
            return 1
    show(outcome, console)
    console.print(f"in full: {save(outcome, state_folder() / 'faults')}")
    return 0 if outcome.holds else 1


async def _run(wish: Wish, say: object) -> Outcome:
    return await run(wish, cast("type[None]", say))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
