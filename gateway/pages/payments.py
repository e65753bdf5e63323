"""Paying: choosing how, going to the provider's page and coming back. Coming back proves nothing.

What goes to the city's own account has pages of its own (`bank_payments`).
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.live import Watch
from gateway.pages.answers import problem_key
from gateway.pages.mandates import SENDING, SENT, mandates_of
from gateway.pages.money_notes import day_to_pay
from gateway.pages.parts import CLAIM, PURPOSE, Parts, case_of, claim_that_counts, claims_of
from gateway.pages.situations import UNDECIDED_ATTEMPTS, Standing, last_attempt
from gateway.translations import Translator
from gateway.views.forms import Answer, AnswerGroup
from gateway.views.payments import Method, PaymentPage, PreparingPage
from gateway.visit import Visit, signed_in
from shared.ids import new_id
from shared.web.calls import RemoteProblem, RemoteUnavailable

ICONS: Final = {
    "wero": "phone",
    "card": "card",
    "paypal": "wallet",
    "direct_transfer": "bank",
    "direct_debit": "bank",
    "transfer": "bank",
    "payment_page": "euro",
}
"""The ways to pay in the order they are offered, with their icons."""
PAUSES: Final = (0.05, 0.1, 0.15, 0.3, 0.4, 0.5, 0.5)
"""Seconds between looks for something that is on its way: 2 s in all."""
PAUSES_HEARD: Final = (0.5,) * 4
"""The same while payments' events are heard, which end a pause."""
OUTCOMES: Final = frozenset({"failed", "cancelled", "expired"})
NOT_NOW: Final = {"nothing_to_pay": None, "payment_being_checked": "payment_checked"}
OF_BANK: Final = {"transfer": "transfer", "direct_debit": "debit"}
"""Ways to the city's own account, and when what is paid so counts."""
Methods = Mapping[str, Any]


