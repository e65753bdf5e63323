"""What the bank booked and no claim has: listed, given to a claim, found to be a payout, or sent back."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages import bank_item_forms as forms
from gateway.pages import payout_forms
from gateway.pages.answers import problem_key
from gateway.pages.bank_item_forms import HERE, WAITING
from gateway.pages.claims import HERE as CLAIMS
from gateway.pages.claims import PURPOSE
from gateway.pages.paging import next_url, page_asked
from gateway.pages.parts import or_none
from gateway.pages.second_person import DECISIONS, seen_field, wrong_with
from gateway.views.bank_items import BankItemPage, BankItemsPage
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem

ROWS: Final = 25
_LONGEST: Final = 60
_CENTS: Final = re.compile(r"-?[0-9]{1,12}", re.ASCII)
_REFUSALS: Final = frozenset({403, 409, 422})
_Claims = dict[str, dict[str, Any]]


@staff("treasurer", "clerk")
async def show_items(visit: Visit) -> Response:
    """The oldest first; each proposed claim is asked for once."""
    try:
        found = await visit.get("payments", "/bank-items", purpose=PURPOSE, params=page_asked(visit, ROWS))
    except RemoteProblem as refused:
        if refused.status != 422:
            raise
        return visit.page(BankItemsPage(items=(), message="list_place_unknown"), 422)
    claims = await _claims(visit, [one for item in found["items"] for one in item["proposals"]])
    items = tuple(
        forms.item_view(visit, item, _of(claims, item["proposals"]), masked=True) for item in found["items"]
    )
    return visit.page(BankItemsPage(items=items, next_url=next_url(visit, HERE, found)))


@staff("treasurer", "clerk")
async def show_item(visit: Visit) -> Response:
    """With `?nummer=` the claims of that number are candidates beside the proposals."""
    asked = visit.request.query_params
    return await _page(visit, {"nummer": asked["nummer"].strip()} if "nummer" in asked else {})


@staff("treasurer", "clerk")
async def allocate(visit: Visit) -> Response:
    return await _give(visit, "allocation", "bank_item_allocated")


@staff("treasurer", "clerk")
async def take_back(visit: Visit) -> Response:
    """The bank took back what a claim had."""
    return await _give(visit, "reversal", "bank_item_taken_back")


@staff("treasurer", "clerk")
async def match_again(visit: Visit) -> Response:
    """A sum of debits is compared with them once more."""
    form = await visit.form()
    path = f"/bank-items/{visit.request.path_params['item_id']}/matching"
    try:
        await visit.post(
            "payments", path, purpose=PURPOSE, idempotency_key=f"{form.get('idempotency-key', '')}.match"
        )
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return await _page(visit, form, message=problem_key(visit.t, refused), status=refused.status)
    return visit.redirect(HERE, "bank_item_matching")


async def _give(visit: Visit, what: str, notice: str) -> Response:
    """To the claim that was chosen; `what` is payments' word for it."""
    form, item_id = await visit.form(), visit.request.path_params["item_id"]
    item = await _item(visit)
    claims, _ = await _candidates(visit, item, form.get("nummer", ""))
    errors = forms.allocation_errors(visit.t, forms.item_view(visit, item, claims), form)
    if errors and item["outcome"] in WAITING:
        return await _page(visit, form, errors, status=422)
    try:
        await visit.post(
            "payments", f"/bank-items/{item_id}/{what}", purpose=PURPOSE,
            json={"claim_id": form.get("claim", "")}, idempotency_key=form.get("idempotency-key"),
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return await _page(visit, form, message=problem_key(visit.t, refused), status=refused.status)
    return visit.redirect(HERE, notice)


@staff("treasurer", "clerk")
async def send_back(visit: Visit) -> Response:
    form, item_id = await visit.form(), visit.request.path_params["item_id"]
    if decision := form.get("decision", ""):
        return await _decide(visit, form, decision)
    voucher = form.get("voucher", "").strip()
    if not voucher or len(voucher) > _LONGEST:
        missing = visit.t("problem.voucher_impossible" if voucher else "bank_item.voucher_missing")
        return await _page(visit, form, {"voucher": missing}, status=422)
    try:
        told = await visit.post(
            "payments", f"/bank-items/{item_id}/sending-back", purpose=PURPOSE, json={"voucher": voucher},
            idempotency_key=f"{form.get('idempotency-key', '')}.back",
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        key = problem_key(visit.t, refused)
        if refused.status == 422:
            return await _page(visit, form, {"voucher": visit.t(f"problem.{key}")}, status=422)
        return await _page(visit, form, message=key, status=refused.status)
    waits = told.get("outcome") == "return_proposed"
    return visit.redirect(HERE, "bank_item_return_waits" if waits else "bank_item_sent_back")


async def _decide(visit: Visit, form: Mapping[str, str], decision: str) -> Response:
    """The second person's word on sending it back, with what they have read of it."""
    if wrong := wrong_with(form):
        return await _page(visit, form, message=wrong, status=422)
    read = {"voucher": form.get("voucher", ""), "cents": _cents(form)}
    path = f"/bank-items/{visit.request.path_params['item_id']}/sending-back/{DECISIONS[decision]}"
    try:
        await visit.post(
            "payments", path, purpose=PURPOSE, json=read,
            idempotency_key=f"{form.get('idempotency-key', '')}.{decision}",
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return await _page(visit, form, message=problem_key(visit.t, refused), status=refused.status)
    done = decision == "approve"
    return visit.redirect(HERE, "bank_item_sent_back" if done else "bank_item_return_declined")


def _cents(form: Mapping[str, str]) -> int:
    """What the second person read; 0, which is no payment's, for what is no amount."""
    cents = form.get("cents", "")
    return int(cents) if _CENTS.fullmatch(cents) else 0


@staff("treasurer", "clerk")
async def find_payout(visit: Visit) -> Response:
    """It is a provider's payout; or the second person's word on that."""
    form, item_id = await visit.form(), visit.request.path_params["item_id"]
    path, key = f"/bank-items/{item_id}/payout", form.get("idempotency-key", "")
    if decision := form.get("decision", ""):
        if decision not in DECISIONS:
            return await _page(visit, form, message="refund_decision_missing", status=422)
        read = {"provider": form.get("provider", ""), "cents": _cents(form)}
        return await _say(visit, f"{path}/{DECISIONS[decision]}", read, f"{key}.payout.{decision}")
    item = await _item(visit)
    wrong = payout_forms.provider_error(item, form)
    if wrong and item["outcome"] in WAITING:
        return await _page(visit, form, {"provider": wrong}, status=422)
    return await _say(visit, path, {"provider": form.get("provider", "")}, f"{key}.payout")


@staff("treasurer", "clerk")
async def undo_payout(visit: Visit) -> Response:
    form = await visit.form()
    path = f"/bank-items/{visit.request.path_params['item_id']}/payout-undoing"
    return await _say(visit, path, None, f"{form.get('idempotency-key', '')}.undo", undone=True)


async def _say(
    visit: Visit, path: str, said: Mapping[str, Any] | None, key: str, *, undone: bool = False
) -> Response:
    """Tells payments what a payout is, or is not, and what became of it."""
    try:
        told = await visit.post("payments", path, purpose=PURPOSE, json=said, idempotency_key=key)
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return await _page(visit, {}, message=problem_key(visit.t, refused), status=refused.status)
    words = {"payout": "payout_found", "payout_proposed": "payout_proposed"}
    notice = "payout_undone" if undone else words.get(told.get("outcome", ""), "payout_declined")
    return visit.redirect(HERE, notice)


@staff("treasurer", "clerk")
async def back_to_item(visit: Visit) -> Response:
    """Who comes by address, after signing in again for instance, begins at the payment."""
    return visit.redirect(f"{HERE}/{visit.request.path_params['item_id']}")


async def _page(
    visit: Visit,
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    """The payment as it is now, with what was typed."""
    said, t, item = errors or {}, visit.t, await _item(visit)
    if item["outcome"] not in WAITING:
        claim = item["claim_id"]
        return visit.page(
            BankItemPage(
                item=forms.item_view(visit, item, ()),
                claim_url=visit.url(f"{CLAIMS}/{claim}") if claim else "",
                payout_undone=item["outcome"] == "payout",
                hidden={"idempotency-key": str(new_id())},
                message=message or ("bank_item_done" if status != 200 else ""),
            ),
            409 if status != 200 else 200,
        )
    if item.get("proposed_by"):
        return _waiting_page(visit, item, message, status)
    claims, wrong = await _candidates(visit, item, typed.get("nummer"))
    view = forms.item_view(visit, item, claims)
    status = status if status != 200 or not wrong else 422 if wrong == "number_missing" else 404
    claims_money = item["cents"] > 0 or view.reversal
    return visit.page(
        BankItemPage(
            item=view,
            number=forms.number(t, typed.get("nummer", "")[:_LONGEST], wrong) if claims_money else None,
            allocation=forms.allocation(t, view, typed, said) if claims_money else (),
            payout=payout_forms.providers(t, item, typed, said.get("provider", "")),
            sending_back=forms.sending_back(t, typed, said.get("voucher", "")),
            hidden={
                "idempotency-key": typed.get("idempotency-key") or str(new_id()),
                "nummer": typed.get("nummer", "")[:_LONGEST],
            },
            message=message,
        ),
        status,
    )


def _waiting_page(visit: Visit, item: Mapping[str, Any], message: str, status: int) -> Response:
    """Sending it back waits for a second person, or that it is a payout."""
    assert visit.account is not None
    own, view = item["proposed_by"] == visit.account.account_id, forms.item_view(visit, item, ())
    payout, unseen = bool(item.get("proposed_provider")), message == "second_person_unseen"
    read = payout_forms.read_of(item) if payout else {"voucher": view.voucher, "cents": str(item["cents"])}
    seen = seen_field(visit.t, view.voucher, view.amount, message if unseen else "")
    page = BankItemPage(
        item=view,
        hidden={"idempotency-key": str(new_id()), **read},
        payout_waits=payout,
        may_decide=not own,
        seen=None if own or payout else seen,
        why_not="second_person_needed" if own else "",
        message="" if unseen else message,
    )
    return visit.page(page, status)


async def _item(visit: Visit) -> dict[str, Any]:
    item_id: UUID = visit.request.path_params["item_id"]
    found: dict[str, Any] = await visit.get("payments", f"/bank-items/{item_id}", purpose=PURPOSE)
    return found


async def _candidates(
    visit: Visit, item: Mapping[str, Any], number: str | None
) -> tuple[list[dict[str, Any]], str]:
    """The claims of the number, then the proposals; and what is wrong with the number, by key."""
    proposed = _of(await _claims(visit, item["proposals"]), item["proposals"])
    if number is None:
        return proposed, ""
    if not number or len(number) > _LONGEST:
        return proposed, "number_unknown" if number else "number_missing"
    found = await visit.get("payments", "/cash/claims", purpose=PURPOSE, params={"number": number})
    both = {one["claim_id"]: one for one in (*found["claims"], *proposed)}
    return list(both.values()), "" if found["claims"] else "number_unknown"


async def _claims(visit: Visit, claim_ids: Iterable[str]) -> _Claims:
    """What payments says of claims; without those that it cannot tell now."""
    ids = list(dict.fromkeys(claim_ids))
    told = await asyncio.gather(
        *(or_none(visit.get("payments", f"/claims/{one}", purpose=PURPOSE)) for one in ids)
    )
    return {claim_id: claim for claim_id, claim in zip(ids, told, strict=True) if claim is not None}


def _of(claims: _Claims, claim_ids: Iterable[str]) -> list[dict[str, Any]]:
    return [claims[one] for one in claim_ids if one in claims]


_ITEM: Final = HERE + "/{item_id:uuid}"
ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_items, methods=["GET"]),
    Route(_ITEM, show_item, methods=["GET"]),
    Route(_ITEM + "/zuordnung", allocate, methods=["POST"]),
    Route(_ITEM + "/zuordnung", back_to_item, methods=["GET"]),
    Route(_ITEM + "/storno", take_back, methods=["POST"]),
    Route(_ITEM + "/storno", back_to_item, methods=["GET"]),
    Route(_ITEM + "/abgleich", match_again, methods=["POST"]),
    Route(_ITEM + "/abgleich", back_to_item, methods=["GET"]),
    Route(_ITEM + "/rueckgabe", send_back, methods=["POST"]),
    Route(_ITEM + "/rueckgabe", back_to_item, methods=["GET"]),
    Route(_ITEM + "/auszahlung", find_payout, methods=["POST"]),
    Route(_ITEM + "/auszahlung", back_to_item, methods=["GET"]),
    Route(_ITEM + "/auszahlung-zurueck", undo_payout, methods=["POST"]),
    Route(_ITEM + "/auszahlung-zurueck", back_to_item, methods=["GET"]),
]
