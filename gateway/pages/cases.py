"""A citizen's cases: the list, each with its progress, its live stream, withdrawing and correcting."""

import asyncio
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import field_errors, problem_key
from gateway.pages.definitions import as_text, definition_at, grouped, icon_of, sections_of
from gateway.pages.drafts import PURPOSE as DRAFTS
from gateway.pages.forms import known_answers, told_errors
from gateway.pages.live_case import HEADERS, changes_of, stream
from gateway.pages.money_notes import notes_of, provisional_note, unpaid_note
from gateway.pages.parts import LIVE, PURPOSE, case_of, gathered, or_none
from gateway.pages.plans import plan_of
from gateway.pages.situations import SITUATIONS, TONES, Standing
from gateway.pages.start import form_url
from gateway.views.cases import CasePage, CaseRow, DraftRow, MyCasesPage, WithdrawPage
from gateway.views.forms import FormPage
from gateway.visit import Visit, listening, signed_in
from shared.web.calls import RemoteProblem

RETURNED: Final = frozenset({"payment_awaited", "payment_checked"})


@signed_in
async def list_cases(visit: Visit) -> Response:
    mine, drafts, offered = await asyncio.gather(
        visit.get("applications", "/applications", purpose=PURPOSE),
        visit.get("applications", "/drafts", purpose=DRAFTS),
        visit.offered("/services"),
    )
    titles = {service["key"]: service["title"] for service in offered["services"]}
    view = MyCasesPage(
        cases=tuple(_row(visit, case) for case in mine["applications"]),
        drafts=tuple(_draft(visit, draft, titles) for draft in drafts["drafts"]),
    )
    return visit.page(view)


