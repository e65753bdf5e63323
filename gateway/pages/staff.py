"""The town hall's pages: the worklist, the file of a case with its decision."""

import asyncio
import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages import (
    bank_items,
    case_money,
    claims,
    collections,
    counter,
    exports,
    money_tasks,
    provider_moves,
    reconciliation,
    refunds,
    statements,
    suspended,
    treasury,
    treasury_lists,
    undecided,
)
from gateway.pages.answers import field_errors, problem_key
from gateway.pages.case_files import PURPOSE, STATES, TONES, Typed, read_file, referral
from gateway.translations import Translator
from gateway.views.work import Figure, WorklistPage, WorkRow
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

DECISIONS: Final = frozenset({"approve", "reject", "request_correction", "take_correction_back"})
_WITHOUT_REASON: Final = frozenset({"approve", "take_correction_back"})
_REFUSALS: Final = frozenset({403, 409, 422})
MONEY: Final = (
    provider_moves,
    case_money,
    bank_items,
    undecided,
    counter,
    money_tasks,
    claims,
    refunds,
    collections,
    exports,
    reconciliation,
    statements,
    suspended,
    treasury,
    treasury_lists,
)
_VERSION: Final = re.compile(r"[0-9]{1,9}")


@staff("clerk")
async def show_worklist(visit: Visit) -> Response:
    waiting = {"condition": "correction_requested"}
    here, there = await asyncio.gather(
        visit.get("applications", "/worklist", purpose=PURPOSE),
        visit.get("applications", "/worklist", purpose=PURPOSE, params=waiting),
    )
    figures = (
        Figure(value=str(len(here["cases"])), label="open"),
        Figure(value=str(len(there["cases"])), label="waiting"),
    )
    rows = tuple(_row(visit, case) for case in here["cases"])
    return visit.page(WorklistPage(figures=figures, rows=rows))


@staff("clerk")
async def show_file(visit: Visit) -> Response:
    return visit.page((await read_file(visit, _case_id(visit))).page(visit))


@staff("clerk")
async def decide(visit: Visit) -> Response:
    form, case_id = await visit.form(), _case_id(visit)
    typed = Typed(form.get("decision", ""), form.get("reason", "").strip(), form.get("reason_code", ""))
    version = form.get("version", "")
    missing = _missing(typed)
    if missing or not _VERSION.fullmatch(version):
        message = missing or "changed_meanwhile"
        return visit.page((await read_file(visit, case_id)).page(visit, message, typed), 422)
    decision: dict[str, Any] = {
        "decision": typed.decision,
        "version": int(version),
        "reason": typed.reason,
        "reason_code": (typed.reason_code or None) if typed.decision == "reject" else None,
    }
    try:
        await visit.post("applications", f"/applications/{case_id}/decision", purpose=PURPOSE, json=decision)
    except RemoteProblem as refused:
        return await _again(visit, case_id, refused, typed)
    return visit.redirect(f"/arbeit/{case_id}", "decided")


@staff("clerk")
async def revoke(visit: Visit) -> Response:
    form, case_id = await visit.form(), _case_id(visit)
    file = await read_file(visit, case_id)
    wanted = [one for one in file.revocable() if one["document_id"] == form.get("document")]
    if not wanted or not form.get("revocation"):
        message = "revocation_reason_missing" if wanted else "document_not_in_force"
        return visit.page(file.page(visit, message), 422)
    try:
        await visit.post(
            "documents",
            f"/documents/{wanted[0]['document_id']}/revocation",
            purpose=PURPOSE,
            json={"reason": form["revocation"]},
            idempotency_key=form.get("idempotency-key"),
        )
    except RemoteProblem as refused:
        return await _again(visit, case_id, refused)
    return visit.redirect(f"/arbeit/{case_id}", "revoked")


@staff("clerk")
async def reissue(visit: Visit) -> Response:
    form, case_id = await visit.form(), _case_id(visit)
    file, version = await read_file(visit, case_id), form.get("version", "")
    reason, answers = form.get("reason", "").strip(), file.corrected(form)
    if not (reason and answers and _VERSION.fullmatch(version)):
        message = "reason_missing" if answers else "nothing_corrected"
        return visit.page(file.page(visit, message), 422)
    wanted = {"version": int(version), "answers": answers, "reason": reason}
    try:
        await visit.post("applications", f"/applications/{case_id}/reissue", purpose=PURPOSE, json=wanted)
    except RemoteProblem as refused:
        return await _again(visit, case_id, refused)
    return visit.redirect(f"/arbeit/{case_id}", "reissued")


@staff("clerk")
async def back_to_file(visit: Visit) -> Response:
    """Who comes by address, after signing in again for instance, begins at the file."""
    return visit.redirect(f"/arbeit/{_case_id(visit)}")


async def _again(visit: Visit, case_id: UUID, refused: RemoteProblem, typed: Typed | None = None) -> Response:
    """The file as it is now, with the sentence that says why nothing was done."""
    if refused.status not in _REFUSALS:
        raise refused
    file = await read_file(visit, case_id)
    return visit.page(file.page(visit, _sentence(visit.t, refused), typed), refused.status)


def _sentence(t: Translator, refused: RemoteProblem) -> str:
    for error in field_errors(refused):
        if t.known(f"problem.{error['field']}_missing"):
            return f"{error['field']}_missing"
    return problem_key(t, refused)


def _missing(typed: Typed) -> str:
    """A key below `problem.` for what the clerk left out."""
    if typed.decision not in DECISIONS:
        return "decision_missing"
    said = typed.reason or (typed.decision == "reject" and typed.reason_code)
    return "reason_missing" if typed.decision not in _WITHOUT_REASON and not said else ""


def _row(visit: Visit, case: dict[str, Any]) -> WorkRow:
    state = STATES.get(case["condition"], case["condition"])
    return WorkRow(
        url=visit.url(f"/arbeit/{case['case_id']}"),
        number=case["case_number"],
        service=case["title"],
        submitted_at=datetime.fromisoformat(case["submitted_at"]),
        state=state,
        tone=TONES.get(state, "info"),
        reasons=tuple(referral(visit.t, code) for code in case["reasons"] or ()),
    )


def _case_id(visit: Visit) -> UUID:
    case_id: UUID = visit.request.path_params["case_id"]
    return case_id


ROUTES: Final[list[BaseRoute]] = [
    Route("/arbeit", show_worklist, methods=["GET"]),
    *(route for pages in MONEY for route in pages.ROUTES),
    Route("/arbeit/{case_id:uuid}", show_file, methods=["GET"]),
    Route("/arbeit/{case_id:uuid}/entscheidung", decide, methods=["POST"]),
    Route("/arbeit/{case_id:uuid}/entscheidung", back_to_file, methods=["GET"]),
    Route("/arbeit/{case_id:uuid}/widerruf", revoke, methods=["POST"]),
    Route("/arbeit/{case_id:uuid}/widerruf", back_to_file, methods=["GET"]),
    Route("/arbeit/{case_id:uuid}/neuausstellung", reissue, methods=["POST"]),
    Route("/arbeit/{case_id:uuid}/neuausstellung", back_to_file, methods=["GET"]),
]
