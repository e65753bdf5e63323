"""Forms not yet sent: saved, resumed, thrown away."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.visit import Visit, signed_in
from shared.web.calls import RemoteProblem

PURPOSE: Final = "own-drafts"


async def draft_of(visit: Visit, draft_id: str, service: str) -> dict[str, Any]:
    """One's own draft of this service; 404 for any other."""
    draft: dict[str, Any] = await visit.get("applications", f"/drafts/{_known(draft_id)}", purpose=PURPOSE)
    if draft["service"] != service:
        raise HTTPException(404)
    return draft


async def save_draft(
    visit: Visit, service: str, version: int, draft_id: str, answers: Mapping[str, str]
) -> None:
    """Writes over the draft that was resumed; one that is gone meanwhile is kept as a new one.

    `version` is that of the form, so that a draft of an older one is known as such when it is resumed.
    """
    filled_in = {"answers": dict(answers), "service_version": version or None}
    if draft_id:
        try:
            await visit.request_to(
                "PUT",
                "applications",
                f"/drafts/{_known(draft_id)}",
                purpose=PURPOSE,
                json=filled_in,
            )
            return
        except RemoteProblem as refused:
            if refused.status != 404:
                raise
    await visit.post("applications", "/drafts", purpose=PURPOSE, json={"service": service, **filled_in})


@signed_in
async def discard_draft(visit: Visit) -> Response:
    draft_id = visit.request.path_params["draft_id"]
    await visit.request_to("DELETE", "applications", f"/drafts/{draft_id}", purpose=PURPOSE)
    return visit.redirect("/vorgaenge", "draft_discarded")


def _known(draft_id: str) -> UUID:
    try:
        return UUID(draft_id)
    except ValueError:
        raise HTTPException(404) from None


ROUTES: Final[list[BaseRoute]] = [
    Route("/entwuerfe/{draft_id:uuid}/verwerfen", discard_draft, methods=["POST"]),
]
