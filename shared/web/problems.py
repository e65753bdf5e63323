"""Errors as problem documents (RFC 9457): one exception, one media type, one handler per cause."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:portal:problem:"
PROBLEM_IN_SCOPE = "portal.problem"

FieldError = Mapping[str, Any]
"""{"field": dotted path, "code": stable slug, "params": {…}}; never the value that was sent."""


class Problem(Exception):
    """A refusal as the caller gets it. `slug` is stable, the texts are technical English.

    `errors` are field errors; `extra` become extension members; raise it anywhere in a request.
    """

    def __init__(
        self,
        slug: str,
        status: int,
        title: str,
        detail: str | None = None,
        errors: Sequence[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(slug)
        self.slug, self.status, self.title, self.detail = slug, status, title, detail
        self.errors, self.headers, self.extra = errors, dict(headers or {}), extra

    def document(self) -> dict[str, Any]:
        """The members of RFC 9457, section 3.1, then the extensions."""
        known = {"type": TYPE_PREFIX + self.slug, "title": self.title, "status": self.status}
        if self.detail is not None:
            known["detail"] = self.detail
        if self.errors is not None:
            known["errors"] = list(self.errors)
        return {**known, **self.extra, **known}

    def response(self) -> Response:
        return JSONResponse(
            self.document(),
            self.status,
            headers={"Cache-Control": "no-store", **self.headers},
            media_type=MEDIA_TYPE,
        )


Translation = Callable[[Any], Problem]
"""Turns an exception of another layer into the problem that a caller sees."""


def install_problem_handlers(
    app: Starlette, translations: Mapping[type[Exception], Translation] | None = None
) -> None:
    """Answers every refusal of `app` as a problem; `translations` adds exceptions of other layers."""
    app.add_exception_handler(Problem, _answer(lambda problem: problem))
    app.add_exception_handler(RequestValidationError, _answer(problem_for_validation))
    app.add_exception_handler(HTTPException, _answer(problem_for_http))
    for kind, translate in (translations or {}).items():
        app.add_exception_handler(kind, _answer(translate))


def _answer(translate: Translation) -> Callable[[Request, Exception], Any]:
    async def handle(request: Request, exc: Exception) -> Response:
        problem = translate(exc)
        request.scope[PROBLEM_IN_SCOPE] = problem.slug
        return problem.response()

    return handle


def problem_for_validation(exc: RequestValidationError) -> Problem:
    """400 `broken_json` when the body does not parse, else 422 `invalid` with an error per field."""
    faults = exc.errors()
    if any(fault["type"] == "json_invalid" and fault["loc"][:1] == ("body",) for fault in faults):
        return broken_json()
    return Problem("invalid", 422, "The request is not valid", errors=[_field_error(f) for f in faults])


def _field_error(fault: Mapping[str, Any]) -> FieldError:
    place = [str(part) for part in fault["loc"]]
    named = place[1:] if place[:1] and place[0] in {"body", "query", "path", "header", "cookie"} else place
    params = {
        name: value
        for name, value in (fault.get("ctx") or {}).items()
        if isinstance(value, bool | int | float | str) and name not in {"error", "input"}
    }
    return {"field": ".".join(named), "code": fault["type"], "params": params}


def problem_for_http(exc: HTTPException) -> Problem:
    """Problems for what the framework itself refuses."""
    headers = dict(exc.headers or {})
    match exc.status_code:
        case 404:
            return Problem("not_found", 404, "There is nothing at this address")
        case 405:
            return Problem("method_not_allowed", 405, "This method is not allowed here", headers=headers)
        case 400:
            return broken_json()
        case 413:
            return too_large()
    phrase = HTTPStatus(exc.status_code).phrase
    return Problem(
        phrase.lower().replace(" ", "_").replace("-", "_"), exc.status_code, phrase, headers=headers
    )


def broken_json() -> Problem:
    return Problem("broken_json", 400, "The body is not well-formed JSON")


def too_large(limit: int | None = None) -> Problem:
    extra: dict[str, Any] = {} if limit is None else {"limit_bytes": limit}
    return Problem("too_large", 413, "The body is too large", headers={"Connection": "close"}, **extra)


def internal(request_id: str | None) -> Problem:
    return Problem(
        "internal", 500, "Something went wrong here", "Quote the request id.", request_id=request_id
    )


def unavailable(retry_after: int = 2) -> Problem:
    """503 for a database or a service that is away; `retry_after` in seconds."""
    return Problem("unavailable", 503, "Temporarily not available", headers={"Retry-After": str(retry_after)})


def changed_meanwhile() -> Problem:
    return Problem("changed_meanwhile", 409, "It has changed meanwhile", "Read it again and repeat.")
