"""Refunds: what waits for a second pair of eyes, and one refund with its decision."""

import asyncio
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.pages.claims import HERE as CLAIMS
from gateway.pages.claims import PURPOSE
from gateway.pages.parts import or_none
from gateway.pages.refund_forms import refund_view
from gateway.views.claims import RefundPage, RefundsPage, StateLink
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem

HERE: Final = "/arbeit/erstattungen"
ROWS: Final = 50
STATES: Final = ("requested", "approved", "ordered", "pending", "unclear", "failed", "settled", "declined",
                 "offset")  # fmt: skip
DECISIONS: Final = {"approve": "approval", "decline": "refusal"}
_REFUSALS: Final = frozenset({403, 409, 422})


@staff("treasurer", "clerk")
async def show_refunds(visit: Visit) -> Response:
    """The oldest first; each claim is asked for once."""
    asked = visit.request.query_params
    state = asked.get("stand") or "requested"
    if state not in STATES:
        raise HTTPException(404)
    params = {"state": state, "limit": str(ROWS)}
    if after := asked.get("nach"):
        params["after"] = after
    found = await visit.get("payments", "/refunds", purpose=PURPOSE, params=params)
    ids = list(dict.fromkeys(one["claim_id"] for one in found["refunds"]))
    told = await asyncio.gather(*(_claim(visit, claim_id) for claim_id in ids))
    claims, behind = dict(zip(ids, told, strict=True)), found.get("next")
    here = visit.url(HERE)
    return visit.page(
        RefundsPage(
            state=state,
            states=tuple(StateLink(state=one, url=f"{here}?stand={one}") for one in STATES),
            refunds=tuple(refund_view(visit, one, claims[one["claim_id"]]) for one in found["refunds"]),
            next_url=f"{here}?stand={state}&nach={quote(behind)}" if behind else "",
        )
    )


@staff("treasurer", "clerk")
async def show_refund(visit: Visit) -> Response:
    return visit.page(await _page(visit))


@staff("treasurer", "clerk")
async def decide(visit: Visit) -> Response:
    form = await visit.form()
    decision, named = form.get("decision", ""), visit.request.path_params
    if decision not in DECISIONS:
        return visit.page(await _page(visit, "refund_decision_missing"), 422)
    path = f"/claims/{named['claim_id']}/refunds/{named['refund_id']}/{DECISIONS[decision]}"
    try:
        await visit.post(
            "payments", path, purpose=PURPOSE, idempotency_key=f"{form.get('idempotency-key', '')}.{decision}"
        )
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return visit.page(await _page(visit, problem_key(visit.t, refused)), refused.status)
    return visit.redirect(f"{CLAIMS}/{named['claim_id']}", f"refund_{decision}d")


async def _page(visit: Visit, message: str = "") -> RefundPage:
    """The refund as it is now. Raises HTTPException (404)."""
    named = visit.request.path_params
    claim_id, refund_id = str(named["claim_id"]), str(named["refund_id"])
    found, claim = await asyncio.gather(
        visit.get("payments", f"/claims/{claim_id}/refunds", purpose=PURPOSE), _claim(visit, claim_id)
    )
    refund = next((one for one in found["refunds"] if one["refund_id"] == refund_id), None)
    if refund is None:
        raise HTTPException(404)
    why_not = _why_not(visit, refund, claim)
    waits = refund["state"] == "requested"
    return RefundPage(
        refund=refund_view(visit, refund, claim),
        claim_url=visit.url(f"{CLAIMS}/{claim_id}"),
        may_decide=waits and not why_not,
        why_not=why_not if waits else "",
        hidden={"idempotency-key": str(new_id())},
        message=message,
    )


def _why_not(visit: Visit, refund: dict[str, Any], claim: dict[str, Any] | None) -> str:
    assert visit.account is not None
    me = visit.account.account_id
    if refund["requested_by"] == me:
        return "second_person_needed"
    return "own_case" if claim is not None and claim.get("account_id") == me else ""


async def _claim(visit: Visit, claim_id: str | UUID) -> Any:
    return await or_none(visit.get("payments", f"/claims/{claim_id}", purpose=PURPOSE))


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_refunds, methods=["GET"]),
    Route(CLAIMS + "/{claim_id:uuid}/erstattungen/{refund_id:uuid}", show_refund, methods=["GET"]),
    Route(CLAIMS + "/{claim_id:uuid}/erstattungen/{refund_id:uuid}", decide, methods=["POST"]),
]
