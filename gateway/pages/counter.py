"""The counter: somebody pays cash. Found by a number, booked once, a receipt to print, a mistake undone."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.pages.claims import HERE as CLAIMS
from gateway.pages.claims import PURPOSE, TONES
from gateway.pages.counter_forms import number_field, taking, void_fields
from gateway.pages.paging import next_url
from gateway.pages.payments import PAUSES
from gateway.pages.refund_forms import cents_of
from gateway.views.counter import CounterClaimPage, CounterEntryPage, CounterPage, FoundClaim, TillEntry
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem

HERE: Final = "/arbeit/schalter"
REASONS: Final = ("amount_mistyped", "wrong_claim", "not_handed_over")
_REFUSALS: Final = frozenset({403, 409, 422})
_LONGEST: Final = 60


@staff("treasurer", "clerk")
async def show_counter(visit: Visit) -> Response:
    """One claim of the number is gone to at once."""
    typed = visit.request.query_params.get("nummer", "").strip()
    if not typed:
        missing = "nummer" in visit.request.query_params
        return visit.page(
            await _counter(visit, typed, "number_missing" if missing else ""), 422 if missing else 200
        )
    if len(typed) > _LONGEST:
        return visit.page(await _counter(visit, typed[:_LONGEST], "number_unknown"), 404)
    found = await visit.get("payments", "/cash/claims", purpose=PURPOSE, params={"number": typed})
    claims = tuple(_claim(visit, one) for one in found["claims"])
    if len(claims) == 1:
        return visit.redirect(f"{HERE}/{found['claims'][0]['claim_id']}")
    if not claims:
        return visit.page(await _counter(visit, typed, "number_unknown"), 404)
    return visit.page(await _counter(visit, typed, found=claims))


@staff("treasurer", "clerk")
async def show_claim(visit: Visit) -> Response:
    return visit.page(await _claim_page(visit))


@staff("treasurer", "clerk")
async def take(visit: Visit) -> Response:
    form, claim_id = await visit.form(), visit.request.path_params["claim_id"]
    cents = cents_of(form.get("given", ""))
    if not cents:
        return visit.page(await _claim_page(visit, form, wrong=True), 422)
    said = {"given_cents": cents, "keep_all": form.get("keep_all") == "true"}
    try:
        taken = await visit.post(
            "payments", f"/claims/{claim_id}/cash", purpose=PURPOSE, json=said,
            idempotency_key=form.get("idempotency-key"),
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        message = problem_key(visit.t, refused)
        return visit.page(await _claim_page(visit, form, message), refused.status)
    return visit.redirect(f"{HERE}/{claim_id}/{taken['payment_id']}?rueckgeld={taken['change_cents']}")


@staff("treasurer", "clerk")
async def show_entry(visit: Visit) -> Response:
    return visit.page(await _entry_page(visit))


@staff("treasurer", "clerk")
async def print_receipt(visit: Visit) -> Response:
    """To the receipt, which is made in a moment; back to the entry where it takes longer."""
    claim, entry = await _asked(visit)
    path = f"/cases/{claim['case_id']}/claims/{claim['claim_id']}/receipts/{entry['version']}"
    for pause in (0.0, *PAUSES):
        await asyncio.sleep(pause)
        try:
            receipt = await visit.get("documents", path, purpose=PURPOSE)
        except RemoteProblem as refused:
            if refused.status != 404:
                raise
            continue
        return visit.redirect(f"/dokumente/{receipt['document_id']}.pdf")
    return visit.redirect(f"{HERE}/{claim['claim_id']}/{entry['payment_id']}", "receipt_not_ready")


@staff("treasurer", "clerk")
async def void(visit: Visit) -> Response:
    form, named = await visit.form(), visit.request.path_params
    reason = form.get("reason", "")
    if reason not in REASONS:
        return visit.page(await _entry_page(visit, wrong=True), 422)
    path = f"/claims/{named['claim_id']}/cash/{named['payment_id']}/voiding"
    try:
        await visit.post(
            "payments", path, purpose=PURPOSE, json={"reason": reason},
            idempotency_key=form.get("idempotency-key"),
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return visit.page(await _entry_page(visit, problem_key(visit.t, refused)), refused.status)
    return visit.redirect(f"{HERE}/{named['claim_id']}", "cash_voided")


@staff("treasurer", "clerk")
async def back_to_entry(visit: Visit) -> Response:
    """Who comes by address, after signing in again for instance, begins at the entry."""
    named = visit.request.path_params
    return visit.redirect(f"{HERE}/{named['claim_id']}/{named['payment_id']}")


async def _counter(
    visit: Visit, typed: str, message: str = "", found: tuple[FoundClaim, ...] | None = None
) -> CounterPage:
    after = visit.request.query_params.get("nach")
    params = {"after": after} if after else None
    till = await visit.get("payments", "/cash/entries", purpose=PURPOSE, params=params)
    return CounterPage(
        number=number_field(visit.t, typed),
        sum_cents=till["sum_cents"],
        entries=tuple(_entry(visit, one) for one in till["entries"]),
        next_url=next_url(visit, HERE, till),
        found=found,
        message=message,
    )


async def _claim_page(
    visit: Visit, typed: Mapping[str, str] | None = None, message: str = "", *, wrong: bool = False
) -> CounterClaimPage:
    """The claim as it is now, with what was typed."""
    claim_id = visit.request.path_params["claim_id"]
    claim, till = await asyncio.gather(
        visit.get("payments", f"/claims/{claim_id}", purpose=PURPOSE),
        visit.get("payments", f"/claims/{claim_id}/cash", purpose=PURPOSE),
    )
    open_now = claim["state"] == "open" and claim.get("waits_for") != "debit"
    return CounterClaimPage(
        claim=_claim(visit, claim),
        money_url=visit.url(f"{CLAIMS}/{claim_id}"),
        entries=tuple(_entry(visit, one) for one in till["entries"]),
        action=visit.url(f"{HERE}/{claim_id}") if open_now else "",
        fields=taking(visit.t, claim["owed_cents"], typed or {}, wrong=wrong) if open_now else (),
        hidden={"idempotency-key": (typed or {}).get("idempotency-key") or str(new_id())},
        message=message,
    )


async def _entry_page(visit: Visit, message: str = "", *, wrong: bool = False) -> CounterEntryPage:
    claim, entry = await _asked(visit)
    here = f"{HERE}/{claim['claim_id']}/{entry['payment_id']}"
    change = visit.request.query_params.get("rueckgeld", "")
    today, own = entry["of_today"] and not entry["voided"], entry.get("own", False)
    may_void = today and not own
    return CounterEntryPage(
        entry=_entry(visit, entry),
        claim=_claim(visit, claim),
        receipt_url=visit.url(f"{here}/quittung"),
        change_cents=int(change) if change.isascii() and change.isdigit() and len(change) < 12 else None,
        own=today and own,
        void_action=visit.url(f"{here}/storno") if may_void else "",
        fields=void_fields(visit.t, REASONS, wrong=wrong) if may_void else (),
        hidden={"idempotency-key": str(new_id())},
        message=message,
    )


async def _asked(visit: Visit) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claim and the entry that the address names. Raises HTTPException (404)."""
    claim_id, payment_id = (visit.request.path_params[name] for name in ("claim_id", "payment_id"))
    claim, till = await asyncio.gather(
        visit.get("payments", f"/claims/{claim_id}", purpose=PURPOSE),
        visit.get("payments", f"/claims/{claim_id}/cash", purpose=PURPOSE),
    )
    entry = next((one for one in till["entries"] if one["payment_id"] == str(payment_id)), None)
    if entry is None:
        raise HTTPException(404)
    return claim, entry


