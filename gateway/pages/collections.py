"""The files of debits that the city gave its bank: listed, and downloaded byte for byte."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.documents import PASSED_ON
from gateway.pages.paging import next_url, page_asked
from gateway.pages.treasury import HERE as TREASURY
from gateway.pages.treasury import PURPOSE
from gateway.views.collections import Collection, CollectionsPage
from gateway.views.frame import Tone
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

HERE: Final = f"{TREASURY}/lastschriften"
ROWS: Final = 50
ANSWERS: Final = {"RJCT": "refused", "PART": "in_part", "": "submitted"}
"""By the bank's word on a file that it has; any other word says that it is taken."""
TONES: Final[Mapping[str, Tone]] = {
    "made": "warning", "submitted": "info", "taken": "success", "in_part": "warning", "refused": "danger",
}  # fmt: skip


@staff("treasurer")
async def show_collections(visit: Visit) -> Response:
    here = visit.url(HERE)
    try:
        found = await visit.get("payments", "/collections", purpose=PURPOSE, params=page_asked(visit, ROWS))
    except RemoteProblem as refused:
        if refused.status == 422:
            return visit.page(CollectionsPage(collections=(), message="list_place_unknown"), 422)
        if refused.status != 404:
            raise
        return visit.page(CollectionsPage(collections=None))
    return visit.page(
        CollectionsPage(
            collections=tuple(_collection(here, one) for one in found["collections"]),
            next_url=next_url(visit, HERE, found),
        )
    )


@staff("treasurer")
async def download(visit: Visit) -> Response:
    """The file as payments gives it, byte for byte."""
    path = f"/collections/{visit.request.path_params['collection_id']}/file"
    answer = await visit.request_to("GET", "payments", path, purpose=PURPOSE)
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


def _collection(here: str, one: Mapping[str, Any]) -> Collection:
    state = ANSWERS.get(one["status"] or "", "taken") if one["state"] == "submitted" else "made"
    return Collection(
        url=f"{here}/{one['collection_id']}.xml",
        number=one["message_id"],
        day=date.fromisoformat(one["filed_on"]),
        debits=one["debits"],
        cents=one["amount_cents"],
        sha256=one["sha256"],
        state=state,
        tone=TONES[state],
        submitted_at=datetime.fromisoformat(one["submitted_at"]) if one["submitted_at"] else None,
        unanswered=one["unanswered"],
    )


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_collections, methods=["GET"]),
    Route(HERE + "/{collection_id:uuid}.xml", download, methods=["GET"]),
]
