"""The comparison of the books with what providers and the bank told, by provider and day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.pages.money_words import place_words
from gateway.pages.periods import asked_for, period_of, presets
from gateway.pages.treasury import HERE as TREASURY
from gateway.pages.treasury import PURPOSE
from gateway.views.treasury import Compared, Odd, Period, ReconciliationPage
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

HERE: Final = f"{TREASURY}/abgleich"
SIDES: Final = ("unknown_here", "unknown_there", "differing")


@staff("treasurer")
async def show_reconciliation(visit: Visit) -> Response:
    period = period_of(visit)
    if period.said:
        return visit.page(_page(visit, period, message="period_impossible"), 422)
    try:
        found = await visit.get(
            "payments", "/reconciliation", purpose=PURPOSE, params=asked_for(period)
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status != 422:
            raise
        return visit.page(_page(visit, period, message=problem_key(visit.t, refused)), 422)
    return visit.page(_page(visit, period, tuple(_compared(visit, one) for one in found["days"])))


def _page(
    visit: Visit, period: Period, rows: tuple[Compared, ...] = (), message: str = ""
) -> ReconciliationPage:
    return ReconciliationPage(period=period, presets=presets(visit.url(HERE)), rows=rows, message=message)


def _compared(visit: Visit, one: Mapping[str, Any]) -> Compared:
    return Compared(
        provider=place_words(visit.t, one["provider"]),
        day=date.fromisoformat(one["day"]),
        ours_cents=one["ours_cents"],
        theirs_cents=one["theirs_cents"],
        difference_cents=one["difference_cents"],
        odd=tuple(_odd(visit, one)),
    )


def _odd(visit: Visit, one: Mapping[str, Any]) -> Iterable[Odd]:
    """What makes the difference. A day that nobody told of has none yet."""
    for side in SIDES if one["told"] else ():
        for row in one[side]:
            cents = row["theirs_cents"] - row["ours_cents"] if side == "differing" else row["amount_cents"]
            claim_id = row.get("claim_id")
            yield Odd(
                side=side,
                reference=row.get("kassenzeichen") or row["reference"],
                cents=cents,
                kind=row["kind"],
                url=visit.url(f"/arbeit/forderungen/{claim_id}") if claim_id else "",
            )


ROUTES: Final[list[BaseRoute]] = [Route(HERE, show_reconciliation, methods=["GET"])]
