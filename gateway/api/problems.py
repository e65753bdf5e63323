"""Refusals as problem documents (RFC 9457) whose title, detail and field sentences a citizen can read.

`type`, `status` and the fields' `code` are stable; the texts follow Accept-Language.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gateway.pages.answers import problem_key, sentence_for
from gateway.security.refusals import Refusal
from gateway.translations import LANGUAGES, Translator
from gateway.views.frame import Language
from shared.web.calls import RemoteProblem, RemoteUnavailable
from shared.web.problems import (
    PROBLEM_IN_SCOPE,
    Problem,
    internal,
    problem_for_http,
    problem_for_validation,
    unavailable,
)
from shared.web.request_context import current_request

BROKEN: Final = Refusal(400, "broken_json")
_KNOWN_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "errors"})
_BY_STATUS: Final = {
    400: "bad_request",
    401: "login_required",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "changed_meanwhile",
    410: "not_found",
    413: "too_large",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}
_OF_SESSIONS: Final = frozenset({"session_over", "token_invalid", "token_missing"})
_PREFERENCE: Final = re.compile(r"\s*([a-zA-Z-]+|\*)\s*(?:;\s*q=([0-9.]+))?\s*")


def language_for(scope: Scope) -> Language:
    """The first of our languages that Accept-Language prefers (RFC 9110, 12.5.4); German else."""
    header = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    weighed = [_weighed(part) for part in header.split(",")[:20]]
    for _, name in sorted(weighed, key=lambda pair: -pair[0]):
        for language in LANGUAGES:
            if name == language:
                return language
    return "de"


def _weighed(part: str) -> tuple[float, str]:
    found = _PREFERENCE.fullmatch(part)
    if found is None:
        return 0.0, ""
    try:
        weight = float(found[2] or 1)
    except ValueError:
        weight = 0.0
    return weight, found[1].lower().partition("-")[0] if weight > 0 else ""


def in_words(problem: Problem, language: Language) -> Problem:
    """The same problem with sentences in place of technical texts."""
    t = Translator(language)
    key = problem_key(t, RemoteProblem("", problem.status, problem.slug, {}))
    page = problem.slug if t.known(f"error.{problem.slug}.title") else _BY_STATUS.get(problem.status, "")
    if key in {"other", "unavailable"} and t.known(f"error.{page}.title"):
        problem.title, problem.detail = t(f"error.{page}.title"), t(f"error.{page}.text")
    else:
        problem.title, problem.detail = t("form.refused"), t(f"problem.{key}")
    if problem.errors:
        problem.title = t("form.errors", count=len(problem.errors))
        problem.errors = spoken(t, problem.errors, {})
    return problem


def spoken(
    t: Translator, errors: Iterable[Mapping[str, Any]], fields: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Field errors with a `sentence` each; `fields` are a form's by name, for their labels."""
    return [{"sentence": _sentence(t, error, fields), **error} for error in errors]


def _sentence(t: Translator, error: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]) -> str:
    name = str(error["field"])
    if (field := fields.get(name)) is not None:
        return sentence_for(t, error, field["label"], chosen=field["type"] == "choice")
    plain = name.rpartition(".")[2]
    return sentence_for(t, error, t(f"account.{plain}") if t.known(f"account.{plain}") else plain)


def remote(refused: RemoteProblem) -> Problem:
    """A service's refusal, its extension members kept. What the gateway itself did wrong is its own fault."""
    if refused.slug in _OF_SESSIONS:
        return Problem("login_required", 401, "Nobody is signed in")
    if refused.status >= 500:
        return unavailable()
    extra = {name: value for name, value in refused.body.items() if name not in _KNOWN_MEMBERS}
    errors = refused.body.get("errors")
    wait = refused.body.get("retry_after")
    headers = {"Retry-After": str(wait)} if isinstance(wait, int) else {}
    return Problem(
        refused.slug,
        refused.status,
        "",
        errors=errors if isinstance(errors, list) else None,
        headers=headers,
        **extra,
    )


def refusal_document(scope: Scope, refusal: Refusal) -> Response:
    """What a middleware refuses, for a program."""
    headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
    problem = Problem(refusal.slug, refusal.status, "", headers=headers)
    return in_words(problem, language_for(scope)).response()


def install(app: FastAPI) -> None:
    """Answers every refusal of the API in words."""
    translations: dict[type[Exception], Callable[[Any], Problem]] = {
        Problem: lambda problem: problem,
        RequestValidationError: problem_for_validation,
        HTTPException: problem_for_http,
        RemoteProblem: remote,
        RemoteUnavailable: lambda _: unavailable(),
        Exception: lambda _: internal(_request_id()),
    }
    for kind, translate in translations.items():
        app.add_exception_handler(kind, _answering(translate))


def _answering(translate: Callable[[Any], Problem]) -> Callable[[Request, Exception], Any]:
    async def answer(request: Request, exc: Exception) -> Response:
        problem = translate(exc)
        request.scope[PROBLEM_IN_SCOPE] = problem.slug
        return in_words(problem, language_for(request.scope)).response()

    return answer


def _request_id() -> str | None:
    ids = current_request()
    return ids.request_id if ids else None
