"""Paying without a provider: the transfer's page, and the debit that a citizen agrees to."""

from base64 import b64encode
from datetime import date
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.debtors import lives_abroad, refusal_of, signed_account, typed_account
from gateway.pages.mandates import SENDING, SENT
from gateway.pages.money_notes import day_to_pay
from gateway.pages.parts import CLAIM, PURPOSE, case_of, claim_that_counts, claims_of
from gateway.views.answers import debit_fields
from gateway.views.payments import DebitPage, GivenMandate, TransferPage
from gateway.visit import Visit, signed_in
from shared.ids import new_id
from shared.web.calls import RemoteProblem

OVER: Final = {"nothing_to_pay": None, "payment_being_checked": "payment_checked",
               "debit_under_way": "debit_announced"}  # fmt: skip

KINDS: Final = frozenset({"one_off", "recurring"})
UNUSABLE: Final = frozenset({"mandate_not_active", "mandate_one_off", "mandate_lapsed"})


@signed_in
async def show_transfer(visit: Visit) -> Response:
    """What to transfer, for what is owed now."""
    case_id: UUID = visit.request.path_params["case_id"]
    case, here = await case_of(visit, case_id), f"/vorgang/{case_id}"
    claim = claim_that_counts(await claims_of(visit, case_id))
    if claim is None:
        return visit.redirect(here)
    try:
        said = await visit.get("payments", f"/claims/{claim['claim_id']}/transfer", purpose=PURPOSE)
    except RemoteProblem as refused:
        return _refused(visit, case_id, refused)
    picture = b64encode(said["girocode_svg"].encode()).decode()
    view = TransferPage(
        case_url=visit.url(here), other_url=visit.url(f"{here}/bezahlen"), number=case["case_number"],
        holder=said["holder"], iban=said["iban_grouped"], bic=said["bic"],
        amount_cents=said["amount_cents"], paid_cents=claim.get("paid_cents", 0), text=said["text"],
        picture=f"data:image/svg+xml;base64,{picture}",
        pay_by=day_to_pay(case, claim),
    )  # fmt: skip
    return visit.page(view)


@signed_in
async def show_debit(visit: Visit) -> Response:
    """Who debits what and when, before anything is agreed to."""
    return await _debit(visit, visit.request.path_params["case_id"])


@signed_in
async def agree_to_debit(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    form = await visit.form()
    await case_of(visit, case_id)
    claim = claim_that_counts(await claims_of(visit, case_id))
    if claim is None:
        return visit.redirect(f"/vorgang/{case_id}")
    sending = form.get(SENDING, "")
    typed = typed_account(form, "kind")
    if not SENT.fullmatch(sending):
        return await _debit(visit, case_id, typed, message="other", status=422)
    if form.get(CLAIM) != claim["claim_id"]:
        return await _debit(visit, case_id, {**typed, "agreed": ""}, message="claim_changed", status=409)
    body = signed_account(typed)
    if typed["kind"] in KINDS:
        body["kind"] = typed["kind"]
    try:
        await visit.post(
            "payments", f"/claims/{claim['claim_id']}/debits", purpose=PURPOSE, json=body,
            idempotency_key=sending,
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status != 422:
            return _refused(visit, case_id, refused)
        told, message, abroad = refusal_of(visit.t, refused)
        return await _debit(visit, case_id, typed, told, message, 422, abroad)
    return visit.redirect(f"/vorgang/{case_id}", "debit_announced")


@signed_in
async def use_mandate(visit: Visit) -> Response:
    """Debits under a mandate that was given before."""
    case_id: UUID = visit.request.path_params["case_id"]
    form, here = await visit.form(), f"/vorgang/{case_id}"
    await case_of(visit, case_id)
    claim = claim_that_counts(await claims_of(visit, case_id))
    if claim is None:
        return visit.redirect(here)
    sending = form.get(SENDING, "")
    if not SENT.fullmatch(sending):
        return await _debit(visit, case_id, message="other", status=422)
    if form.get(CLAIM) != claim["claim_id"]:
        return await _debit(visit, case_id, message="claim_changed", status=409)
    try:
        await visit.post(
            "payments", f"/claims/{claim['claim_id']}/mandate-debits", purpose=PURPOSE,
            json={"mandate_id": form.get("mandate", "")}, idempotency_key=sending,
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.slug in UNUSABLE or refused.status in {404, 422}:
            return visit.redirect(f"{here}/lastschrift", "mandate_gone")
        return _refused(visit, case_id, refused)
    return visit.redirect(here, "debit_announced_again")


async def _debit(
    visit: Visit,
    case_id: UUID,
    typed: dict[str, str] | None = None,
    told: dict[str, str] | None = None,
    message: str = "",
    status: int = 200,
    abroad: bool = False,
) -> Response:
    case, here = await case_of(visit, case_id), f"/vorgang/{case_id}"
    claim = claim_that_counts(await claims_of(visit, case_id))
    if claim is None or claim.get("waits_for") == "debit":
        return visit.redirect(here)
    try:
        said: dict[str, Any] = await visit.get(
            "payments", f"/claims/{claim['claim_id']}/debits/notice", purpose=PURPOSE
        )
    except RemoteProblem as refused:
        return _refused(visit, case_id, refused)
    view = DebitPage(
        action=visit.url(f"{here}/lastschrift"), other_url=visit.url(f"{here}/bezahlen"),
        number=case["case_number"], creditor=said["creditor"], creditor_id=said["creditor_id"],
        mandate=said["mandate_reference"], amount_cents=said["amount_cents"],
        due=date.fromisoformat(said["due"]),
        fields=debit_fields(
            visit.t, typed or {}, told or {}, said.get("later", 0), abroad or lives_abroad(typed or {})
        ),
        hidden=_hidden(claim), message=message, later=said.get("later", 0),
        use_action=visit.url(f"{here}/lastschrift/mandat"),
        given=tuple(_given(one, claim) for one in said.get("mandates", ())),
    )  # fmt: skip
    return visit.page(view, status)


def _hidden(claim: dict[str, Any]) -> dict[str, str]:
    """What is sent along: the claim that was shown is the one that is agreed to."""
    return {SENDING: str(new_id()), CLAIM: claim["claim_id"]}


def _given(one: dict[str, Any], claim: dict[str, Any]) -> GivenMandate:
    hidden = {**_hidden(claim), "mandate": one["mandate_id"]}
    return GivenMandate(reference=one["reference"], account=one["account"], hidden=hidden)


def _refused(visit: Visit, case_id: UUID, refused: RemoteProblem) -> Response:
    """Back to where one can go on; raises what is no matter of this case."""
    here = f"/vorgang/{case_id}"
    if refused.slug in OVER:
        return visit.redirect(here, OVER[refused.slug])
    if refused.slug in {"method_off", "method_unknown"}:
        return visit.redirect(f"{here}/bezahlen", "method_gone")
    raise refused


ROUTES: Final[list[BaseRoute]] = [
    Route("/vorgang/{case_id:uuid}/ueberweisung", show_transfer, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}/lastschrift", show_debit, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}/lastschrift", agree_to_debit, methods=["POST"]),
    Route("/vorgang/{case_id:uuid}/lastschrift/mandat", use_mandate, methods=["POST"]),
]
