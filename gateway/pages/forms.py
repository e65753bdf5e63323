"""Applying: the form, its review, and sending it once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import field_errors, problem_key, sentence_for
from gateway.pages.definitions import (
    as_text,
    changed_questions,
    definition_at,
    definition_of,
    fields_of,
    grouped,
    prefilled,
    sections_of,
    usual_time_of,
)
from gateway.pages.drafts import draft_of, save_draft
from gateway.translations import Translator
from gateway.views.forms import FormPage, ReviewPage
from gateway.visit import Visit, signed_in
from shared.ids import new_id
from shared.web.calls import RemoteProblem, RemoteUnavailable

VERSION, DRAFT, SENDING = "service-version", "draft-id", "idempotency-key"
_ID: Final = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was posted: `answers` only to questions of the definition, `version` the form's."""

    definition: Mapping[str, Any]
    answers: Mapping[str, str]
    version: int
    draft: str = ""
    sending: str = ""
    action: str = ""

    @property
    def key(self) -> str:
        return str(self.definition["key"])

    @property
    def outdated(self) -> bool:
        return self.version != int(self.definition["version"])

    def hidden(self) -> dict[str, str]:
        """What goes along unseen, under the version that is shown now."""
        kept = {VERSION: str(self.definition["version"]), DRAFT: self.draft, SENDING: self.sending}
        return {name: value for name, value in kept.items() if value}


@signed_in
async def show_form(visit: Visit) -> Response:
    definition = await definition_of(visit, visit.request.path_params["key"])
    assert visit.account is not None
    answers, version = prefilled(definition, visit.account.profile), definition["version"]
    draft_id = visit.request.query_params.get("entwurf", "")
    if draft_id:
        draft = await draft_of(visit, draft_id, definition["key"])
        answers = {name: as_text(value) for name, value in draft["answers"].items()}
        version = draft["service_version"]
    filled = await _with_todays_form(visit, Filled(definition, answers, version, draft_id))
    if filled.outdated:
        return visit.page(await _outdated(visit, filled))
    usual = await usual_time_of(visit, filled.key)
    return visit.page(replace(_form(visit, filled), usual=usual))


@signed_in
async def take_form(visit: Visit) -> Response:
    filled = await _posted(visit, fresh=True)
    if filled.action == "draft":
        await save_draft(visit, filled.key, filled.version, filled.draft, filled.answers)
        return visit.redirect("/vorgaenge", "draft_saved")
    if filled.outdated:
        return visit.page(await _outdated(visit, filled), 409)
    found = await visit.post(
        "applications",
        f"/services/{filled.key}/check",
        purpose="check-answers",
        json={"answers": dict(filled.answers)},
    )
    if found["errors"]:
        return visit.page(_form(visit, filled, found["errors"]), 422)
    return visit.page(_review(visit, filled, found))


@signed_in
async def send_form(visit: Visit) -> Response:
    filled = await _posted(visit)
    if filled.action != "submit" or not filled.sending:
        return visit.page(_form(visit, filled))
    if filled.outdated:
        return visit.page(await _outdated(visit, filled), 409)
    try:
        receipt = await _send(visit, filled)
    except RemoteUnavailable:
        return visit.page(_form(visit, filled, message="unavailable"), 503)
    except RemoteProblem as refused:
        return await _refused(visit, filled, refused)
    pays_now = receipt["fee_due"] == "before_decision" and receipt["fee_cents"] > 0
    return visit.redirect(f"/vorgang/{receipt['case_id']}{'/bezahlen' if pays_now else ''}")


@signed_in
async def back_to_form(visit: Visit) -> Response:
    """Who comes here by address, after signing in again for instance, begins at the form."""
    return visit.redirect(f"/dienste/{visit.request.path_params['key']}/antrag")


def told_errors(t: Translator, definition: Mapping[str, Any], errors: list[dict[str, Any]]) -> dict[str, str]:
    """A sentence for each question that was refused, the first one where there are several."""
    fields, told = fields_of(definition), dict[str, str]()
    for error in errors:
        if (field := fields.get(error["field"])) is not None:
            chosen = field["type"] == "choice"
            told.setdefault(error["field"], sentence_for(t, error, field["label"], chosen=chosen))
    return told


def known_answers(definition: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, str]:
    """What was posted to questions of this form; open ones are left out."""
    return {name: form[name] for name in fields_of(definition) if form.get(name, "").strip()}