@signed_in
async def show_case(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    parts = await gathered(visit, case_id)
    definition = await or_none(_definition_of(visit, parts.case))
    returned = visit.portal.notice.read(visit.request.scope) in RETURNED
    standing = Standing(parts, returned)
    complete = parts.complete and definition is not None
    return visit.page(
        _page(visit, case_id, standing, definition),
        notice=None if complete else "part_away",
        tone=None if complete else "warning",
    )


@listening
async def follow_case(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    changes = changes_of(visit, case_id)
    first = await gathered(visit, case_id, LIVE)
    asked = visit.request.query_params
    events = stream(visit, first, changes, asked.get("stand", ""), returned="zurueck" in asked)
    return StreamingResponse(events, headers=HEADERS, media_type="text/event-stream")


@signed_in
async def ask_withdrawal(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    case = await case_of(visit, case_id)
    if "withdraw" not in case["can"]:
        return visit.redirect(f"/vorgang/{case_id}", "not_possible_now")
    view = WithdrawPage(
        action=visit.url(f"/vorgang/{case_id}/zurueckziehen"),
        back_url=visit.url(f"/vorgang/{case_id}"),
        number=case["case_number"],
        title=case["title"],
        paid=bool(case["fee"]["settled"]),
    )
    return visit.page(view)


@signed_in
async def withdraw(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    try:
        await visit.post("applications", f"/applications/{case_id}/withdrawal", purpose=PURPOSE)
    except RemoteProblem as refused:
        if refused.slug != "not_possible_now":
            raise
        return visit.redirect(f"/vorgang/{case_id}", "not_possible_now")
    return visit.redirect(f"/vorgang/{case_id}", "withdrawn")


@signed_in
async def show_correction(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    case = await case_of(visit, case_id)
    if "correct" not in case["can"]:
        return visit.redirect(f"/vorgang/{case_id}", "not_possible_now")
    definition = await _definition_of(visit, case)
    answers = {name: as_text(value) for name, value in case["answers"].items()}
    return visit.page(_correction(visit, case, definition, answers))


@signed_in
async def correct(visit: Visit) -> Response:
    case_id: UUID = visit.request.path_params["case_id"]
    form, case = await visit.form(), await case_of(visit, case_id)
    definition = await _definition_of(visit, case)
    answers = known_answers(definition, form)
    path = f"/applications/{case_id}/correction"
    try:
        await visit.post("applications", path, purpose=PURPOSE, json={"answers": answers})
    except RemoteProblem as refused:
        if refused.slug == "not_possible_now":
            return visit.redirect(f"/vorgang/{case_id}", "not_possible_now")
        if refused.status not in {409, 422}:
            raise
        return visit.page(_correction(visit, case, definition, answers, refused), refused.status)
    return visit.redirect(f"/vorgang/{case_id}", "correction_sent")


async def _definition_of(visit: Visit, case: dict[str, Any]) -> dict[str, Any]:
    """The version that the case began with and keeps."""
    return await definition_at(visit, case["service"], case["service_version"])


def _page(visit: Visit, case_id: UUID, standing: Standing, definition: dict[str, Any] | None) -> CasePage:
    case, here = standing.parts.case, f"/vorgang/{case_id}"
    live = f"{here}/ereignisse?stand={standing.stand}{'&zurueck=1' if standing.returned else ''}"
    return CasePage(
        case_id=str(case_id),
        number=case["case_number"],
        title=case["title"],
        situation=standing.situation,
        tone=standing.tone,
        steps=standing.steps(visit.t),
        groups=grouped(definition, case["summary"], visit.language),
        submitted_at=datetime.fromisoformat(case["submitted_at"]),
        documents=standing.documents(),
        todo=standing.todo(
            visit.url(f"{here}/bezahlen"), visit.url(f"{here}/korrektur"), visit.url(f"{here}/ueberweisung")
        ),
        reason=standing.reason,
        notes=(
            *provisional_note(standing.provisional_until, visit.t),
            *notes_of(standing.parts.claim, visit.t, undecided=standing.state == "awaiting_payment"),
            *unpaid_note(standing.at_stake, visit.t),
        ),
        fee_cents=case["fee"]["cents"] or 0,
        paid=standing.paid,
        live_url="" if standing.ended else visit.url(live),
        can_withdraw="withdraw" in case["can"],
        plan=plan_of(standing.parts.claims or ()),
        can_end="end" in case["can"],
    )


def _correction(
    visit: Visit,
    case: dict[str, Any],
    definition: dict[str, Any],
    answers: dict[str, str],
    refused: RemoteProblem | None = None,
) -> FormPage:
    told = told_errors(visit.t, definition, field_errors(refused)) if refused else {}
    return FormPage(
        service_key=case["service"],
        title=case["title"],
        action=visit.url(f"/vorgang/{case['case_id']}/korrektur"),
        sections=sections_of(definition, answers, told),
        message=problem_key(visit.t, refused) if refused and not told else "",
        correction=case["correction"] or visit.t("situation.correction_requested"),
        with_payment=case["fee"]["due"] == "before_decision",
        draft_possible=False,
    )


def _row(visit: Visit, case: dict[str, Any]) -> CaseRow:
    pending = case["state"] == "awaiting_payment" and case["settled"]
    state = "payment_pending" if pending else SITUATIONS.get(case["state"], case["state"])
    if state == "awaiting_payment" and case.get("provisional_until"):
        state = "payment_provisional"
    todo = {"awaiting_payment": "pay", "suspended": "pay", "correction_requested": "correct"}.get(state, "")
    return CaseRow(
        url=visit.url(f"/vorgang/{case['case_id']}"),
        number=case["case_number"],
        title=case["title"],
        icon=icon_of(case["service"]),
        state=state,
        tone=TONES.get(state, "info"),
        submitted_at=datetime.fromisoformat(case["submitted_at"]),
        todo=todo,
    )


def _draft(visit: Visit, draft: dict[str, Any], titles: dict[str, str]) -> DraftRow:
    return DraftRow(
        url=form_url(visit, draft["service"], UUID(draft["draft_id"])),
        delete_url=visit.url(f"/entwuerfe/{draft['draft_id']}/verwerfen"),
        title=titles.get(draft["service"], draft["service"]),
        icon=icon_of(draft["service"]),
        saved_at=datetime.fromisoformat(draft["changed_at"]),
        kept_until=datetime.fromisoformat(draft["kept_until"]),
    )


ROUTES: Final[list[BaseRoute]] = [
    Route("/vorgaenge", list_cases, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}", show_case, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}/ereignisse", follow_case, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}/zurueckziehen", ask_withdrawal, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}/zurueckziehen", withdraw, methods=["POST"]),
    Route("/vorgang/{case_id:uuid}/korrektur", show_correction, methods=["GET"]),
    Route("/vorgang/{case_id:uuid}/korrektur", correct, methods=["POST"]),
]
