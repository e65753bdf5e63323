"""The citizen's own data, and who has read it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import field_errors, problem_key, sentences_for
from gateway.pages.mandates import mandates_of
from gateway.pages.readings import PURPOSE, readings_of
from gateway.people import Account
from gateway.views.accounts import Access, ProfilePage
from gateway.views.answers import profile_fields
from gateway.visit import Visit, signed_in
from shared.web.calls import RemoteProblem

WHAT: Final = {"identity": "read.profile", "applications": "read.case", "documents": "read.document"}
FIELDS: Final = (
    "given_names",
    "family_name",
    "birth_date",
    "street",
    "house_number",
    "postal_code",
    "city",
)


@signed_in
async def show_profile(visit: Visit) -> Response:
    account = await _fresh(visit)
    return visit.page(await _page(visit, account, account.profile))


@signed_in
async def change_profile(visit: Visit) -> Response:
    form, t = await visit.form(), visit.t
    account = await _fresh(visit)
    values = {name: form.get(name, "").strip() for name in FIELDS}
    try:
        await visit.request_to(
            "PUT",
            "identity",
            "/accounts/me/profile",
            purpose=PURPOSE,
            json={**values, "language": account.profile.get("language") or visit.language},
            headers={"If-Match": f'"{form.get("version", "0")}"'},
        )
    except RemoteProblem as refused:
        if refused.status not in {409, 422}:
            raise
        told = sentences_for(t, field_errors(refused), lambda name: t(f"account.{name}"))
        told = {name: sentence for name, sentence in told.items() if name in FIELDS}
        message = "" if told else problem_key(t, refused)
        return visit.page(await _page(visit, account, values, told, message), refused.status)
    visit.portal.people.forget(visit.session)
    return visit.redirect("/konto", "profile_saved")


async def _fresh(visit: Visit) -> Account:
    """The account as it is now: a form needs the version it was drawn from."""
    assert visit.session is not None
    visit.portal.people.forget(visit.session)
    visit.account = await visit.portal.people.of(visit.session)
    if visit.account is None:
        raise RemoteProblem("identity", 401, "session_over", {})
    return visit.account


async def _page(
    visit: Visit,
    account: Account,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    message: str = "",
) -> ProfilePage:
    found, mandates = await asyncio.gather(readings_of(visit), mandates_of(visit))
    return ProfilePage(
        email=account.email,
        trust=account.trust,
        fields=profile_fields(visit.t, values, errors or {}),
        hidden={"version": str(account.version)},
        accesses=tuple(_access(visit, one) for one in found.accesses),
        unread=tuple(found.missing),
        mandates=mandates,
        message=message,
    )


def _access(visit: Visit, one: Mapping[str, Any]) -> Access:
    t = visit.t
    return Access(
        at=datetime.fromisoformat(one["at"]),
        reader=one["reader"] if t.known(f"reader.{one['reader']}") else "other",
        purpose=one["purpose"] if t.known(f"purpose.{one['purpose']}") else "other",
        what=kind if t.known(kind := f"document.{one['kind']}") else WHAT[one["service"]],
        case_url=visit.url(f"/vorgang/{one['case_id']}") if one["case_id"] else "",
        case_number=one["case_number"] or "",
    )


ROUTES: Final[list[BaseRoute]] = [
    Route("/konto", show_profile, methods=["GET"]),
    Route("/konto", change_profile, methods=["POST"]),
]
