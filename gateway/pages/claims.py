"""A claim's whole money on one screen: each event in words with its bookings, and the way to a refund."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages import money_events, refund_forms
from gateway.pages.answers import field_errors, problem_key
from gateway.pages.parts import or_none
from gateway.pages.plans import plan_of
from gateway.pages.refund_forms import Wish, refund_view
from gateway.pages.shares import found_share
from gateway.views.claims import ClaimPage
from gateway.views.frame import Tone
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

PURPOSE: Final = "money-tasks"
HERE: Final = "/arbeit/forderungen"
TONES: Final[dict[str, Tone]] = {
    "settled": "success", "refunded": "success", "refund_due": "warning", "being_checked": "warning",
}  # fmt: skip
_REFUSALS: Final = frozenset({403, 404, 409, 422})


@staff("treasurer", "clerk")
async def show_claim(visit: Visit) -> Response:
    return visit.page(await _page(visit, task=visit.request.query_params.get("aufgabe", "")))


@staff("treasurer", "clerk")
async def ask_for_refund(visit: Visit) -> Response:
    form = await visit.form()
    claim_id = _claim_id(visit)
    wish = await _wish(visit, form)
    if wish.errors or wish.message:
        return visit.page(await _page(visit, wish.message, form, wish.errors), 422)
    try:
        asked = await visit.post(
            "payments", f"/claims/{claim_id}/refunds", purpose=PURPOSE, json=wish.said,
            idempotency_key=form.get("idempotency-key"),
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        message = "other" if field_errors(refused) else problem_key(visit.t, refused)
        return visit.page(await _page(visit, message, form), refused.status)
    notice = "refund_requested" if asked["state"] == "requested" else f"refund_by_{asked['via']}"
    return visit.redirect(f"{HERE}/{claim_id}", notice)


@staff("treasurer", "clerk")
async def back_to_claim(visit: Visit) -> Response:
    """Who comes by address, after signing in again for instance, begins at the claim."""
    return visit.redirect(f"{HERE}/{_claim_id(visit)}")


async def _wish(visit: Visit, form: Mapping[str, str]) -> Wish:
    """What the form asks for, over the money as it is now."""
    claim_id = _claim_id(visit)
    claim, task = await asyncio.gather(_claim(visit), _task(visit, form.get("task", "")))
    refunds = (await visit.get("payments", f"/claims/{claim_id}/refunds", purpose=PURPOSE))["refunds"]
    return refund_forms.wish_of(visit.t, form, claim, refunds, task)


async def _page(
    visit: Visit,
    message: str = "",
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    task: str = "",
) -> ClaimPage:
    """The claim as it is now, with what was typed."""
    claim_id, typed = _claim_id(visit), typed or {}
    claim, money, found, about = await asyncio.gather(
        _claim(visit),
        visit.get("payments", f"/claims/{claim_id}/money", purpose=PURPOSE),
        or_none(visit.get("payments", f"/claims/{claim_id}/refunds", purpose=PURPOSE)),
        _task(visit, typed.get("task", task)),
    )
    refunds = None if found is None else found["refunds"]
    plan = plan_of(await _siblings(visit, claim), lambda one: visit.url(f"{HERE}/{one}"), str(claim_id))
    early = None if about else await found_share(visit, claim)
    filled = typed or (early.typed if early else {})
    asking = refund_forms.asking(visit.t, claim, refunds or [], about, filled, errors or {})
    assert visit.person is not None
    return ClaimPage(
        kassenzeichen=claim["kassenzeichen"],
        case_number=claim["case_number"],
        case_url=visit.url(f"/arbeit/{claim['case_id']}") if "clerk" in visit.person.roles else "",
        case_money_url=visit.url(f"/arbeit/kasse/vorgang/{claim['case_id']}"),
        state=claim["state"],
        tone=TONES.get(claim["state"], "info"),
        amount_cents=claim["amount_cents"] - claim.get("reduced_cents", 0),
        owed_cents=claim["owed_cents"],
        entries=tuple(money_events.entries(visit, claim, money["events"])),
        refunds=None if refunds is None else tuple(refund_view(visit, one) for one in refunds),
        refund_action=visit.url(f"{HERE}/{claim_id}/erstattungen") if asking.fields else "",
        fields=asking.fields,
        hidden=asking.hidden,
        left_cents=asking.left_cents,
        task_cents=asking.task_cents,
        message=message,
        plan=plan,
        share_day=early.day if early and asking.fields else None,
        share=early.share if early else None,
        cash_url=visit.url(f"/arbeit/schalter/{claim_id}") if claim["state"] == "open" else "",
        move_url=visit.url(f"{HERE}/{claim_id}/anbieter") if _may_record(visit, claim) else "",
    )


def _may_record(visit: Visit, claim: Mapping[str, Any]) -> bool:
    """What bank or provider did with money that came is the treasurer's to record."""
    return visit.person is not None and "treasurer" in visit.person.roles and bool(claim.get("payments"))


async def _claim(visit: Visit) -> dict[str, Any]:
    claim: dict[str, Any] = await visit.get("payments", f"/claims/{_claim_id(visit)}", purpose=PURPOSE)
    return claim


async def _siblings(visit: Visit, claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All instalments of the same charge; none where it is not in instalments, or they could not be read."""
    if claim.get("instalment_count", 1) == 1:
        return []
    asked = visit.get("payments", "/claims", purpose=PURPOSE, params={"case_id": claim["case_id"]})
    found = await or_none(asked)
    return found["claims"] if found else []


async def _task(visit: Visit, version: str) -> dict[str, Any] | None:
    """The money task the refund is about, if it is about one and that still waits."""
    if not (version.isascii() and version.isdigit() and 0 < len(version) < 10):
        return None
    try:
        path = f"/money-tasks/{_claim_id(visit)}/{int(version)}"
        task: dict[str, Any] = await visit.get("payments", path, purpose=PURPOSE)
    except RemoteProblem as refused:
        if refused.status not in {404, 422}:
            raise
        return None
    return None if task["how"] else task


def _claim_id(visit: Visit) -> UUID:
    claim_id: UUID = visit.request.path_params["claim_id"]
    return claim_id


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE + "/{claim_id:uuid}", show_claim, methods=["GET"]),
    Route(HERE + "/{claim_id:uuid}/erstattungen", ask_for_refund, methods=["POST"]),
    Route(HERE + "/{claim_id:uuid}/erstattungen", back_to_claim, methods=["GET"]),
]
