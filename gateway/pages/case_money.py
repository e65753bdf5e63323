"""The money of a whole case: all its claims on one screen, in one time line with one balance."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.claims import HERE as CLAIMS
from gateway.pages.claims import PURPOSE, TONES
from gateway.pages.counter_forms import number_field
from gateway.pages.money_events import entry
from gateway.views.case_money import CaseClaim, CaseMoneyPage, CaseSearchPage, Total
from gateway.views.frame import Tone
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

HERE: Final = "/arbeit/kasse/vorgang"
COUNTER: Final = "/arbeit/schalter"
ROWS: Final = 50
TOTALS: Final = ("claimed", "charges", "reduced", "kept", "paid", "refunded")
ALWAYS: Final = frozenset({"claimed", "paid"})
"""Totals that are shown where they are nothing, too."""
WAITING: Final = frozenset({"open", "being_checked", "refund_due"})
SHOWN: Final = 8
"""So many claims that wait are shown at once; the others are folded."""
_LONGEST: Final = 60
Given = Mapping[str, Any]


@staff("treasurer", "clerk")
async def find_case(visit: Visit) -> Response:
    """By Kassenzeichen or case number, straight to the case; to the row of the claim by its number."""
    typed = visit.request.query_params.get("nummer")
    if typed is None:
        return visit.page(CaseSearchPage(number=number_field(visit.t, "")))
    number = typed.strip()
    if not number or len(number) > _LONGEST:
        problem = "number_unknown" if number else "number_missing"
        return _search(visit, number[:_LONGEST], problem, 404 if number else 422)
    found = await visit.get("payments", "/cash/claims", purpose=PURPOSE, params={"number": number})
    if not found["claims"]:
        return _search(visit, number, "number_unknown", 404)
    first = found["claims"][0]
    row = f"#{_anchor(first)}" if "".join(number.split()).upper() == first["kassenzeichen"] else ""
    return visit.redirect(f"{HERE}/{first['case_id']}{row}")


@staff("treasurer", "clerk")
async def show_case(visit: Visit) -> Response:
    """From behind the event `?nach=` on, by default from the newest."""
    case_id: UUID = visit.request.path_params["case_id"]
    after = visit.request.query_params.get("nach", "")
    params = {"limit": str(ROWS), **({"after": after} if after else {})}
    path = f"/cases/{case_id}/money"
    try:
        money = await visit.get("payments", path, purpose=PURPOSE, params=params)
    except RemoteProblem as refused:
        if refused.status != 422:
            raise
        money = await visit.get("payments", path, purpose=PURPOSE, params={"limit": str(ROWS)})
        return visit.page(_page(visit, money, message="list_place_unknown"), 422)
    return visit.page(_page(visit, money, older=bool(after)))


def _search(visit: Visit, typed: str, problem: str, status: int) -> Response:
    return visit.page(CaseSearchPage(number=number_field(visit.t, typed), message=problem), status)


def _page(visit: Visit, money: Given, *, older: bool = False, message: str = "") -> CaseMoneyPage:
    assert visit.person is not None
    here = visit.url(f"{HERE}/{money['case_id']}")
    waiting = [_claim(visit, one) for one in money["claims"] if one["state"] in WAITING]
    numbers = {one["claim_id"]: one["kassenzeichen"] for one in money["claims"]}
    return CaseMoneyPage(
        case_number=money["case_number"],
        case_url=visit.url(f"/arbeit/{money['case_id']}") if "clerk" in visit.person.roles else "",
        totals=_totals(money["totals"]),
        claims=tuple(waiting[:SHOWN]),
        more=tuple(waiting[SHOWN:]),
        done=tuple(_claim(visit, one) for one in money["claims"] if one["state"] not in WAITING),
        entries=tuple(
            entry(
                visit, one, money.get("account_id"), one["balance_cents"], numbers[one["claim_id"]],
                visit.url(f"{CLAIMS}/{one['claim_id']}"),
            )
            for one in money["events"]
        ),
        next_url=f"{here}?nach={quote(money['next'])}#entries" if money["next"] else "",
        newest_url=f"{here}#entries" if older else "",
        message=message,
    )  # fmt: skip


def _totals(sums: Given) -> tuple[Total, ...]:
    """What was claimed, less and more, and what of it is still owed; the city's debt where there is one."""
    shown = [Total(what=one, cents=sums[f"{one}_cents"]) for one in TOTALS]
    waiting = sums["owed_cents"] - sums["balance_cents"]
    return (
        *(one for one in shown if one.cents or one.what in ALWAYS),
        Total(what="owed", cents=sums["owed_cents"], strong=True),
        *((Total(what="to_give_back", cents=waiting, strong=True),) if waiting > 0 else ()),
        *((Total(what="to_claim_back", cents=-waiting, strong=True),) if waiting < 0 else ()),
    )


def _claim(visit: Visit, claim: Given) -> CaseClaim:
    due = date.fromisoformat(claim["pay_by"]) if claim["pay_by"] else None
    overdue = claim["overdue"] and claim["state"] == "open"
    tone: Tone = "warning" if overdue else TONES.get(claim["state"], "info")
    return CaseClaim(
        anchor=_anchor(claim),
        url=visit.url(f"{CLAIMS}/{claim['claim_id']}"),
        kassenzeichen=claim["kassenzeichen"],
        state="overdue" if overdue else claim["state"],
        tone=tone,
        claimed_cents=claim["claimed_cents"] + claim["charges_cents"] - claim["reduced_cents"],
        paid_cents=claim["paid_cents"],
        refunded_cents=claim["refunded_cents"],
        owed_cents=claim["owed_cents"],
        due=due,
        instalment=claim["instalment"],
        instalment_count=claim["instalment_count"],
        cash_url=visit.url(f"{COUNTER}/{claim['claim_id']}") if claim["state"] == "open" else "",
    )


def _anchor(claim: Given) -> str:
    return f"claim-{claim['claim_id']}"


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, find_case, methods=["GET"]),
    Route(HERE + "/{case_id:uuid}", show_case, methods=["GET"]),
]
