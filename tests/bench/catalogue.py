"""All benchmarks, in the order of the table."""

from typing import Final

from tests.bench import appending, inbox, latency, reading, relaying
from tests.bench.measuring import Bench

BENCHES: Final[tuple[Bench, ...]] = (
    *appending.BENCHES,
    *reading.BENCHES,
    *relaying.BENCHES,
    *inbox.BENCHES,
    *latency.BENCHES,
)


def groups() -> list[str]:
    """The names by which some of them can be chosen."""
    return list(dict.fromkeys(bench.group for bench in BENCHES))


def chosen(names: list[str]) -> tuple[Bench, ...]:
    """Those of the named groups; all without a name. Raises KeyError for a name that is none."""
    unknown = set(names) - set(groups())
    if unknown:
        raise KeyError(
            f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(groups())}"
        )
    return tuple(bench for bench in BENCHES if not names or bench.group in names)
