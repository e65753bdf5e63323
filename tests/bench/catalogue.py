"""All benchmarks, in the order of the table."""

from typing import Final

from tests.bench import (
    appending,
    cash_office,
    documents,
    growth,
    inbox,
    journeys,
    latency,
    pages,
    reading,
    recorder,
    relaying,
    treasury,
)
from tests.bench.measuring import Bench

_MODULES: Final = (
    appending, recorder, reading, relaying, inbox, latency, growth, documents, cash_office, treasury, pages,
    journeys,
)  # fmt: skip
BENCHES: Final[tuple[Bench, ...]] = tuple(bench for module in _MODULES for bench in module.BENCHES)


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
