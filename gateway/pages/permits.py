"""Checking a permit: anybody by its code, the parking warden with the camera. No personal data here."""

import re
from datetime import date
from typing import Final, get_args

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.api.permits import passed_on, verdict_on
from gateway.views.permits import ScannerPage, Verdict, VerdictPage, VerifyPage
from gateway.visit import Visit, page, staff
from shared.clock import SystemClock

IN_ADDRESS: Final = re.compile(r"(?:(?:https?://[^/?#\s]+)?/p/)?([a-z2-7]{1,700})/?", re.IGNORECASE)
_OTHER_WORDS: Final = {"not_yet_valid": "not_yet"}
_VERDICTS: Final = frozenset(get_args(Verdict))


@page
async def show_form(visit: Visit) -> Response:
    return visit.page(VerifyPage())


@page
async def take_code(visit: Visit) -> Response:
    """Takes the whole address, its path or the bare code, as documents would."""
    code = "".join((await visit.form()).get("code", "").split())
    if not code:
        return visit.page(VerifyPage(message="code_missing"), 422)
    found = IN_ADDRESS.fullmatch(code)
    if found is None:
        return visit.page(VerdictPage(verdict="unknown", checked_at=SystemClock().now()))
    return visit.redirect(f"/p/{found[1]}")


@page
async def show_verdict(visit: Visit) -> Response:
    said = await verdict_on(visit.portal, visit.request.path_params["token"])
    verdict = _OTHER_WORDS.get(said.status, said.status)
    return visit.page(
        VerdictPage(
            verdict=verdict if verdict in _VERDICTS else "unknown",  # type: ignore[arg-type]  # of its words
            checked_at=SystemClock().now(),
            kind=said.kind or "",
            number=said.number or "",
            zone=said.zone or "",
            plate=said.plate or "",
            valid_from=_day(said.valid_from),
            valid_until=_day(said.valid_until),
        )
    )


@staff("warden")
async def show_scanner(visit: Visit) -> Response:
    return visit.page(ScannerPage())


@page
async def status_list(visit: Visit) -> Response:
    """Public, so that a warden's phone stays fresh although the session is over."""
    return await passed_on(visit.portal, "/status-list/2")


@page
async def status_list_of_version_1(visit: Visit) -> Response:
    """For a page that a phone kept from before: it finds what is suspended among the revoked."""
    return await passed_on(visit.portal, "/status-list")


@page
async def keys(visit: Visit) -> Response:
    return await passed_on(visit.portal, "/verification-keys")


@page
async def offline_worker(visit: Visit) -> Response:
    """The service worker may serve the scanner's page, whose address lies above its own."""
    headers = {"Service-Worker-Allowed": visit.url("/aufsicht"), "Cache-Control": "no-cache"}
    return Response(visit.portal.assets.offline_worker(), headers=headers, media_type="text/javascript")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


ROUTES: Final[list[BaseRoute]] = [
    Route("/pruefen", show_form, methods=["GET"]),
    Route("/pruefen", take_code, methods=["POST"]),
    Route("/p/{token}", show_verdict, methods=["GET"]),
    Route("/P/{token}", show_verdict, methods=["GET"]),
    Route("/aufsicht", show_scanner, methods=["GET"]),
    Route("/aufsicht/statusliste", status_list_of_version_1, methods=["GET"]),
    Route("/aufsicht/statusliste/2", status_list, methods=["GET"]),
    Route("/aufsicht/schluessel", keys, methods=["GET"]),
    Route("/aufsicht/offline.js", offline_worker, methods=["GET"]),
]
