"""The citizen's own data, and who has read it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import field_errors, problem_key, sentences_for
from gateway.people import Account
from gateway.views.accounts import Access, ProfilePage
from gateway.views.answers import profile_fields
from gateway.visit import Visit, signed_in
from shared.web.calls import RemoteProblem, RemoteUnavailable

PURPOSE: Final = "own-account"
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
    return ProfilePage(
        email=account.email,
        trust=account.trust,
        fields=profile_fields(visit.t, values, errors or {}),
        hidden={"version": str(account.version)},
        accesses=await _accesses(visit),
        message=message,
    )


async def _accesses(visit: Visit) -> tuple[Access, ...]:
    try:
        found = await visit.get("identity", "/accounts/me/accesses", purpose=PURPOSE)
    except (RemoteProblem, RemoteUnavailable):
        return ()
    t = visit.t
    return tuple(
        Access(
            at=datetime.fromisoformat(one["at"]),
            reader=one["reader"] if t.known(f"reader.{one['reader']}") else "other",
            purpose=one["purpose"] if t.known(f"purpose.{one['purpose']}") else "other",
        )
        for one in found
    )


ROUTES: Final[list[BaseRoute]] = [
    Route("/konto", show_profile, methods=["GET"]),
    Route("/konto", change_profile, methods=["POST"]),
]
