"""One request of a person: who, in which language, and what can be asked and answered on their behalf."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final
from urllib.parse import quote, urlencode

import structlog
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.errors import error_response, frame_of, refusal_for
from gateway.language import language_of, split
from gateway.people import Account, is_session_over
from gateway.portal import Portal
from gateway.security.csrf import FIELD as CSRF_FIELD
from gateway.security.refusals import Refusal
from gateway.translations import Translator
from gateway.views.frame import Frame, Language, Page, Person, Tone
from shared.observe.scrubbing import failure
from shared.web.calls import RemoteProblem, RemoteUnavailable
from shared.web.http_client import Answer

MOST_FIELDS: Final = 200
NOTICE_TONES: Final[Mapping[str, Tone]] = {
    "login_first": "info",
    "payment_awaited": "info",
    "payment_checked": "warning",
    "payment_failed": "warning",
}
log = structlog.get_logger("pages")


@dataclass(slots=True)
class Visit:
    """`session` is the token in the cookie, `account` whose it is; both None for a visitor."""

    request: Request
    portal: Portal
    language: Language
    session: str | None
    account: Account | None = None

    @property
    def t(self) -> Translator:
        return Translator(self.language)

    @property
    def person(self) -> Person | None:
        return self.account.person if self.account else None

    @property
    def path(self) -> str:
        """The address without the language prefix."""
        return split(self.request.scope["path"])[1]

    def url(self, path: str) -> str:
        """One of our paths in the language of this visit."""
        return self.frame().url(path)

    def frame(self) -> Frame:
        return frame_of(self.portal, self.request.scope, self.person)

    async def get(
        self, service: str, path: str, *, purpose: str, params: Mapping[str, Any] | None = None
    ) -> Any:
        """The JSON answer, in the visit's language. Raises RemoteProblem, RemoteUnavailable."""
        return await self.portal.calls.get(
            service, path, purpose=purpose, params=params, session=self._token(), headers=self._said()
        )

    async def offered(self, path: str, *, fresh: bool = False) -> Any:
        """What the catalogue says to everybody, in the visit's language. Raises as `get`."""
        return await self.portal.catalogue.get(path, self.language, fresh=fresh)

    async def post(
        self,
        service: str,
        path: str,
        *,
        purpose: str,
        json: Any = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """As `get`; None for an empty answer."""
        return await self.portal.calls.post(
            service,
            path,
            purpose=purpose,
            json=json,
            idempotency_key=idempotency_key,
            session=self._token(),
            headers=self._said(),
        )

    async def request_to(
        self,
        method: str,
        service: str,
        path: str,
        *,
        purpose: str,
        json: Any = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Any method; the answer as it came. `content` is a body that is no JSON."""
        said = {**self._said(), **(headers or {})}
        return await self.portal.calls.request(
            method,
            service,
            path,
            purpose=purpose,
            json=json,
            content=content,
            params=params,
            session=self._token(),
            headers=said,
            idempotency_key=idempotency_key,
        )

    async def form(self) -> dict[str, str]:
        """The fields that were posted, without the form's token; of a repeated field the last."""
        sent = await self.request.form(max_files=0, max_fields=MOST_FIELDS)
        return {
            name: value for name, value in sent.multi_items() if isinstance(value, str) and name != CSRF_FIELD
        }

    async def upload(self, name: str) -> tuple[dict[str, str], str, bytes]:
        """The fields, and the name and bytes of the file in the field `name`: empty where there is none."""
        async with self.request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
            fields = {key: value for key, value in sent.multi_items() if isinstance(value, str)}
            file = sent.get(name)
            if not isinstance(file, UploadFile):
                return fields, "", b""
            return fields, file.filename or "", await file.read()

    def page(
        self, view: Page, status: int = 200, notice: str | None = None, tone: Tone | None = None
    ) -> Response:
        """The page; a notice left by a redirect is shown once."""
        left = self.portal.notice.read(self.request.scope)
        shown = notice or (left if left and self.t.known(f"notice.{left}") else None)
        frame = self.frame()
        if shown:
            frame = replace(frame, notice=shown, notice_tone=tone or NOTICE_TONES.get(shown, "success"))
        response = HTMLResponse(self.portal.renderer.page(view, frame), status)
        if left:
            self.portal.notice.clear(response)
        return response

    def page_for_all(self, view: Page) -> Response:
        """As `page`, for a view that is the same for everybody; drawn once for visitors without a notice."""
        if self.account is not None or self.portal.notice.read(self.request.scope):
            return self.page(view)
        return HTMLResponse(self.portal.kept.page(view, self.frame()))

    def redirect(self, path: str, notice: str | None = None) -> Response:
        """303 to one of our paths, the language kept; `notice` is shown on the next page."""
        response = RedirectResponse(self.url(path), 303)
        if notice:
            self.portal.notice.set(response, notice)
        return response

    def refused(self, status: int, slug: str, retry_after: int | None = None) -> Response:
        """An error page; `slug` is a key below `error.`."""
        return error_response(self.portal, self.request.scope, Refusal(status, slug, retry_after))

    def to_login(self) -> Response:
        """Asks to sign in and comes back here afterwards; an ended session's cookie goes."""
        query = self.request.url.query if self.request.method in {"GET", "HEAD"} else ""
        back = self.path + (f"?{query}" if query else "")
        response = self.redirect(f"/anmelden?{urlencode({'weiter': back}, quote_via=quote)}", "login_first")
        if self.session is not None:
            self.portal.people.forget(self.session)
            self.portal.session.clear(response)
        return response

    def _token(self) -> str | None:
        return self.session if self.account else None

    def _said(self) -> dict[str, str]:
        return {"Accept-Language": self.language}


Handler = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def page(handler: Handler) -> Endpoint:
    """An endpoint for anybody. While identity is away a signed-in person is shown as a visitor."""

    async def as_anybody(visit: Visit) -> Response:
        try:
            await _recognise(visit)
        except (RemoteProblem, RemoteUnavailable) as problem:
            log.warning("visitor_not_recognised", **failure(problem))
        return await handler(visit)

    return _endpoint(as_anybody, handler)


def signed_in(handler: Handler, *, live: bool = False) -> Endpoint:
    """An endpoint for people who are signed in; others go to /anmelden?weiter=… first."""

    async def as_person(visit: Visit) -> Response:
        await _recognise(visit, live=live)
        return await handler(visit) if visit.account else visit.to_login()

    return _endpoint(as_person, handler)


def listening(handler: Handler) -> Endpoint:
    """As `signed_in`, for what a page asks by itself: it does not keep the session from falling idle."""
    return signed_in(handler, live=True)


def staff(*roles: str) -> Callable[[Handler], Endpoint]:
    """An endpoint for people with any of `roles`; others get a 403 page."""

    def guarded(handler: Handler) -> Endpoint:
        async def as_staff(visit: Visit) -> Response:
            if visit.person is None or visit.person.roles.isdisjoint(roles):
                return visit.refused(403, "forbidden")
            return await handler(visit)

        return signed_in(wraps(handler)(as_staff))

    return guarded


def visit_of(request: Request) -> Visit:
    """The visit before anybody was asked who it is."""
    portal: Portal = request.app.state.portal
    return Visit(request, portal, language_of(request.scope), portal.session.read(request.scope))


async def _recognise(visit: Visit, *, live: bool = False) -> None:
    if visit.session is not None:
        visit.account = await visit.portal.people.of(visit.session, live=live)


def _endpoint(answer: Handler, handler: Handler) -> Endpoint:
    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        visit = visit_of(request)
        try:
            return await answer(visit)
        except RemoteProblem as refused:
            if is_session_over(refused) and visit.session is not None:
                return visit.to_login()
            return _remote(visit, refused)
        except RemoteUnavailable as away:
            return _remote(visit, away)
        except HTTPException:
            raise
        except Exception as exc:
            log.error("page_failed", page=handler.__name__, **failure(exc))
            return visit.refused(500, "internal")

    return endpoint


def _remote(visit: Visit, problem: RemoteProblem | RemoteUnavailable) -> Response:
    refusal = refusal_for(problem)
    slug = getattr(problem, "slug", "unavailable")
    log.info("page_refused", remote=problem.service, slug=slug, status=refusal.status)
    return error_response(visit.portal, visit.request.scope, refusal)
