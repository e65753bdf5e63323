"""The share of a fee that goes back when what it was for ends early, computed for the clerk's form."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from gateway.pages.case_files import PURPOSE as CASE_WORK
from gateway.pages.periods import this_day
from gateway.views.claims import Share
from gateway.views.forms import Field
from gateway.visit import Visit
from shared.web.calls import RemoteProblem

MONEY: Final = "money-tasks"
ASKED: Final = "aufgegeben"


@dataclass(frozen=True, slots=True)
class Found:
    """The field that asks for the day, what was computed for it, and what that fills into the form."""

    day: Field
    share: Share | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


async def found_share(visit: Visit, claim: Mapping[str, Any]) -> Found | None:
    """None where nothing is left of the claim, or who looks may not read its case."""
    if claim["state"] != "settled" or visit.person is None or "clerk" not in visit.person.roles:
        return None
    said = visit.request.query_params.get(ASKED, "")
    asking = Field(
        name=ASKED, kind="date", label=visit.t("share.day"), hint=visit.t("share.day_hint"),
        value=said or str(this_day()),
    )  # fmt: skip
    if not said:
        return Found(asking)
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return Found(replace(asking, error=visit.t("share.day_impossible")))
    share = await _computed(visit, claim, day)
    if share is None:
        return Found(replace(asking, error=visit.t("share.no_months")))
    amount = f"{share.cents // 100},{share.cents % 100:02}"
    typed = {"extent": "part", "amount": amount, "reason": "given_up_early"} if share.cents else {}
    return Found(asking, share, typed)


async def _computed(visit: Visit, claim: Mapping[str, Any], day: date) -> Share | None:
    """None where the case has no period of whole months."""
    case = await visit.get("applications", f"/applications/{claim['case_id']}", purpose=CASE_WORK)
    first, last = case["valid_from"], case["valid_until"]
    if not (first and last):
        return None
    days = {"valid_from": first, "valid_until": last, "given_up_on": str(day)}
    path = f"/claims/{claim['claim_id']}/refunds/share"
    try:
        found = await visit.get("payments", path, purpose=MONEY, params=days)
    except RemoteProblem as refused:
        if refused.slug != "period_impossible":
            raise
        return None
    return Share(
        first=date.fromisoformat(first), last=date.fromisoformat(last), day=day, cents=found["share_cents"]
    )
