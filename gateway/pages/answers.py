"""A service's refusals in the citizen's words: field errors by name, problems by key."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.translations import Translator
from gateway.views.answers import field_sentence
from shared.web.calls import RemoteProblem

_NAMES: Final = {"max": ("max_length", "maximum"), "min": ("min_length", "minimum")}
_CODES: Final = {
    "characters_not_allowed": "letters_unknown",
    "declaration_missing": "declaration_required",
    "house_number_outside_zone": "outside_zone",
    "not_a_date": "date_impossible",
    "not_an_option": "option_unknown",
    "string_too_long": "too_long",
    "too_large": "out_of_range",
    "too_small": "out_of_range",
}
_PROBLEMS: Final = {
    "form_changed": "form_outdated",
    "idempotency_key_reused": "already_submitted",
    "provider_unavailable": "unavailable",
}


def sentences_for(t: Translator, errors: list[dict[str, Any]], label: Callable[[str], str]) -> dict[str, str]:
    """Field errors of a problem document as sentences by field; of several for one field the first.

    `label` gives a field's question.
    """
    told: dict[str, str] = {}
    for error in errors:
        name = str(error["field"])
        told.setdefault(name, sentence_for(t, error, label(name)))
    return told


def sentence_for(t: Translator, error: Mapping[str, Any], label: str, *, chosen: bool = False) -> str:
    """The sentence of one field error; `chosen` for a field where one chooses instead of writing."""
    params, code = error.get("params") or {}, error["code"]
    if code == "required" and chosen:
        code = "choice_required"
    elif code == "street_unknown" and params.get("suggestions"):
        code = "street_suggested"
    return field_sentence(t, _CODES.get(code, code), label, _readable(params))


def field_errors(refused: RemoteProblem) -> list[dict[str, Any]]:
    """The field errors of a refusal, none where it is about no field."""
    errors = refused.body.get("errors")
    return errors if isinstance(errors, list) else []


def problem_key(t: Translator, refused: RemoteProblem) -> str:
    """The key below `problem.` that says what a refusal means."""
    slug = _PROBLEMS.get(refused.slug, refused.slug)
    return slug if t.known(f"problem.{slug}") else "unavailable" if refused.status >= 500 else "other"


def _readable(params: Mapping[str, Any]) -> dict[str, object]:
    """Parameters in words, also under the names that the sentences use."""
    given: dict[str, object] = {name: _words(value) for name, value in params.items()}
    return {other: given[name] for name in _NAMES if name in given for other in _NAMES[name]} | given


def _words(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
