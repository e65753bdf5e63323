"""A service's definition and answers, as the services give them, turned into what pages show."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, get_args
from urllib.parse import quote

from starlette.exceptions import HTTPException

from gateway import formats
from gateway.views.forms import Answer, AnswerGroup, Field, Kind, Option, Section
from gateway.views.frame import Language
from gateway.views.services import UsualTime
from gateway.visit import Visit
from shared.web.calls import RemoteProblem, RemoteUnavailable

_KEY: Final = re.compile(r"[a-z][a-z0-9-]{0,59}")
_KINDS: Final = frozenset(get_args(Kind))
_ICONS: Final = {"bewohnerparkausweis": "car", "hundesteuer-anmeldung": "dog"}
ASKED: Final = (
    "type", "label", "required", "required_when", "options", "minimum", "maximum", "min_length", "max_length"
)  # fmt: skip
_GERMAN_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)


async def definition_of(visit: Visit, key: str, *, fresh: bool = False) -> dict[str, Any]:
    """The definition of a service with its form, in the visit's language. 404 for another key.

    As kept for everybody, some seconds old at most; with `fresh`, as of now.
    """
    if not _KEY.fullmatch(key):
        raise HTTPException(404)
    found: dict[str, Any] = await visit.offered(f"/services/{quote(key)}", fresh=fresh)
    return found


async def definition_at(visit: Visit, key: str, version: int) -> dict[str, Any]:
    """The definition as of a version: what a running case, or a draft, was filled in with."""
    found: dict[str, Any] = await visit.offered(f"/services/{quote(key)}/versions/{version}")
    return found


async def usual_time_of(visit: Visit, key: str) -> UsualTime | None:
    """How long the service of a known key took others; without an answer the page does without."""
    try:
        found = await visit.offered(f"/services/{quote(key)}/processing-time")
    except (RemoteProblem, RemoteUnavailable):
        return None
    if found["cases"] is None:
        return None
    return UsualTime(
        cases=found["cases"],
        half_seconds=found["p50_seconds"],
        most_seconds=found["p90_seconds"],
        without_clerk=round(found["straight_through"] * 100),
    )


def icon_of(key: str) -> str:
    """The icon of a service; one that came later has a sheet of paper."""
    return _ICONS.get(key, "document")


def fields_of(definition: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The form's fields by name, in the order of the page."""
    return {field["name"]: field for section in definition["sections"] for field in section["fields"]}


def changed_questions(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """The questions of `now` that another version did not ask, or asked otherwise: their code by name."""
    known = fields_of(before)
    return {
        name: "question_changed" if name in known else "question_new"
        for name, field in fields_of(now).items()
        if any(field.get(part) != known.get(name, {}).get(part) for part in ASKED)
    }


def prefilled(definition: Mapping[str, Any], profile: Mapping[str, str]) -> dict[str, str]:
    """The answers that the profile already knows."""
    wanted = {name: field["prefill"] for name, field in fields_of(definition).items() if field["prefill"]}
    return {name: profile[known] for name, known in wanted.items() if profile.get(known)}


def sections_of(
    definition: Mapping[str, Any], answers: Mapping[str, Any], errors: Mapping[str, str]
) -> tuple[Section, ...]:
    """The form with the answers so far and a sentence at each field that was refused."""
    return tuple(
        Section(
            title=section["title"],
            fields=tuple(
                field_of(field, answers.get(field["name"]), errors.get(field["name"], ""))
                for field in section["fields"]
            ),
        )
        for section in definition["sections"]
    )


def grouped(
    definition: Mapping[str, Any] | None, summary: Iterable[Mapping[str, Any]], language: Language
) -> tuple[AnswerGroup, ...]:
    """A summary of answers by section; without a definition the sections have no titles."""
    titles = {section["key"]: section["title"] for section in definition["sections"]} if definition else {}
    groups: dict[str, list[Answer]] = {}
    for entry in summary:
        answer = Answer(label=entry["label"], value=_in_words(entry, language))
        groups.setdefault(titles.get(entry["section"], ""), []).append(answer)
    return tuple(AnswerGroup(title=title, answers=tuple(answers)) for title, answers in groups.items())


def as_text(value: Any) -> str:
    """An answer as a form holds it."""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def field_of(field: Mapping[str, Any], answer: Any, error: str = "") -> Field:
    """One question of a definition, with an answer."""
    kind: Kind = field["type"] if field["type"] in _KINDS else "text"
    value = as_text(answer)
    return Field(
        name=field["name"],
        kind=kind,
        label=field["label"],
        value=_iso(value) if kind == "date" else value,
        hint=field["hint"] or "",
        error=error,
        required=bool(field["required"] or field["required_when"]),
        options=tuple(Option(value=one["value"], label=one["label"]) for one in field["options"]),
        minimum=as_text(field["minimum"]),
        maximum=as_text(field["maximum"]),
        max_length=field["max_length"],
        autocomplete=field["autocomplete"] or "",
    )


def _iso(day: str) -> str:
    """A date control holds ISO days, whatever was typed where there was no such control."""
    if german := _GERMAN_DAY.fullmatch(day.strip()):
        return f"{german[3]}-{int(german[2]):02}-{int(german[1]):02}"
    return day


def _in_words(entry: Mapping[str, Any], language: Language) -> str:
    if entry["type"] == "date":
        return formats.day(date.fromisoformat(entry["value"]), language)
    return str(entry["text"])
