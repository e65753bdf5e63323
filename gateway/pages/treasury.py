"""The treasurer's overview: sums of a period by a key, each as a picture with its table."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import formats
from gateway.pages.answers import problem_key
from gateway.pages.money_words import method_words, place_words
from gateway.pages.parts import or_none
from gateway.pages.periods import address_of, asked_for, period_of, presets
from gateway.translations import Translator
from gateway.views.forms import Option
from gateway.views.treasury import MOST_BARS, Bar, Chart, Panel, Period, SumRow, TreasuryPage
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

PURPOSE: Final = "treasury"
HERE: Final = "/arbeit/kasse"
GROUPINGS: Final = ("service", "cost_object", "day", "method", "provider")
DAYS_AS_DAYS: Final = 92
EARLIER: Final = "earlier"
"""The key of what is open from before the period."""
PANELS: Final = {
    "paid": ("paid_cents", "surplus_cents", ("paid_count", "paid_cents", "surplus_cents"), ("payments",)),
    "open": ("open_cents", "overdue_cents", ("open_count", "open_cents", "overdue_cents"), ("open-items",)),
    "back": ("back_cents", "returned_cents", ("refunded_cents", "returned_cents"), ("refunds", "returns")),
    "fees": ("fees_cents", "", ("fees_cents",), ()),
}
"""By panel: the length of a bar, its marked part, the columns, the lists behind them."""
FIGURES: Final = (
    "paid_cents",
    "open_cents",
    "overdue_cents",
    "refunded_cents",
    "returned_cents",
    "fees_cents",
)
Row = dict[str, Any]


@staff("treasurer")
async def show_overview(visit: Visit) -> Response:
    period, by = period_of(visit), visit.request.query_params.get("gruppe") or "service"
    message = "period_impossible" if period.said else "grouping_unknown" if by not in GROUPINGS else ""
    if message:
        return visit.page(_page(visit, period, "service", message=message), 422)
    params = {"by": by, **asked_for(period)}
    try:
        found = await visit.get("payments", "/treasury/summary", purpose=PURPOSE, params=params)
    except RemoteProblem as refused:
        if refused.status != 422:
            raise
        return visit.page(_page(visit, period, by, message=problem_key(visit.t, refused)), 422)
    titles = await _titles(visit) if by == "service" and found["rows"] else {}
    return visit.page(_page(visit, period, by, _told(found["rows"]), titles))


def _page(
    visit: Visit,
    period: Period,
    by: str,
    rows: list[Row] | None = None,
    titles: Mapping[str, str] | None = None,
    message: str = "",
) -> TreasuryPage:
    here = visit.url(HERE)
    months = by == "day" and (period.last - period.first).days >= DAYS_AS_DAYS
    if rows and months:
        rows = _by_month(rows)
    panels = () if not rows else tuple(_panels(visit, rows, by, period, titles or {}, months=months))
    return TreasuryPage(
        period=period,
        presets=presets(here, f"&gruppe={by}"),
        by=by,
        groupings=tuple(Option(value=one, label=visit.t(f"grouping.{one}")) for one in GROUPINGS),
        figures=tuple((name, sum(row[name] for row in rows)) for name in FIGURES) if rows else (),
        panels=panels,
        by_month=months,
        message=message,
    )


def _panels(
    visit: Visit, rows: list[Row], by: str, period: Period, titles: Mapping[str, str], *, months: bool
) -> Iterable[Panel]:
    """One for each kind of sum of which there is anything."""
    t = visit.t
    for name, (length, part, columns, lists) in PANELS.items():
        standing = [row for row in rows if any(row[column] for column in columns)]
        if not standing:
            continue
        if name == "open" and by == "day":
            standing = _with_earlier(standing, period)
        drawn = _each_day(standing, period, columns) if by == "day" and not months else standing
        bars = tuple(
            Bar(
                label=_words(t, by, row["key"], titles),
                cents=row[length] + (row[part] if name == "paid" else 0),
                part_cents=row[part] if part else 0,
            )
            for row in (drawn if by == "day" else sorted(standing, key=lambda row: -row[length]))
        )
        yield Panel(
            name=name,
            chart=_chart(t, name, by, bars),
            columns=columns,
            rows=tuple(
                SumRow(
                    label=_words(t, by, row["key"], titles),
                    values=tuple(_value(t, column, row[column]) for column in columns),
                )
                for row in standing
            ),
            total=tuple(_value(t, column, sum(row[column] for row in standing)) for column in columns),
            links=tuple(
                (one, visit.url(f"{HERE}/{one}") + ("" if one == "open-items" else f"?{address_of(period)}"))
                for one in lists
            ),
        )


def _chart(t: Translator, name: str, by: str, bars: tuple[Bar, ...]) -> Chart:
    """Of many bars the shortest are put together; days are all there."""
    upright = by == "day"
    if not upright and len(bars) > MOST_BARS:
        kept, others = bars[: MOST_BARS - 1], bars[MOST_BARS - 1 :]
        cents, part = sum(bar.cents for bar in others), sum(bar.part_cents for bar in others)
        bars = (*kept, Bar(label=t("treasury.others"), cents=cents, part_cents=part))
    top = max(bars, key=lambda bar: bar.cents)
    most = formats.money(top.cents, t.language)
    words = t("treasury.chart_words", bars=len(bars), top=top.label, most=most)
    title = t(f"treasury_panel.{name}.title")
    return Chart(anchor=f"chart-{name}", title=title, words=words, bars=bars, upright=upright)


def _told(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [{**row, "back_cents": row["refunded_cents"] + row["returned_cents"]} for row in rows]


def _by_month(rows: Iterable[Row]) -> list[Row]:
    months: dict[str, Row] = {}
    for row in rows:
        month = months.setdefault(row["key"][:7], {"key": row["key"][:7]})
        for column, value in row.items():
            if column != "key":
                month[column] = month.get(column, 0) + value
    return list(months.values())


def _with_earlier(rows: list[Row], period: Period) -> list[Row]:
    """What is open from before the period is one row, in front."""
    old = [row for row in rows if row["key"] < str(period.first)[: len(row["key"])]]
    if not old:
        return rows
    sums = {column: sum(row[column] for row in old) for column in old[0] if column != "key"}
    return [{"key": EARLIER, **sums}, *rows[len(old) :]]


def _each_day(rows: Iterable[Row], period: Period, columns: Iterable[str]) -> list[Row]:
    """Days without money too, so that the picture's axis is time."""
    known = {row["key"]: row for row in rows}
    nothing = dict.fromkeys([*columns, "back_cents"], 0)
    days = (period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1))
    drawn = [known.get(str(day), {"key": str(day), **nothing}) for day in days]
    return [known[EARLIER], *drawn] if EARLIER in known else drawn


def _words(t: Translator, by: str, key: str, titles: Mapping[str, str]) -> str:
    if not key:
        return t("treasury.no_key")
    if key == EARLIER:
        return t("treasury.earlier")
    if by == "day":
        if len(key) == len("2026-11"):
            return f"{key[5:]}/{key[:4]}"
        return formats.short_day(date.fromisoformat(key), t.language)
    if by == "method":
        return method_words(t, key)
    return place_words(t, key) if by == "provider" else titles.get(key, key)


def _value(t: Translator, column: str, value: int) -> str:
    return str(value) if column.endswith("_count") else formats.money(value, t.language)


async def _titles(visit: Visit) -> dict[str, str]:
    """Services' titles by key; none while the catalogue is away."""
    found = await or_none(visit.offered("/services"))
    return {one["key"]: one["title"] for one in found["services"]} if found else {}


ROUTES: Final[list[BaseRoute]] = [Route(HERE, show_overview, methods=["GET"])]
