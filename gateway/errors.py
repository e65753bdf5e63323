"""Refusals and failures as pages; below /api/ as problem documents."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from gateway.api.problems import refusal_document
from gateway.language import language_of, split
from gateway.portal import Portal
from gateway.security.csrf import SCOPE_KEY as CSRF_IN_SCOPE
from gateway.security.refusals import Refusal, Refuse
from gateway.views.frame import Frame, Person
from gateway.views.notices import ErrorPage
from shared.clock import SystemClock
from shared.web.calls import RemoteProblem, RemoteUnavailable
from shared.web.problems import PROBLEM_IN_SCOPE
from shared.web.request_context import current_request

API: Final = "/api/"
RETRY_SECONDS: Final = 5
ERASED: Final = "erased"
_BY_STATUS: Final = {
    400: "bad_request",
    401: "login_required",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "changed_meanwhile",
    410: "not_found",
    413: "too_large",
    422: "bad_request",
    429: "too_many_requests",
    500: "internal",
}
_WITH_REFERENCE: Final = frozenset({"internal", "unavailable", "csrf"})


def frame_of(portal: Portal, scope: Scope, person: Person | None) -> Frame:
    """What is around a page for this request."""
    return Frame(
        language=language_of(scope),
        path=split(scope["path"])[1],
        csrf=scope.get(CSRF_IN_SCOPE, ""),
        year=SystemClock().now().year,
        person=person,
    )


def error_response(portal: Portal, scope: Scope, refusal: Refusal) -> Response:
    """A refusal as a page with a sentence that helps. It asks no service."""
    scope[PROBLEM_IN_SCOPE] = refusal.slug
    if split(scope["path"])[1].startswith(API) or scope.get("root_path", "").startswith(API.rstrip("/")):
        return refusal_document(scope, refusal)
    known = portal.people.known(portal.session.read(scope))
    ids = current_request()
    page = ErrorPage(
        status=refusal.status,
        slug=refusal.slug,
        request_id=ids.request_id if ids and refusal.slug in _WITH_REFERENCE else "",
        retry_after_seconds=refusal.retry_after,
    )
    html = portal.renderer.page(page, frame_of(portal, scope, known.person if known else None))
    return HTMLResponse(html, refusal.status, headers=_headers(refusal))


def refusal_for(problem: RemoteProblem | RemoteUnavailable) -> Refusal:
    """What a citizen is told when a service refused or gave no answer."""
    if isinstance(problem, RemoteUnavailable) or problem.status >= 500:
        return Refusal(503, "unavailable", RETRY_SECONDS)
    if problem.slug == ERASED:
        return Refusal(410, ERASED)
    slug = _BY_STATUS.get(problem.status, "bad_request")
    wait = problem.body.get("retry_after") if problem.status == 429 else None
    return Refusal(problem.status, slug, wait if isinstance(wait, int) else None)


def refuser(portal: Portal) -> Refuse:
    """How the middlewares' refusals look."""

    def refuse(scope: Scope, refusal: Refusal) -> Response:
        return error_response(portal, scope, refusal)

    return refuse


async def answer_http_exception(request: Request, exc: Exception) -> Response:
    """Starlette's own refusals: no such page, not this method, a form that does not parse."""
    assert isinstance(exc, HTTPException)
    status = exc.status_code if exc.status_code in _BY_STATUS else 400
    response = error_response(request.app.state.portal, request.scope, Refusal(status, _BY_STATUS[status]))
    for name, value in (exc.headers or {}).items():
        response.headers[name] = value
    return response


def _headers(refusal: Refusal) -> dict[str, str]:
    return {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
