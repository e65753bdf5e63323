"""What bank or provider did without our order: the treasurer records it, and is asked before it is booked."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages import provider_move_forms as forms
from gateway.pages.answers import field_errors, problem_key
from gateway.pages.claims import HERE as CLAIMS
from gateway.pages.claims import PURPOSE
from gateway.views.provider_moves import ProviderMovePage, ProviderMoveReviewPage
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem

WORDS: Final = {
    "amount_differs": "provider_move_amount", "not_refundable": "provider_move_by_order",
}  # fmt: skip
"""Refusals that mean something of their own here; keys below `problem.`."""
_REFUSALS: Final = frozenset({403, 404, 409, 422})


@staff("treasurer")
async def show_form(visit: Visit) -> Response:
    return visit.page(_page(visit, await _claim(visit), {}))


@staff("treasurer")
async def record(visit: Visit) -> Response:
    """Asks first; books what was `confirmed`, or with `change` shows the form again."""
    form, claim = await visit.form(), await _claim(visit)
    move = forms.move_of(visit.t, form, claim["payments"])
    if move.errors or "change" in form:
        return visit.page(_page(visit, claim, form, move.errors), 422 if move.errors else 200)
    if form.get("confirmed") != "true":
        return visit.page(_review(visit, claim, form, move))
    path = f"/claims/{claim['claim_id']}/payments/{move.payment}/{move.path}"
    try:
        told = await visit.post(
            "payments", path, purpose=PURPOSE, json=move.said, idempotency_key=form.get("idempotency-key")
        )
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        key = "other" if field_errors(refused) else WORDS.get(refused.slug) or problem_key(visit.t, refused)
        return visit.page(_page(visit, claim, form, message=key), refused.status)
    known = told["recorded"] == "duplicate"
    return visit.redirect(
        f"{CLAIMS}/{claim['claim_id']}", "provider_move_known" if known else "provider_move_booked"
    )


def _page(
    visit: Visit,
    claim: Mapping[str, Any],
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    message: str = "",
) -> ProviderMovePage:
    """The form with what was typed; nobody books money of their own."""
    assert visit.account is not None
    own = claim.get("account_id") == visit.account.account_id
    why_not = "own_case" if own else "" if claim["payments"] else "nothing_came"
    return ProviderMovePage(
        kassenzeichen=claim["kassenzeichen"],
        claim_url=visit.url(f"{CLAIMS}/{claim['claim_id']}"),
        action=_here(visit, claim),
        fields=() if why_not else forms.fields(visit.t, claim["payments"], typed, errors or {}),
        hidden={"idempotency-key": str(new_id())},
        why_not=why_not,
        message=message,
    )


def _review(
    visit: Visit, claim: Mapping[str, Any], form: Mapping[str, str], move: forms.Move
) -> ProviderMoveReviewPage:
    typed = {name: form.get(name, "").strip() for name in forms.TYPED}
    key = form.get("idempotency-key") or str(new_id())
    return ProviderMoveReviewPage(
        kassenzeichen=claim["kassenzeichen"],
        claim_url=visit.url(f"{CLAIMS}/{claim['claim_id']}"),
        action=_here(visit, claim),
        what=typed["what"],
        facts=forms.facts(visit.t, move, claim["payments"]),
        hidden={**typed, "idempotency-key": key},
    )


def _here(visit: Visit, claim: Mapping[str, Any]) -> str:
    return visit.url(f"{CLAIMS}/{claim['claim_id']}/anbieter")


async def _claim(visit: Visit) -> dict[str, Any]:
    claim_id: UUID = visit.request.path_params["claim_id"]
    claim: dict[str, Any] = await visit.get("payments", f"/claims/{claim_id}", purpose=PURPOSE)
    return claim


ROUTES: Final[list[BaseRoute]] = [
    Route(CLAIMS + "/{claim_id:uuid}/anbieter", show_form, methods=["GET"]),
    Route(CLAIMS + "/{claim_id:uuid}/anbieter", record, methods=["POST"]),
]
