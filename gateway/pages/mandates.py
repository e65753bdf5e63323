"""A citizen's direct debit mandates: on the profile page, given another account and taken back there."""

import re
from datetime import date
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.debtors import lives_abroad, refusal_of, signed_account, typed_account
from gateway.pages.parts import or_none
from gateway.pages.readings import PURPOSE
from gateway.views.accounts import Mandate, MandatePage, Mandates
from gateway.views.answers import debit_fields
from gateway.visit import Visit, signed_in
from shared.ids import new_id
from shared.web.calls import RemoteProblem

REVOCABLE: Final = frozenset({"proposed", "active", "suspended", "used_up"})
AMENDABLE: Final = frozenset({"active", "suspended"})
SENDING: Final = "idempotency-key"
SENT: Final = re.compile(r"[\x21-\x7e]{1,64}")
NONE: Final[dict[str, Any]] = {"creditor_id": "", "mandates": []}


@signed_in
async def revoke_mandate(visit: Visit) -> Response:
    mandate_id: UUID = visit.request.path_params["mandate_id"]
    try:
        said = await visit.post("payments", f"/mandates/{mandate_id}/revoke", purpose=PURPOSE)
    except RemoteProblem as refused:
        if refused.slug != "mandate_not_active":
            raise
        return visit.redirect("/konto", "mandate_revoked")
    return visit.redirect("/konto", "mandate_revoked_late" if said["still_debited"] else "mandate_revoked")


@signed_in
async def resume_mandate(visit: Visit) -> Response:
    mandate_id: UUID = visit.request.path_params["mandate_id"]
    try:
        await visit.post("payments", f"/mandates/{mandate_id}/resume", purpose=PURPOSE)
    except RemoteProblem as refused:
        if refused.slug == "mandate_needs_account":
            return visit.redirect("/konto", "mandate_needs_account")
        if refused.slug != "mandate_not_active":
            raise
        return visit.redirect("/konto", "mandate_over")
    return visit.redirect("/konto", "mandate_resumed")


@signed_in
async def show_amendment(visit: Visit) -> Response:
    return await _amendment(visit, {}, {})


@signed_in
async def amend_mandate(visit: Visit) -> Response:
    mandate_id: UUID = visit.request.path_params["mandate_id"]
    form = await visit.form()
    typed = typed_account(form)
    sending = form.get(SENDING, "")
    if not SENT.fullmatch(sending):
        return await _amendment(visit, typed, {}, "other", 422)
    try:
        said = await visit.post(
            "payments", f"/mandates/{mandate_id}/amendment", purpose=PURPOSE, idempotency_key=sending,
            json=signed_account(typed),
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in {409, 422}:
            raise
        told, message, abroad = refusal_of(visit.t, refused)
        return await _amendment(visit, typed, told, message, refused.status, abroad)
    return visit.redirect("/konto", "mandate_amended_late" if said["still_debited"] else "mandate_amended")


async def _amendment(
    visit: Visit, typed: dict[str, str], told: dict[str, str], message: str = "", status: int = 200,
    abroad: bool = False,
) -> Response:  # fmt: skip
    """The form; back to the profile where the mandate is over or another's."""
    mandate_id = str(visit.request.path_params["mandate_id"])
    found = await _asked(visit)
    ours = [one for one in found["mandates"] if one["mandate_id"] == mandate_id]
    if not ours or ours[0]["state"] not in AMENDABLE:
        return visit.redirect("/konto", "mandate_over")
    view = MandatePage(
        action=visit.url(f"/konto/mandate/{mandate_id}/konto"), back_url=visit.url("/konto"),
        creditor=found["creditor"], creditor_id=found["creditor_id"], mandate=ours[0]["reference"],
        account=ours[0]["account"],
        fields=debit_fields(visit.t, typed, told, abroad=abroad or lives_abroad(typed)),
        hidden={SENDING: str(new_id())}, message=message,
    )  # fmt: skip
    return visit.page(view, status)


async def mandates_of(visit: Visit) -> Mandates:
    """All of one's own; none where the city debits nobody itself."""
    found = await or_none(_asked(visit))
    if found is None:
        return Mandates(away=True)
    return Mandates(
        creditor_id=found["creditor_id"],
        given=tuple(_mandate(visit, one) for one in found["mandates"]),
    )


async def _asked(visit: Visit) -> dict[str, Any]:
    try:
        said: dict[str, Any] = await visit.get("payments", "/mandates", purpose=PURPOSE)
    except RemoteProblem as refused:
        if refused.status != 404:
            raise
        return NONE
    return said


def _mandate(visit: Visit, one: dict[str, Any]) -> Mandate:
    return Mandate(
        reference=one["reference"],
        account=one["account"],
        state=one["state"],
        debits=tuple(
            (date.fromisoformat(coming["due"]), coming["amount_cents"]) for coming in one.get("debits", ())
        ),
        revoke_url=visit.url(f"/konto/mandate/{one['mandate_id']}/widerrufen")
        if one["state"] in REVOCABLE
        else "",
        amend_url=visit.url(f"/konto/mandate/{one['mandate_id']}/konto") if one["state"] in AMENDABLE else "",
        resume_url=visit.url(f"/konto/mandate/{one['mandate_id']}/freigeben")
        if one["state"] == "suspended"
        else "",
        reusable=(one.get("kind"), one["state"]) == ("recurring", "active"),
    )


ROUTES: Final[list[BaseRoute]] = [
    Route("/konto/mandate/{mandate_id:uuid}/widerrufen", revoke_mandate, methods=["POST"]),
    Route("/konto/mandate/{mandate_id:uuid}/freigeben", resume_mandate, methods=["POST"]),
    Route("/konto/mandate/{mandate_id:uuid}/konto", show_amendment, methods=["GET"]),
    Route("/konto/mandate/{mandate_id:uuid}/konto", amend_mandate, methods=["POST"]),
]