def _claim(visit: Visit, claim: Mapping[str, Any]) -> FoundClaim:
    return FoundClaim(
        url=visit.url(f"{HERE}/{claim['claim_id']}"),
        kassenzeichen=claim["kassenzeichen"],
        case_number=claim["case_number"],
        state=claim["state"],
        tone=TONES.get(claim["state"], "info"),
        amount_cents=claim["amount_cents"] + claim.get("charges_cents", 0) - claim.get("reduced_cents", 0),
        owed_cents=claim["owed_cents"],
    )


def _entry(visit: Visit, entry: Mapping[str, Any]) -> TillEntry:
    return TillEntry(
        url=visit.url(f"{HERE}/{entry['claim_id']}/{entry['payment_id']}"),
        reference=entry["reference"],
        at=datetime.fromisoformat(entry["booked_at"]),
        cents=entry["amount_cents"],
        kassenzeichen=entry["kassenzeichen"] or "",
        case_number=entry["case_number"] or "",
        voided=entry["voided"],
        reason=(entry["reason"] if entry["reason"] in REASONS else "other") if entry["voided"] else "",
    )


_CLAIM: Final = HERE + "/{claim_id:uuid}"
_ENTRY: Final = _CLAIM + "/{payment_id:uuid}"
ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_counter, methods=["GET"]),
    Route(_CLAIM, show_claim, methods=["GET"]),
    Route(_CLAIM, take, methods=["POST"]),
    Route(_ENTRY, show_entry, methods=["GET"]),
    Route(_ENTRY + "/quittung", print_receipt, methods=["GET"]),
    Route(_ENTRY + "/storno", void, methods=["POST"]),
    Route(_ENTRY + "/storno", back_to_entry, methods=["GET"]),
]
