"""The treasurer's lists: open items, payments, refunds, returns and mandates, each going on from a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import formats
from gateway.pages.case_money import HERE as CASES
from gateway.pages.money_words import method_words, place_words
from gateway.pages.periods import address_of, asked_for, period_of
from gateway.pages.refund_forms import TONES as REFUND_TONES
from gateway.pages.treasury import HERE, PURPOSE
from gateway.translations import Translator
from gateway.views.frame import Tone
from gateway.views.treasury import Cell, ListPage, ListRow
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

ROWS: Final = 50
MANDATE_STATES: Final = ("proposed", "active", "suspended", "used_up", "revoked", "lapsed")
_MANDATE_TONES: Final[dict[str, Tone]] = {"active": "success", "suspended": "warning", "revoked": "danger"}
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One list: how a row looks, whether it is of a period, and what it may be filtered by."""

    rows: str
    heads: tuple[str, ...]
    cells: Callable[[Translator, Given], tuple[Cell, ...]]
    title: Callable[[Given], str]
    of_period: bool = True
    choice: str = ""
    choices: tuple[str, ...] = ()


def _open_item(t: Translator, row: Given) -> tuple[Cell, ...]:
    due = row["pay_by"]
    tone: Tone | None = "danger" if row["overdue"] else None
    return (
        Cell(column="service", value=row["service"] or "–"),
        Cell(column="cost_object", value=row["cost_object"] or "–"),
        Cell(column="owed", value=formats.money(row["owed_cents"], t.language, _currency(row))),
        Cell(column="claimed_on", value=_day(t, row["requested_at"])),
        Cell(column="pay_by", value=_day(t, due) if due else "–", tone=tone),
    )


def _payment(t: Translator, row: Given) -> tuple[Cell, ...]:
    return (
        Cell(column="booked_on", value=_day(t, row["booked_at"])),
        Cell(column="amount", value=formats.money(row["amount_cents"], t.language, _currency(row))),
        Cell(column="method", value=method_words(t, row["method"]) if row["method"] else "–"),
        Cell(column="provider", value=place_words(t, row["provider"])),
        Cell(column="reference", value=row["reference"] or "–"),
    )


def _surplus(t: Translator, row: Given) -> tuple[Cell, ...]:
    kind = row["kind"]
    told = t(f"payment_kind.{kind}") if t.known(f"payment_kind.{kind}") else kind
    return (*_payment(t, row), Cell(column="kind", value=told, tone="warning" if kind == "surplus" else None))


def _return(t: Translator, row: Given) -> tuple[Cell, ...]:
    charges = formats.money(row["charges_cents"], t.language, _currency(row))
    return (*_payment(t, row), Cell(column="code", value=row["code"]), Cell(column="charges", value=charges))


def _refund(t: Translator, row: Given) -> tuple[Cell, ...]:
    reason = f"refund_reason.{row['reason']}"
    return (
        Cell(column="requested_on", value=_day(t, row["requested_at"])),
        Cell(column="amount", value=formats.money(row["amount_cents"], t.language, _currency(row))),
        Cell(column="reason", value=t(reason if t.known(reason) else "refund_reason.other")),
        Cell(column="via", value=t(f"refund_via.{row['via']}")),
        Cell(column="state", value=t(f"refund_state.{row['state']}"),
             tone=REFUND_TONES.get(row["state"], "info")),
    )  # fmt: skip


def _mandate(t: Translator, row: Given) -> tuple[Cell, ...]:
    kind = f"mandate_kind.{row['kind']}"
    return (
        Cell(column="kind", value=t(kind) if t.known(kind) else row["kind"]),
        Cell(column="signed_on", value=_day(t, row["signed_on"]) if row["signed_on"] else "–"),
        Cell(column="last_used_on", value=_day(t, row["last_used_on"]) if row["last_used_on"] else "–"),
        Cell(column="state", value=t(f"cash_mandate_state.{row['state']}"),
             tone=_MANDATE_TONES.get(row["state"], "info")),
    )  # fmt: skip


