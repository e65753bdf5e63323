"""Mandates that wait for the cash office: listed, released or ended with what a person found out."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.pages.claims import HERE as CLAIMS
from gateway.pages.claims import PURPOSE
from gateway.pages.paging import next_url, page_asked
from gateway.translations import Translator
from gateway.views.forms import Field, Option
from gateway.views.suspended import SuspendedMandate, SuspendedMandatePage, SuspendedMandatesPage
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem

HERE: Final = "/arbeit/kasse/mandate-pruefen"
ROWS: Final = 50
WORDS: Final[Mapping[str, str]] = {
    "bank_was_wrong": "clearing", "payer_confirmed": "clearing", "technical": "clearing",
    "payer_died": "ending", "no_consent": "ending", "account_unusable": "ending",
}  # fmt: skip
"""What a person may have found out, and what follows: payments' word for it."""
NOTICES: Final = {"clearing": "mandate_cleared", "ending": "mandate_ended"}
ESTATE: Final = "MD07"
_REFUSALS: Final = frozenset({403, 409, 422})


@staff("treasurer", "clerk")
async def show_suspended(visit: Visit) -> Response:
    """The oldest first."""
    try:
        found = await visit.get(
            "payments", "/suspended-mandates", purpose=PURPOSE, params=page_asked(visit, ROWS)
        )
    except RemoteProblem as refused:
        if refused.status == 404:  # the city debits nobody itself
            return visit.page(SuspendedMandatesPage(mandates=()))
        if refused.status != 422:
            raise
        return visit.page(SuspendedMandatesPage(mandates=(), message="list_place_unknown"), 422)
    return visit.page(
        SuspendedMandatesPage(
            mandates=tuple(_view(visit, one) for one in found["mandates"]),
            next_url=next_url(visit, HERE, found),
        )
    )


@staff("treasurer", "clerk")
async def show_mandate(visit: Visit) -> Response:
    return visit.page(await _page(visit, {}))


@staff("treasurer", "clerk")
async def decide(visit: Visit) -> Response:
    form = await visit.form()
    reason = form.get("reason", "")
    if reason not in WORDS:
        return visit.page(await _page(visit, form, error=visit.t("mandate_check.missing")), 422)
    path = f"/suspended-mandates/{visit.request.path_params['mandate_id']}/{WORDS[reason]}"
    try:
        await visit.post(
            "payments", path, purpose=PURPOSE, json={"reason": reason},
            idempotency_key=f"{form.get('idempotency-key', '')}.{reason}",
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return visit.page(await _page(visit, form, problem_key(visit.t, refused)), refused.status)
    return visit.redirect(HERE, NOTICES[WORDS[reason]])


async def _page(
    visit: Visit, typed: Mapping[str, str], message: str = "", error: str = ""
) -> SuspendedMandatePage:
    """The mandate as it is now, with what was chosen."""
    told = await visit.get(
        "payments", f"/suspended-mandates/{visit.request.path_params['mandate_id']}", purpose=PURPOSE
    )
    free = told["waits"] and not told["own"]
    return SuspendedMandatePage(
        mandate=_view(visit, told),
        fields=reason_fields(visit.t, typed, error) if free else (),
        hidden={"idempotency-key": typed.get("idempotency-key") or str(new_id())},
        over=not told["waits"],
        why_not="own_case" if told["own"] else "",
        message=message,
    )


def reason_fields(t: Translator, typed: Mapping[str, str], error: str = "") -> tuple[Field, ...]:
    options = tuple(
        Option(value=one, label=t(f"mandate_reason.{one}"), hint=t(f"mandate_check.{follows}_hint"))
        for one, follows in WORDS.items()
    )
    reason = Field(
        name="reason", kind="choice", label=t("mandate_check.found"), options=options,
        value=typed.get("reason", ""), error=error,
    )  # fmt: skip
    return (reason,)


def _view(visit: Visit, told: Mapping[str, Any]) -> SuspendedMandate:
    claim_id, since, signed = told["claim_id"], told["suspended_at"], told["signed_on"]
    code = told["suspended_for"] or ""
    return SuspendedMandate(
        url=visit.url(f"{HERE}/{told['mandate_id']}"),
        reference=told["reference"],
        code=code,
        why="estate" if code == ESTATE else "unknown",
        since=datetime.fromisoformat(since) if since else None,
        kassenzeichen=told["kassenzeichen"] or "",
        case_number=told["case_number"] or "",
        claim_url=visit.url(f"{CLAIMS}/{claim_id}") if claim_id else "",
        signed_on=date.fromisoformat(signed) if signed else None,
        holder=told.get("holder") or "",
        account=told.get("account") or "",
    )


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_suspended, methods=["GET"]),
    Route(HERE + "/{mandate_id:uuid}", show_mandate, methods=["GET"]),
    Route(HERE + "/{mandate_id:uuid}", decide, methods=["POST"]),
]
