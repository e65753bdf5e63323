"""What a benchmark is: sides measured in interleaved rounds, and rows that set one side beside another.

A side returns one figure, or several by name (then a row names `side.figure`). Rounds go A B C A B C …, so
that whatever else the machine does meets all sides alike; a row's ratio is the median of its rounds' ratios.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any, Final

Figures = float | Mapping[str, float]
Side = Callable[[], Awaitable[Figures]]
Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: `side` beside `beside`, both in `unit`; `reach` is what the ratio should be.

    `what` may name a number of the size: `{growth:,} events`. `less` rows count cost instead of speed: there
    the ratio should stay below `reach`.
    """

    key: str
    what: str
    unit: str
    side: str
    beside: str
    beside_what: str
    reach: float | None = None
    less: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done. Nothing in it changes what is compared with what."""

    name: str
    rounds: int
    seconds: float
    events: int
    growth: int
    memory: int
    messages: int
    streams: int
    journeys: int
    pages: int
    entries: int

    def scaled(self, share: float) -> "Size":
        """A share of it, yet not less than the smallest: so that all that the full size does can be tried."""
        least = {name: amount for name, amount in asdict(SMOKE).items() if name != "name"}
        amounts = {name: max(least[name], type(least[name])(getattr(self, name) * share)) for name in least}
        return replace(self, name=f"{self.name}-{share:g}", **amounts)


FULL: Final = Size("full", 7, 1.0, 200_000, 2_000_000, 1_000_000, 4_000, 5_000, 20, 300, 10_000)
QUICK: Final = Size("quick", 3, 0.5, 20_000, 200_000, 50_000, 1_500, 1_500, 6, 100, 1_000)
SMOKE: Final = Size("smoke", 1, 0.05, 400, 2_000, 1_000, 40, 60, 1, 3, 20)


@dataclass(slots=True)
class Notes:
    """What a benchmark tells beside its rows: tables of a profile, remarks."""

    profiles: dict[str, dict[str, float]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bench:
    """Rows that are measured together. `prepare` yields the sides; `rounds` overrides the size's."""

    group: str
    title: str
    rows: tuple[Row, ...]
    prepare: Callable[[Any, Size, Notes], AbstractAsyncContextManager[Mapping[str, Side]]]
    rounds: int | None = None
    warm: bool = True


@dataclass(slots=True)
class Result:
    """A row with the figures of its rounds."""

    row: Row
    ours: list[float]
    beside: list[float]
    processor: tuple[float, float] | None = None
    """Microseconds of processor an operation, client and PostgreSQL together: ours, beside."""

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.ours, self.beside, strict=True)]

    @property
    def is_reached(self) -> bool | None:
        """None where the table asks for no ratio."""
        if self.row.reach is None:
            return None
        return self.ratio <= self.row.reach if self.row.less else self.ratio >= self.row.reach


async def measure(
    sides: Mapping[str, Side], rounds: int, said: Said, *, warm: bool = True
) -> dict[str, list[float]]:
    """The figures of every side by name, one for each round.

    With `warm` a round goes before that is not counted: connections, prepared statements, caches.
    """
    found: dict[str, list[float]] = {}
    for name, side in sides.items() if warm else ():
        said(f"warming up: {name}")
        await side()
    for number in range(rounds):
        for name, side in sides.items():
            said(f"round {number + 1}/{rounds}: {name}")
            figures = await side()
            named = {name: figures} if isinstance(figures, float) else _prefixed(name, figures)
            for key, figure in named.items():
                found.setdefault(key, []).append(figure)
    return found


def _prefixed(name: str, figures: Mapping[str, float]) -> dict[str, float]:
    return {f"{name}.{key}" if key else name: figure for key, figure in figures.items()}


def results(bench: Bench, size: Size, found: Mapping[str, list[float]]) -> list[Result]:
    """The rows of a benchmark with what was found; numbers of the size are put into their words."""
    rows = [replace(row, what=row.what.format_map(asdict(size))) for row in bench.rows]
    return [Result(row, found[row.side], found[row.beside], _processor(row, found)) for row in rows]


def _processor(row: Row, found: Mapping[str, list[float]]) -> tuple[float, float] | None:
    names = [(f"{side}.client", f"{side}.server") for side in (row.side, row.beside)]
    if any(name not in found for pair in names for name in pair):
        return None
    ours, beside = (sum(median(found[name]) for name in pair) for pair in names)
    return ours, beside


def quantile(values: list[float], share: float) -> float:
    """The nearest-rank quantile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]
