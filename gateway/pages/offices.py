"""The operator's pages: an account is found by its whole address; roles and locks are set there."""

from typing import Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.views.answers import ROLES, email_field, lock_field, role_field
from gateway.views.frame import Tone
from gateway.views.offices import AccountPage, AccountSearchPage
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

PURPOSE: Final = "account-support"
HERE: Final = "/arbeit/konten"
TONES: Final[dict[str, Tone]] = {"active": "success", "locked": "danger"}
_REFUSALS: Final = frozenset({403, 409, 422})


@staff("operator")
async def show_search(visit: Visit) -> Response:
    return visit.page(AccountSearchPage(email=email_field(visit.t)))


@staff("operator")
async def find(visit: Visit) -> Response:
    email = (await visit.form()).get("email", "")
    try:
        found = await visit.post("identity", "/accounts/lookup", purpose=PURPOSE, json={"email": email})
    except RemoteProblem as refused:
        if refused.slug not in {"account_unknown", "invalid"}:
            raise
        known = "problem.account_unknown" if refused.slug == "account_unknown" else ""
        sentence = visit.t(known or "field_error.email_impossible")
        return visit.page(AccountSearchPage(email=email_field(visit.t, email, sentence)), refused.status)
    return visit.redirect(f"{HERE}/{found['account_id']}")


@staff("operator")
async def show_account(visit: Visit) -> Response:
    return visit.page(await _page(visit))


@staff("operator")
async def change_roles(visit: Visit) -> Response:
    form, place = await visit.form(), f"/accounts/{_account_id(visit)}/roles"
    role = form.get("revoke") or form.get("role", "")
    if role not in ROLES:
        return visit.page(await _page(visit, "role_missing"), 422)
    if "revoke" in form:
        return await _changed(visit, "DELETE", f"{place}/{role}")
    return await _changed(visit, "POST", place, {"role": role})


@staff("operator")
async def change_lock(visit: Visit) -> Response:
    form, place = await visit.form(), f"/accounts/{_account_id(visit)}/lock"
    if "unlock" in form:
        return await _changed(visit, "DELETE", place)
    reason = form.get("reason", "").strip()
    if not reason:
        return visit.page(await _page(visit, "lock_reason_missing"), 422)
    return await _changed(visit, "PUT", place, {"reason": reason})


@staff("operator")
async def back_to_account(visit: Visit) -> Response:
    """Who comes by address, after signing in again for instance, begins at the account."""
    return visit.redirect(f"{HERE}/{_account_id(visit)}")


async def _changed(visit: Visit, method: str, path: str, json: dict[str, str] | None = None) -> Response:
    try:
        await visit.request_to(method, "identity", path, purpose=PURPOSE, json=json)
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        reason = (json or {}).get("reason", "")
        return visit.page(await _page(visit, problem_key(visit.t, refused), reason), refused.status)
    return visit.redirect(f"{HERE}/{_account_id(visit)}", "account_changed")


async def _page(visit: Visit, message: str = "", reason: str = "") -> AccountPage:
    account_id = _account_id(visit)
    found = await visit.get("identity", f"/accounts/{account_id}", purpose=PURPOSE)
    here = visit.url(f"{HERE}/{account_id}")
    return AccountPage(
        account_id=str(account_id),
        condition=found["condition"],
        tone=TONES.get(found["condition"], "info"),
        roles=tuple(found["roles"]),
        roles_action=f"{here}/rollen",
        lock_action=f"{here}/sperre",
        role=role_field(visit.t, found["roles"] if found["condition"] == "active" else ROLES),
        reason=lock_field(visit.t, reason),
        message=message,
    )


def _account_id(visit: Visit) -> UUID:
    account_id: UUID = visit.request.path_params["account_id"]
    return account_id


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_search, methods=["GET"]),
    Route(HERE, find, methods=["POST"]),
    Route(HERE + "/{account_id:uuid}", show_account, methods=["GET"]),
    Route(HERE + "/{account_id:uuid}/rollen", change_roles, methods=["POST"]),
    Route(HERE + "/{account_id:uuid}/rollen", back_to_account, methods=["GET"]),
    Route(HERE + "/{account_id:uuid}/sperre", change_lock, methods=["POST"]),
    Route(HERE + "/{account_id:uuid}/sperre", back_to_account, methods=["GET"]),
]
