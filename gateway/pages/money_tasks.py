"""The cash office's pages: money that waits for a person, and the record of what was done with it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import formats
from gateway.pages.answers import problem_key
from gateway.pages.money_words import who
from gateway.pages.paging import next_url, page_asked
from gateway.pages.parts import or_none
from gateway.pages.second_person import DECISIONS, seen_field, wrong_with
from gateway.views.answers import SETTLEMENTS, settlement_fields
from gateway.views.forms import Field
from gateway.views.work import MoneyTask, MoneyTaskPage, MoneyTasksPage
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem

PURPOSE: Final = "money-tasks"
HERE: Final = "/arbeit/zahlungen"
ROWS: Final = 50
NOTICES: Final = {"waiting": "money_task_waits", "declined": "money_task_declined"}
_REFUSALS: Final = frozenset({403, 409, 422})


@staff("treasurer", "clerk")
async def show_money_tasks(visit: Visit) -> Response:
    """The oldest first; each claim is asked for once."""
    found = await visit.get("payments", "/money-tasks", purpose=PURPOSE, params=page_asked(visit, ROWS))
    ids = list(dict.fromkeys(task["claim_id"] for task in found["tasks"]))
    asked = await asyncio.gather(*(_claim(visit, claim_id) for claim_id in ids))
    claims = dict(zip(ids, asked, strict=True))
    return visit.page(
        MoneyTasksPage(
            tasks=tuple(_task(visit, task, claims[task["claim_id"]]) for task in found["tasks"]),
            next_url=next_url(visit, HERE, found),
        )
    )


@staff("treasurer", "clerk")
async def show_money_task(visit: Visit) -> Response:
    return visit.page(await _page(visit))


@staff("treasurer", "clerk")
async def settle(visit: Visit) -> Response:
    """What was done, or with `decision` the second person's word on it."""
    form = await visit.form()
    decision, amount = form.get("decision", ""), form.get("amount", "")
    if decision and (wrong := wrong_with(form)):
        return visit.page(await _page(visit, wrong, form), 422)
    if form.get("how") not in SETTLEMENTS or not (amount.isascii() and amount.isdigit() and len(amount) < 12):
        return visit.page(await _page(visit, "how_missing", form), 422)
    path = f"/money-tasks/{_named(visit)}/settlement"
    said = {"how": form["how"], "amount_cents": int(amount), "voucher": form.get("voucher", "")}
    try:
        told = await visit.post(
            "payments",
            f"{path}/{DECISIONS[decision]}" if decision else path,
            purpose=PURPOSE,
            json=said,
            idempotency_key=".".join(filter(None, (form.get("idempotency-key"), decision))) or None,
        )
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        message = "voucher_impossible" if refused.slug == "invalid" else problem_key(visit.t, refused)
        return visit.page(await _page(visit, message, form), refused.status)
    return visit.redirect(HERE, NOTICES.get(told.get("recorded", ""), "money_task_settled"))


async def _page(visit: Visit, message: str = "", typed: Mapping[str, str] | None = None) -> MoneyTaskPage:
    """The task as it is now, with what was typed."""
    task, claim = await asyncio.gather(
        visit.get("payments", f"/money-tasks/{_named(visit)}", purpose=PURPOSE),
        _claim(visit, str(visit.request.path_params["claim_id"])),
    )
    proposed = "" if task["how"] else task.get("proposed_how") or ""
    why_not = _why_not(visit, task, claim) if proposed else ""
    unseen = message == "second_person_unseen"
    return MoneyTaskPage(
        task=(view := _task(visit, task, claim)),
        fields=() if proposed else settlement_fields(visit.t, typed or {}),
        hidden={
            "amount": str(task["amount_cents"]),
            "idempotency-key": str(new_id()),
            **({"how": proposed, "voucher": view.voucher} if proposed else {}),
        },
        done=task["how"] or "",
        seen=_seen(visit, view, message if unseen else "") if proposed and not why_not else None,
        why_not=why_not,
        message="" if unseen else message,
    )


def _seen(visit: Visit, task: MoneyTask, error: str) -> Field:
    return seen_field(
        visit.t, task.voucher, formats.money(task.amount_cents, visit.language, task.currency), error
    )


def _why_not(visit: Visit, task: Mapping[str, Any], claim: Mapping[str, Any] | None) -> str:
    assert visit.account is not None
    me = visit.account.account_id
    if claim is not None and claim.get("account_id") == me:
        return "own_case"
    return "second_person_needed" if task["proposed_by"] == me else ""


async def _claim(visit: Visit, claim_id: str) -> Any:
    return await or_none(visit.get("payments", f"/claims/{claim_id}", purpose=PURPOSE))


def _task(visit: Visit, task: Mapping[str, Any], claim: Mapping[str, Any] | None) -> MoneyTask:
    return MoneyTask(
        kind=task["kind"],
        amount_cents=task["amount_cents"],
        since=datetime.fromisoformat(task["since"]),
        url=visit.url(f"{HERE}/{task['claim_id']}/{task['version']}"),
        claim_url=visit.url(f"/arbeit/forderungen/{task['claim_id']}"),
        version=task["version"],
        currency=task["currency"],
        kassenzeichen=claim["kassenzeichen"] if claim else "",
        case_number=claim["case_number"] if claim else "",
        proposed=task.get("proposed_how") or "",
        proposed_by=who(visit, task["proposed_by"], None) if task.get("proposed_by") else "",
        proposed_at=datetime.fromisoformat(task["proposed_at"]) if task.get("proposed_at") else None,
        voucher=task.get("proposed_voucher") or "",
    )


def _named(visit: Visit) -> str:
    named = visit.request.path_params
    return f"{named['claim_id']}/{named['version']}"


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_money_tasks, methods=["GET"]),
    Route(HERE + "/{claim_id:uuid}/{version:int}", show_money_task, methods=["GET"]),
    Route(HERE + "/{claim_id:uuid}/{version:int}", settle, methods=["POST"]),
]
