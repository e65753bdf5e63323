"""Giving up a permit early: what comes back by the service's rule is shown before it is confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import formats
from gateway.pages.answers import problem_key
from gateway.pages.documents import PURPOSE as OWN_DOCUMENT
from gateway.pages.parts import PURPOSE, case_of, claim_that_counts, claims_of, or_none
from gateway.pages.periods import this_day
from gateway.translations import Translator
from gateway.views.endings import EndingPage
from gateway.views.forms import Field, Option
from gateway.visit import Visit, signed_in
from shared.ids import new_id
from shared.web.calls import RemoteProblem

REASONS: Final = ("moved_away", "vehicle_given_up", "at_own_wish")
"""Those of a revocation that a holder may give."""
_REFUSALS: Final = frozenset({409, 422})
_CLAIMED: Final = frozenset({"open", "being_checked", "settled"})


@dataclass(frozen=True, slots=True)
class Share:
    """What of the fee is for the months left: cents that go back, and cents that need not be paid."""

    back_cents: int = 0
    less_cents: int = 0


@signed_in
async def ask_ending(visit: Visit) -> Response:
    case = await case_of(visit, _case_id(visit))
    if not _can_end(case):
        return visit.redirect(f"/vorgang/{case['case_id']}", "not_possible_now")
    return visit.page(await _page(visit, case))


@signed_in
async def end(visit: Visit) -> Response:
    form, case = await visit.form(), await case_of(visit, _case_id(visit))
    here = f"/vorgang/{case['case_id']}"
    if not _can_end(case):
        return visit.redirect(here, "not_possible_now")
    reason = form.get("reason", "")
    if reason not in REASONS:
        return visit.page(await _page(visit, case, wrong=True), 422)
    try:
        await visit.post(
            "documents", f"/documents/{case['document']['document_id']}/revocation", purpose=OWN_DOCUMENT,
            json={"reason": reason}, idempotency_key=form.get("idempotency-key"),
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return visit.page(await _page(visit, case, problem_key(visit.t, refused)), refused.status)
    return visit.redirect(here, "permit_ended")


async def _page(visit: Visit, case: dict[str, Any], message: str = "", *, wrong: bool = False) -> EndingPage:
    share, here = await _share(visit, case), f"/vorgang/{case['case_id']}"
    return EndingPage(
        action=visit.url(f"{here}/beenden"),
        back_url=visit.url(here),
        number=case["case_number"],
        title=case["document"]["title"],
        valid_until=date.fromisoformat(case["valid_until"]),
        gives_back=share is None or share.back_cents > 0,
        fields=(reason_field(visit.t, case["refunds"], share, wrong=wrong),),
        hidden={"idempotency-key": str(new_id())},
        message=message,
    )


def reason_field(t: Translator, refunds: Mapping[str, str], share: Share | None, *, wrong: bool) -> Field:
    """Each reason with what comes back for it."""
    options = tuple(
        Option(value=one, label=t(f"ending_reason.{one}"), hint=_comes_back(t, refunds.get(one, ""), share))
        for one in REASONS
    )
    error = t("ending.reason_missing") if wrong else ""
    return Field(name="reason", kind="choice", label=t("ending.reason"), options=options, error=error)


def _comes_back(t: Translator, rule: str, share: Share | None) -> str:
    if rule != "pro_rata":
        return t("ending.nothing")
    if share is None:
        return t("ending.share_later")
    parts = {"less": share.less_cents, "share": share.back_cents}
    key = "_and_".join(name for name, cents in parts.items() if cents) or "no_month_left"
    less, back = (formats.money(cents, t.language) for cents in parts.values())
    return t(f"ending.{key}", less=less, back=back)


async def _share(visit: Visit, case: Mapping[str, Any]) -> Share | None:
    """What payments computes for today; None where it cannot be told now."""
    claims = await or_none(claims_of(visit, UUID(case["case_id"])))
    claim = claim_that_counts(claims or [])
    if claim is None or claim["state"] not in _CLAIMED:
        return None if claims is None else Share()
    days = {
        "valid_from": case["valid_from"],
        "valid_until": case["valid_until"],
        "given_up_on": str(this_day()),
    }
    path = f"/claims/{claim['claim_id']}/refunds/share"
    try:
        found = await or_none(visit.get("payments", path, purpose=PURPOSE, params=days))
    except RemoteProblem as refused:
        if refused.slug != "period_impossible":
            raise
        return None
    return None if found is None else Share(found["share_cents"], found.get("reduced_cents", 0))


def _can_end(case: Mapping[str, Any]) -> bool:
    return "end" in case["can"] and date.fromisoformat(case["valid_until"]) >= this_day()


def _case_id(visit: Visit) -> UUID:
    case_id: UUID = visit.request.path_params["case_id"]
    return case_id


ROUTES: Final[list[BaseRoute]] = [
    Route("/vorgang/{case_id:uuid}/beenden", ask_ending, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}/beenden", end, methods=["POST"]),
]