def _currency(row: Given) -> str:
    return str(row.get("currency", "EUR"))


def _kassenzeichen(row: Given) -> str:
    return row["kassenzeichen"] or "–"


_MOVED: Final = ("kassenzeichen", "booked_on", "amount", "method", "provider", "reference")
KINDS: Final = {
    "open-items": Kind(
        "open_items", ("kassenzeichen", "service", "cost_object", "owed", "claimed_on", "pay_by"), _open_item,
        _kassenzeichen, of_period=False, choice="overdue", choices=("true",),
    ),
    "payments": Kind("payments", (*_MOVED, "kind"), _surplus, _kassenzeichen),
    "returns": Kind("returns", (*_MOVED, "code", "charges"), _return, _kassenzeichen),
    "refunds": Kind(
        "refunds", ("kassenzeichen", "requested_on", "amount", "reason", "via", "state"), _refund,
        _kassenzeichen,
    ),
    "mandates": Kind(
        "mandates", ("mandate", "kind", "signed_on", "last_used_on", "state"), _mandate,
        lambda row: str(row["reference"]), of_period=False, choice="state", choices=MANDATE_STATES,
    ),
}  # fmt: skip


@staff("treasurer")
async def show_list(visit: Visit) -> Response:
    name = visit.request.path_params["name"]
    if name not in KINDS:
        raise HTTPException(404)
    kind, asked = KINDS[name], visit.request.query_params
    period = period_of(visit) if kind.of_period else None
    chosen = asked.get("wahl", "") if kind.choice else ""
    here = visit.url(f"{HERE}/{name}")
    empty = ListPage(
        name=name, heads=kind.heads, rows=(), period=period, choices=_choices(here, kind, chosen)
    )
    if period is not None and period.said:
        return visit.page(replace(empty, message="period_impossible"), 422)
    if chosen and chosen not in kind.choices:
        raise HTTPException(404)
    params = {"limit": str(ROWS), **(asked_for(period) if period else {})}
    params |= {kind.choice: chosen} if chosen else {}
    params |= {"after": asked["nach"]} if asked.get("nach") else {}
    try:
        found = await visit.get("payments", f"/treasury/{name}", purpose=PURPOSE, params=params)
    except RemoteProblem as refused:
        if refused.status != 422:
            raise
        return visit.page(replace(empty, message="list_place_unknown"), 422)
    rows = tuple(_row(visit, kind, row) for row in found[kind.rows])
    return visit.page(replace(empty, rows=rows, next_url=_next(here, found.get("next"), empty, chosen)))


def _row(visit: Visit, kind: Kind, row: Given) -> ListRow:
    claim_id = row.get("claim_id")
    url = visit.url(f"/arbeit/forderungen/{claim_id}") if claim_id else ""
    number = row.get("kassenzeichen")
    return ListRow(
        title=kind.title(row),
        url=url,
        case_url=visit.url(CASES) + f"?nummer={quote(number)}" if claim_id and number else "",
        cells=kind.cells(visit.t, row),
    )


def _choices(here: str, kind: Kind, chosen: str) -> tuple[tuple[str, str, bool], ...]:
    if not kind.choice:
        return ()
    filtered = ((one, f"{here}?wahl={one}", one == chosen) for one in kind.choices)
    return (("all", here, not chosen), *filtered)


def _next(here: str, after: str | None, view: ListPage, chosen: str) -> str:
    if not after:
        return ""
    more = f"{address_of(view.period)}&" if view.period else f"wahl={chosen}&" if chosen else ""
    return f"{here}?{more}nach={quote(after)}"


def _day(t: Translator, told: str) -> str:
    """A day, or the day in town of a moment."""
    given = datetime.fromisoformat(told) if "T" in told else date.fromisoformat(told)
    return formats.short_day(given, t.language)


ROUTES: Final[list[BaseRoute]] = [Route(HERE + "/{name:str}", show_list, methods=["GET"])]
