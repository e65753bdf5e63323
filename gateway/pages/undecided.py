"""Attempts that their providers left undecided: listed, found out by one person, confirmed by another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.pages.claims import HERE as CLAIMS
from gateway.pages.claims import PURPOSE
from gateway.pages.money_words import method_words, place_words, who
from gateway.pages.paging import next_url, page_asked
from gateway.pages.parts import or_none
from gateway.translations import Translator
from gateway.views.forms import Field, Option
from gateway.views.undecided import Undecided, UndecidedAttemptPage, UndecidedPage
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem

HERE: Final = "/arbeit/kasse/zahlungsversuche"
ROWS: Final = 50
FOUND: Final = ("paid", "not_paid")
DECISIONS: Final = {"confirm": "approval", "decline": "refusal"}
NOTICES: Final = {
    "": "undecided_found", "confirm": "undecided_confirmed", "decline": "undecided_declined",
}  # fmt: skip
OPEN: Final = frozenset({"started", "approved", "unclear"})
_LONGEST_VOUCHER: Final = 35
_REFUSALS: Final = frozenset({403, 409, 422})


@staff("treasurer", "clerk")
async def show_undecided(visit: Visit) -> Response:
    """The oldest first."""
    try:
        found = await visit.get(
            "payments", "/undecided-attempts", purpose=PURPOSE, params=page_asked(visit, ROWS)
        )
    except RemoteProblem as refused:
        if refused.status != 422:
            raise
        return visit.page(UndecidedPage(attempts=(), message="list_place_unknown"), 422)
    return visit.page(
        UndecidedPage(
            attempts=tuple(_view(visit, one) for one in found["attempts"]),
            next_url=next_url(visit, HERE, found),
        )
    )


@staff("treasurer", "clerk")
async def show_attempt(visit: Visit) -> Response:
    return visit.page(await _page(visit, {}))


@staff("treasurer", "clerk")
async def decide(visit: Visit) -> Response:
    """What was found, or with `decision` the second person's word on it."""
    form = await visit.form()
    decision, found, voucher = (form.get(name, "") for name in ("decision", "found", "voucher"))
    if (decision and decision not in DECISIONS) or found not in FOUND:
        return visit.page(await _page(visit, form, "found_missing"), 422)
    said = {"found": found} if decision else {"found": found, "voucher": voucher}
    path = f"/claims/{form.get('claim', '')}/attempts/{visit.request.path_params['attempt_id']}/finding"
    try:
        await visit.post(
            "payments", f"{path}/{DECISIONS[decision]}" if decision else path, purpose=PURPOSE, json=said,
            idempotency_key=f"{form.get('idempotency-key', '')}.{decision or 'finding'}",
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        message = "voucher_impossible" if refused.slug == "invalid" else problem_key(visit.t, refused)
        return visit.page(await _page(visit, form, message), refused.status)
    return visit.redirect(HERE, NOTICES[decision])


async def _page(visit: Visit, typed: Mapping[str, str], message: str = "") -> UndecidedAttemptPage:
    """The attempt as it is now, with what was typed."""
    told = await visit.get(
        "payments", f"/undecided-attempts/{visit.request.path_params['attempt_id']}", purpose=PURPOSE
    )
    attempt = _view(visit, told)
    claim = await or_none(visit.get("payments", f"/claims/{told['claim_id']}", purpose=PURPOSE))
    why_not = "" if attempt.decided else _why_not(visit, told, claim)
    free = not attempt.decided and not why_not
    return UndecidedAttemptPage(
        attempt=attempt,
        fields=found_fields(visit.t, typed) if free and not attempt.found else (),
        may_decide=free and bool(attempt.found),
        why_not=why_not,
        hidden={
            "claim": told["claim_id"], "idempotency-key": typed.get("idempotency-key") or str(new_id()),
            **({"found": told["found"]} if attempt.found else {}),
        },
        message=message,
    )  # fmt: skip


def _why_not(visit: Visit, told: Mapping[str, Any], claim: Mapping[str, Any] | None) -> str:
    assert visit.account is not None
    me = visit.account.account_id
    if claim is not None and claim.get("account_id") == me:
        return "own_case"
    return "second_person_needed" if told["found_by"] == me else ""


def _view(visit: Visit, told: Mapping[str, Any]) -> Undecided:
    return Undecided(
        url=visit.url(f"{HERE}/{told['attempt_id']}"),
        claim_url=visit.url(f"{CLAIMS}/{told['claim_id']}"),
        amount_cents=told["amount_cents"],
        method=method_words(visit.t, told["method"]),
        provider=place_words(visit.t, told["provider"]),
        reference=told["reference"] or "",
        opened_at=datetime.fromisoformat(told["opened_at"]),
        left_at=datetime.fromisoformat(told["left_at"]),
        kassenzeichen=told["kassenzeichen"],
        case_number=told["case_number"] or "",
        found=told["found"] or "",
        found_by=who(visit, told["found_by"], None) if told["found_by"] else "",
        voucher=told["voucher"] or "",
        decided=told["state"] not in OPEN,
    )


def found_fields(t: Translator, typed: Mapping[str, str]) -> tuple[Field, ...]:
    """What was seen at the provider's, and the voucher that shows it."""
    options = tuple(Option(value=one, label=t(f"undecided_found.{one}")) for one in FOUND)
    return (
        Field(name="found", kind="choice", label=t("undecided.found"), options=options,
              value=typed.get("found", "")),
        Field(name="voucher", kind="text", label=t("money.voucher"), hint=t("undecided.voucher_hint"),
              value=typed.get("voucher", ""), max_length=_LONGEST_VOUCHER, autocomplete="off"),
    )  # fmt: skip


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_undecided, methods=["GET"]),
    Route(HERE + "/{attempt_id:uuid}", show_attempt, methods=["GET"]),
    Route(HERE + "/{attempt_id:uuid}", decide, methods=["POST"]),
]
