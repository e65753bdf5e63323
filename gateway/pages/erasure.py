"""The citizen deletes the account: what goes, what stays and why, and the password once more."""

from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.pages.parts import or_none
from gateway.pages.readings import PURPOSE
from gateway.views.accounts import CaseLink, ErasurePage
from gateway.views.answers import password_field
from gateway.visit import Visit, signed_in
from shared.web.calls import RemoteProblem

UNDECIDED: Final = frozenset({"awaiting_payment", "in_progress", "in_review", "correction_requested"})
_REFUSALS: Final = frozenset({403, 409, 422, 429})


@signed_in
async def show_erasure(visit: Visit) -> Response:
    return visit.page(await _page(visit))


@signed_in
async def erase(visit: Visit) -> Response:
    password = (await visit.form()).get("password", "")
    try:
        await visit.post("identity", "/accounts/me/erasure", purpose=PURPOSE, json={"password": password})
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return visit.page(await _page(visit, refused), refused.status)
    visit.portal.people.forget(visit.session)
    response = visit.redirect("/", "account_erased")
    visit.portal.session.clear(response)
    return response


async def _page(visit: Visit, refused: RemoteProblem | None = None) -> ErasurePage:
    undecided = await _undecided(visit)
    hindrances = refused.body.get("hindrances", ()) if refused else ()
    wrong = refused is not None and refused.slug == "wrong_password"
    return ErasurePage(
        action=visit.url("/konto/loeschen"),
        back_url=visit.url("/konto"),
        password=password_field(visit.t, error=visit.t("problem.wrong_password") if wrong else ""),
        undecided=tuple(_link(visit, case, case["title"]) for case in undecided),
        hindrances=tuple(_link(visit, one, visit.t(f"hindrance.{one['reason']}")) for one in hindrances),
        message="" if wrong or refused is None else problem_key(visit.t, refused),
    )


async def _undecided(visit: Visit) -> list[dict[str, Any]]:
    """Only citizens have cases; while applications is away the page does without."""
    if visit.account is None or "citizen" not in visit.account.roles:
        return []
    mine = await or_none(visit.get("applications", "/applications", purpose=PURPOSE))
    return [case for case in (mine or {}).get("applications", ()) if case["state"] in UNDECIDED]


def _link(visit: Visit, case: dict[str, Any], words: str) -> CaseLink:
    return CaseLink(url=visit.url(f"/vorgang/{case['case_id']}"), number=case["case_number"], words=words)


ROUTES: Final[list[BaseRoute]] = [
    Route("/konto/loeschen", show_erasure, methods=["GET"]),
    Route("/konto/loeschen", erase, methods=["POST"]),
]