@signed_in
async def choose_method(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    events = _events_of(visit, case_id)
    case, claims, methods = await _asked(visit, case_id)
    claim = claim_that_counts(claims)
    if claim is None and "pay" in case["can"]:
        claim = await _awaited(visit, case_id, events, claim, lambda claim: claim is not None)
        if claim is None:
            return visit.page(_preparing(visit, case_id, case))
    if (elsewhere := _elsewhere(visit, case_id, claim)) is not None:
        return elsewhere
    assert claim is not None
    return visit.page(_payment(visit, case, claim, methods))


@signed_in
async def begin_payment(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    form, (case, claims, methods) = await visit.form(), await _asked(visit, case_id)
    claim = claim_that_counts(claims)
    if (elsewhere := _elsewhere(visit, case_id, claim)) is not None:
        return elsewhere
    assert claim is not None
    method, sending = form.get("method", ""), form.get(SENDING, "")
    if wrong := _wrong(form, claim):
        status = 409 if wrong == "claim_changed" else 422
        return visit.page(_payment(visit, case, claim, methods, message=wrong, chosen=method), status)
    try:
        return await _begin(visit, case_id, claim, method, f"{sending}.{method}", methods)
    except RemoteUnavailable:
        view = _payment(visit, case, claim, methods, "unavailable", method, sending)
        return visit.page(view, 503)
    except RemoteProblem as refused:
        if refused.slug in NOT_NOW:
            return visit.redirect(f"/vorgang/{case_id}", NOT_NOW[refused.slug])
        if refused.status not in {409, 422, 503}:
            raise
        message = problem_key(visit.t, refused)
        return visit.page(_payment(visit, case, claim, methods, message, method), refused.status)


def _wrong(form: Mapping[str, str], claim: dict[str, Any]) -> str:
    """Why a form is not gone on with, as a key below `problem.`; empty where it is."""
    if form.get("method") not in ICONS or not SENT.fullmatch(form.get(SENDING, "")):
        return "method_missing"
    return "" if form.get(CLAIM) == claim["claim_id"] else "claim_changed"


async def _begin(
    visit: Visit, case_id: UUID, claim: dict[str, Any], method: str, key: str, methods: Methods
) -> Response:
    """To the provider, to what to transfer, or to the mandate. The key holds the method: another one after
    Back is another attempt."""
    path = f"/claims/{claim['claim_id']}"
    if method == "direct_debit" and method in methods.get("of_bank", ()):
        return visit.redirect(f"/vorgang/{case_id}/lastschrift")
    if method == "transfer":
        await visit.post("payments", f"{path}/transfer", purpose=PURPOSE, idempotency_key=key)
        return visit.redirect(f"/vorgang/{case_id}/ueberweisung")
    asked = {"method": method, "return_url": _return_url(visit, case_id)}
    started = await visit.post(
        "payments", f"{path}/attempts", purpose=PURPOSE, json=asked, idempotency_key=key
    )
    return RedirectResponse(started["redirect_url"], 303)


@signed_in
async def come_back(visit: Visit) -> Response:
    """The browser says that something was done; only payments says what."""
    case_id: UUID = visit.request.path_params["case_id"]
    events = _events_of(visit, case_id)
    _, claims = await asyncio.gather(case_of(visit, case_id), claims_of(visit, case_id))
    claim = await _awaited(visit, case_id, events, claim_that_counts(claims), _is_decided)
    here = f"/vorgang/{case_id}"
    if claim is None or claim["state"] not in {"open", "being_checked", "settled"}:
        return visit.redirect(here)
    if claim["state"] != "open":
        arrived = claim["state"] == "settled"
        return visit.redirect(here, "payment_received" if arrived else "payment_checked")
    if last_attempt(claim) in UNDECIDED_ATTEMPTS:
        return visit.redirect(here, "payment_awaited")
    return visit.redirect(f"{here}/bezahlen")


def _elsewhere(visit: Visit, case_id: UUID, claim: dict[str, Any] | None) -> Response | None:
    """Where to go when there is nothing to pay here, or not now."""
    here = f"/vorgang/{case_id}"
    if claim is None or claim["state"] in {"cancelled", "refund_due", "refunded", "refund_waived"}:
        return visit.redirect(here)
    if claim["state"] == "settled":
        return visit.redirect(here, "payment_received")
    return visit.redirect(here, "payment_checked") if claim["state"] == "being_checked" else None


def _events_of(visit: Visit, case_id: UUID) -> Watch | None:
    """The events of a case from now on, None while none arrive."""
    live = visit.portal.live
    return live.watch(case_id) if live and live.connected else None


async def _awaited(
    visit: Visit,
    case_id: UUID,
    events: Watch | None,
    claim: dict[str, Any] | None,
    arrived: Callable[[dict[str, Any] | None], bool],
) -> dict[str, Any] | None:
    """The claim that counts, once it is as wanted; as it is then, after two seconds. `events` began before it
    was looked for first."""
    for pause in PAUSES_HEARD if events else PAUSES:
        if arrived(claim):
            break
        await (_heard(events, pause) if events else asyncio.sleep(pause))
        claim = claim_that_counts(await claims_of(visit, case_id))
    return claim


async def _heard(events: Watch, within: float) -> None:
    """Until payments has said something of the case, `within` seconds at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            async for event in events:
                if event is None or event.service == "payments":
                    return


def _is_decided(claim: dict[str, Any] | None) -> bool:
    return claim is None or claim["state"] != "open" or last_attempt(claim) not in {"opened", "started"}


async def _asked(visit: Visit, case_id: UUID) -> tuple[dict[str, Any], list[dict[str, Any]], Methods]:
    """The case, its claims and the ways to pay, side by side; with the account of a mandate given before."""
    case, claims, methods, mandates = await asyncio.gather(
        case_of(visit, case_id),
        claims_of(visit, case_id),
        visit.get("payments", "/methods", purpose=PURPOSE),
        mandates_of(visit),
    )
    accounts = [one.account for one in mandates.given if one.reusable]
    return case, claims, {**methods, "mandate": accounts[0] if accounts else ""}


def _payment(
    visit: Visit,
    case: dict[str, Any],
    claim: dict[str, Any],
    methods: Methods,
    message: str = "",
    chosen: str = "",
    sending: str = "",
) -> PaymentPage:
    outcome = last_attempt(claim)
    before = claim["attempts"][-1]["method"] if claim["attempts"] else ""
    here = f"/vorgang/{case['case_id']}"
    return PaymentPage(
        action=visit.url(f"{here}/bezahlen"),
        case_url=visit.url(here),
        number=case["case_number"],
        title=case["title"],
        amount_cents=claim.get("owed_cents", claim["amount_cents"]),
        kassenzeichen=claim["kassenzeichen"],
        methods=offered(methods, when_final=case["fee"].get("provisional") == "wait"),
        summary=_summary(visit.t, case),
        chosen=chosen or before,
        pay_by=day_to_pay(case, claim),
        outcome=outcome if outcome in OUTCOMES and not message else "",
        message=message,
        hidden={SENDING: sending or str(new_id()), CLAIM: claim["claim_id"]},
    )


def offered(methods: Methods, *, when_final: bool = False) -> tuple[Method, ...]:
    """What payments offers, in our order; the first is recommended where there is a choice. `when_final`: the
    service waits for what the payer may have back."""
    known, of_bank = [key for key in ICONS if key in methods["methods"]], methods.get("of_bank", ())
    late = frozenset(methods.get("provisional", ()) if when_final else ())
    return tuple(
        Method(
            key=key,
            icon=ICONS[key],
            consequence="final" if key in late else OF_BANK[key] if key in of_bank else "at_once",
            recommended=place == 0 and len(known) > 1,
            account=methods.get("mandate", "") if key == "direct_debit" and key in of_bank else "",
        )
        for place, key in enumerate(known)
    )


def _summary(t: Translator, case: dict[str, Any]) -> AnswerGroup:
    """What is paid for: the case and what of its answers is no detail of a person."""
    answers = [Answer(label=t("case.number"), value=case["case_number"])]
    answers += [
        Answer(label=entry["label"], value=str(entry["text"]))
        for entry in case["summary"]
        if entry["type"] in {"plate", "months"}
    ]
    return AnswerGroup(title=case["title"], answers=tuple(answers))


def _preparing(visit: Visit, case_id: UUID, case: dict[str, Any]) -> PreparingPage:
    here = f"/vorgang/{case_id}"
    stand = Standing(Parts(case, [], [])).stand
    return PreparingPage(case_url=visit.url(here), live_url=visit.url(f"{here}/ereignisse?stand={stand}"))


def _return_url(visit: Visit, case_id: UUID) -> str:
    return visit.portal.public(visit.url(f"/vorgang/{case_id}/zahlung/zurueck"))


ROUTES: Final[list[BaseRoute]] = [
    Route("/vorgang/{case_id:uuid}/bezahlen", choose_method, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}/bezahlen", begin_payment, methods=["POST"]),
    Route("/vorgang/{case_id:uuid}/zahlung/zurueck", come_back, methods=["GET"]),
]
