"""`make bench`: measures on real servers, prints a table, keeps JSON, writes docs/performance.md.

ARGS: names of groups to run only these; `--quick` for rough figures in little time; `--minutes=20` leaves out
what does not fit any more. `--scale=0.05` does that share of everything.
"""

import signal
import sys

import uvloop
from rich.console import Console

from deploy.local.places import ROOT, state_folder
from shared import heap
from shared.observe.logs import configure_logging
from shared.observe.tracing import configure_tracing
from tests.bench.catalogue import chosen, groups
from tests.bench.measuring import FULL, QUICK
from tests.bench.report import markdown, show
from tests.bench.run import run

USAGE = 'usage: make bench ARGS="[--quick] [--minutes=N] [--scale=X] [{}]"'


def main(arguments: list[str]) -> int:
    console = Console(highlight=False)
    names = [argument for argument in arguments if not argument.startswith("-")]
    flags = set(arguments) - set(names)
    minutes, scale = _number("--minutes=", flags), _number("--scale=", flags)
    if flags - {"--quick"} or set(names) - set(groups()):
        console.print(USAGE.format("|".join(groups())), markup=False)
        return 2
    configure_logging("bench", "error")
    configure_tracing("bench")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # servers that were started are ended
    size = QUICK if "--quick" in flags else FULL
    if scale is not None:
        size = size.scaled(scale)
    heap.set_apart()  # as a service does
    found = uvloop.run(run(chosen(names), size, console, minutes))
    show(console, found)
    console.print(f"Figures: {found.write(state_folder() / 'bench')}", soft_wrap=True)
    if not names and scale is None:
        (ROOT / "docs" / "performance.md").write_text(markdown(found))
        console.print("Written: docs/performance.md")
    return 0


def _number(name: str, flags: set[str]) -> float | None:
    """Takes `name` with its number out of the flags; one that has none stays, as unknown."""
    for flag in flags:
        text = flag.removeprefix(name)
        if text != flag and text.replace(".", "", 1).isdecimal():
            flags.remove(flag)
            return float(text)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
