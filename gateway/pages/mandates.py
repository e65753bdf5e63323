"""A citizen's direct debit mandates: on the profile page, and taken back there."""

from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.parts import or_none
from gateway.pages.readings import PURPOSE
from gateway.views.accounts import Mandate, Mandates
from gateway.visit import Visit, signed_in
from shared.web.calls import RemoteProblem

REVOCABLE: Final = frozenset({"proposed", "active", "suspended", "used_up"})
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
        revoke_url=visit.url(f"/konto/mandate/{one['mandate_id']}/widerrufen")
        if one["state"] in REVOCABLE
        else "",
    )


ROUTES: Final[list[BaseRoute]] = [
    Route("/konto/mandate/{mandate_id:uuid}/widerrufen", revoke_mandate, methods=["POST"]),
]