async def _posted(visit: Visit, *, fresh: bool = False) -> Filled:
    """With a definition that is `fresh` where no service looks at the version behind this page."""
    form = await visit.form()
    definition = await definition_of(visit, visit.request.path_params["key"], fresh=fresh)
    version, sending, draft = form.get(VERSION, ""), form.get(SENDING, ""), form.get(DRAFT, "")
    filled = Filled(
        definition=definition,
        answers=known_answers(definition, form),
        version=int(version) if re.fullmatch(r"[0-9]{1,9}", version) else 0,
        draft=draft if _ID.fullmatch(draft) else "",
        sending=sending if _ID.fullmatch(sending) else "",
        action=form.get("action", ""),
    )
    today = await _with_todays_form(visit, filled)
    return today if today is filled else replace(today, answers=known_answers(today.definition, form))


async def _with_todays_form(visit: Visit, filled: Filled) -> Filled:
    """As it is, or with the definition of now: the one that is kept may be the older of the two."""
    if not filled.outdated:
        return filled
    return replace(filled, definition=await definition_of(visit, filled.key, fresh=True))


async def _send(visit: Visit, filled: Filled) -> dict[str, Any]:
    """Sends it under the key of its review, so that a second click gets the first one's answer."""
    new: dict[str, Any] = {
        "service": filled.key,
        "service_version": filled.version,
        "answers": dict(filled.answers),
        "language": visit.language,
    }
    if filled.draft:
        new["draft_id"] = filled.draft
    try:
        receipt: dict[str, Any] = await visit.post(
            "applications", "/applications", purpose="apply", json=new, idempotency_key=filled.sending
        )
    except RemoteProblem as refused:
        if refused.status != 404 or not filled.draft:
            raise
        return await _send(visit, replace(filled, draft=""))  # thrown away in another window
    return receipt


async def _refused(visit: Visit, filled: Filled, refused: RemoteProblem) -> Response:
    if refused.status == 503:
        return visit.page(_form(visit, filled, message="unavailable"), 503)
    if refused.status not in {409, 422}:
        raise refused
    filled = replace(filled, sending="")
    if refused.slug == "form_changed":
        filled = replace(filled, definition=await definition_of(visit, filled.key, fresh=True))
        return visit.page(await _outdated(visit, filled), refused.status)
    errors = field_errors(refused)
    told = told_errors(visit.t, filled.definition, errors)
    message = "" if told else problem_key(visit.t, refused)
    return visit.page(_form(visit, filled, errors, message), refused.status)


async def _outdated(visit: Visit, filled: Filled) -> FormPage:
    """The form of today with the answers to another version's, and which questions are to be looked at."""
    try:
        before = await definition_at(visit, filled.key, filled.version)
    except (RemoteProblem, RemoteUnavailable):  # a version there never was, or no answer: without the marks
        return _form(visit, filled, message="form_outdated")
    changed = changed_questions(before, filled.definition)
    errors = [{"field": name, "code": code} for name, code in changed.items()]
    return _form(visit, filled, errors, "form_outdated")


def _form(
    visit: Visit, filled: Filled, errors: list[dict[str, Any]] | None = None, message: str = ""
) -> FormPage:
    told = told_errors(visit.t, filled.definition, errors or [])
    return FormPage(
        service_key=filled.key,
        title=filled.definition["title"],
        action=visit.url(f"/dienste/{filled.key}/antrag"),
        sections=sections_of(filled.definition, filled.answers, told),
        hidden=filled.hidden(),
        message=message or ("other" if errors and not told else ""),
        with_payment=filled.definition["fee_due"] == "before_decision",
    )


def _review(visit: Visit, filled: Filled, found: Mapping[str, Any]) -> ReviewPage:
    sending = filled.sending or str(new_id())
    return ReviewPage(
        service_key=filled.key,
        title=filled.definition["title"],
        action=visit.url(f"/dienste/{filled.key}/antrag/senden"),
        groups=grouped(filled.definition, found["summary"], visit.language),
        hidden={**filled.answers, **replace(filled, sending=sending).hidden()},
        fee_cents=found["fee_cents"] or 0,
        fee_due=found["fee_due"],
    )


ROUTES: Final[list[BaseRoute]] = [
    Route("/dienste/{key}/antrag", show_form, methods=["GET"]),
    Route("/dienste/{key}/antrag", take_form, methods=["POST"]),
    Route("/dienste/{key}/antrag/senden", back_to_form, methods=["GET"]),
    Route("/dienste/{key}/antrag/senden", send_form, methods=["POST"]),
]
