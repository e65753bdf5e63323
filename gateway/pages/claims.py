"""A claim's whole money on one screen: each event in words with its bookings, and the way to a refund."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import formats
from gateway.pages import refund_forms
from gateway.pages.answers import field_errors, problem_key
from gateway.pages.money_words import account_words, method_words, place_words, who
from gateway.pages.parts import or_none
from gateway.pages.plans import plan_of
from gateway.pages.refund_forms import Wish, refund_view
from gateway.pages.shares import found_share
from gateway.translations import Translator
from gateway.views.claims import ClaimPage, MoneyEntry, Posting
from gateway.views.frame import Tone
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

PURPOSE: Final = "money-tasks"
HERE: Final = "/arbeit/forderungen"
TONES: Final[dict[str, Tone]] = {
    "settled": "success", "refunded": "success", "refund_due": "warning", "being_checked": "warning",
}  # fmt: skip
PERSONAL: Final = frozenset({"receivable", "surplus", "refundable", "reclaimable"})
"""The accounts of the ledger that say what the citizen and the city owe each other."""
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
        state=claim["state"],
        tone=TONES.get(claim["state"], "info"),
        amount_cents=claim["amount_cents"] - claim.get("reduced_cents", 0),
        owed_cents=claim["owed_cents"],
        entries=tuple(_entries(visit, claim, money["events"])),
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
    )


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


def _entries(
    visit: Visit, claim: Mapping[str, Any], events: Iterable[Mapping[str, Any]]
) -> Iterable[MoneyEntry]:
    balance = 0
    for one in events:
        lines = one["lines"]
        balance += sum(line["cents"] for line in lines if line["account"] in PERSONAL)
        yield MoneyEntry(
            at=datetime.fromisoformat(one["at"]),
            what=_what(visit.t, one["event"].rpartition(".")[2]),
            detail=_detail(visit.t, one["says"], with_amount=not lines),
            actor=who(visit, one.get("actor", ""), claim.get("account_id")),
            debit=_side(visit.t, lines, 1),
            credit=_side(visit.t, lines, -1),
            balance_cents=balance,
        )


def _side(t: Translator, lines: Iterable[Mapping[str, Any]], sign: int) -> tuple[Posting, ...]:
    return tuple(
        Posting(account=account_words(t, line["account"]), cents=abs(line["cents"]))
        for line in lines
        if line["cents"] * sign > 0
    )


def _what(t: Translator, event: str) -> str:
    key = f"cash_event.{event}"
    return t(key if t.known(key) else "cash_event.other")


def _detail(t: Translator, says: Mapping[str, Any], *, with_amount: bool) -> str:
    """What helps to find it again: how, by whom, under which number."""
    cents = says.get("amount_cents") if with_amount else None
    told = (
        formats.money(cents, t.language) if isinstance(cents, int) else "",
        method_words(t, says["method"]) if says.get("method") else "",
        place_words(t, says["provider"]) if says.get("provider") else "",
        str(says.get("code") or ""),
        str(says.get("voucher") or says.get("reference") or ""),
    )
    return " · ".join(dict.fromkeys(part for part in told if part))


def _claim_id(visit: Visit) -> UUID:
    claim_id: UUID = visit.request.path_params["claim_id"]
    return claim_id


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE + "/{claim_id:uuid}", show_claim, methods=["GET"]),
    Route(HERE + "/{claim_id:uuid}/erstattungen", ask_for_refund, methods=["POST"]),
    Route(HERE + "/{claim_id:uuid}/erstattungen", back_to_claim, methods=["GET"]),
]
