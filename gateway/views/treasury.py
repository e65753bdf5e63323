"""The treasurer's pages: sums with charts, lists that go on, batches and the comparison with providers."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Final

from gateway.views.forms import Option
from gateway.views.frame import Page, Tone

MOST_BARS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A positive amount; `part_cents` of it are marked."""

    label: str
    cents: int
    part_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars side by side, upright where they are days; places and lengths are shares of the picture.

    The table beside it holds every number; `title` and `words` say what the picture shows.
    """

    anchor: str
    title: str
    words: str
    bars: tuple[Bar, ...]
    upright: bool = False

    @property
    def top_cents(self) -> int:
        return max((bar.cents for bar in self.bars), default=0)

    def share(self, cents: int) -> str:
        """The length of an amount."""
        return f"{max(cents, 0) * 100 / max(self.top_cents, 1):.2f}%"

    def rest(self, cents: int) -> str:
        """The space above an upright amount."""
        return f"{100 - max(cents, 0) * 100 / max(self.top_cents, 1):.2f}%"

    def place(self, number: int) -> str:
        """Where an upright bar begins."""
        return f"{(number + 0.1) * 100 / len(self.bars):.3f}%"

    @property
    def breadth(self) -> str:
        return f"{80 / len(self.bars):.3f}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class SumRow:
    """One key in words; `cents` and counts as the panel's columns stand."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A chart and its table. `name` is a key below `treasury_panel.`, `columns` are keys below `column.`;
    `links` lead to the lists behind the sums, each by a key below `treasury_list.`."""

    name: str
    chart: Chart
    columns: tuple[str, ...]
    rows: tuple[SumRow, ...]
    total: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Both days included. `said` are the days as typed where these are none."""

    first: date
    last: date
    said: tuple[str, str] | None = None

    @property
    def typed(self) -> tuple[str, str]:
        return self.said or (self.first.isoformat(), self.last.isoformat())


@dataclass(frozen=True, slots=True, kw_only=True)
class TreasuryPage(Page):
    """`figures` are keys below `figure.` with amounts; `message` is a key below `problem.`."""

    template: ClassVar[str] = "work/treasury.html"
    nav: ClassVar[str] = "money"

    period: Period
    presets: tuple[tuple[str, str], ...]
    by: str
    groupings: tuple[Option, ...]
    figures: tuple[tuple[str, int], ...] = ()
    panels: tuple[Panel, ...] = ()
    by_month: bool = False
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`column` is a key below `column.`; with a `tone` the value is a badge."""

    column: str
    value: str
    tone: Tone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """`title` heads the row and leads to `url`, if there is one; `case_url` to the whole case's money."""

    title: str
    cells: tuple[Cell, ...]
    url: str = ""
    case_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage(Page):
    """One of the treasurer's lists; `name` is a key below `treasury_list.`, `heads` are keys below `column.`.

    `period` is None for a list of what is so today, `choices` filter such a list: (key below `list_choice.`,
    address, chosen).
    """

    template: ClassVar[str] = "work/treasury_list.html"
    nav: ClassVar[str] = "money"

    name: str
    heads: tuple[str, ...]
    rows: tuple[ListRow, ...]
    period: Period | None = None
    choices: tuple[tuple[str, str, bool], ...] = ()
    next_url: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A closed batch: the moments of its first and last booking, (currency, cents in debit), and its files as
    (format, address, SHA-256)."""

    number: int
    first: datetime
    last: datetime
    closed_at: datetime
    entries: int
    lines: int
    sums: tuple[tuple[str, int], ...]
    files: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportsPage(Page):
    """Batches, the newest first, and the form that closes the next. `message` is a key below `problem.`."""

    template: ClassVar[str] = "work/exports.html"
    nav: ClassVar[str] = "money"

    action: str
    exports: tuple[Export, ...]
    hidden: dict[str, str] = field(default_factory=dict)
    next_url: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """One thing that makes a difference. `side` is a key below `reconciliation_side.`, `kind` one below
    `reconciliation_kind.`, empty where money of the bank has none."""

    side: str
    reference: str
    cents: int
    kind: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A provider on a day: what it told, what the books say; `difference_cents` is what it has more, None
    where it has not told yet."""

    provider: str
    day: date
    ours_cents: int
    theirs_cents: int
    difference_cents: int | None
    odd: tuple[Odd, ...] = ()

    @property
    def state(self) -> str:
        """A key below `reconciliation_state.`."""
        if self.difference_cents is None:
            return "untold"
        return "differs" if self.difference_cents or self.odd else "even"

    @property
    def tone(self) -> Tone:
        tones: dict[str, Tone] = {"untold": "info", "differs": "danger", "even": "success"}
        return tones[self.state]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationPage(Page):
    """`message` is a key below `problem.`."""

    template: ClassVar[str] = "work/reconciliation.html"
    nav: ClassVar[str] = "money"

    period: Period
    presets: tuple[tuple[str, str], ...]
    rows: tuple[Compared, ...] = ()
    message: str = ""

    @property
    def uneven(self) -> int:
        """On how many rows the two sides differ."""
        return sum(row.state == "differs" for row in self.rows)
