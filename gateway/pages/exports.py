"""Batches for the finance system: closed once, downloaded as often as wanted."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.pages.documents import PASSED_ON
from gateway.pages.treasury import HERE as TREASURY
from gateway.pages.treasury import PURPOSE
from gateway.views.treasury import Export, ExportsPage
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem

HERE: Final = f"{TREASURY}/abschluesse"
ROWS: Final = 50
FORMATS: Final = ("csv", "xml")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


@staff("treasurer")
async def show_exports(visit: Visit) -> Response:
    return visit.page(await _page(visit))


@staff("treasurer")
async def close(visit: Visit) -> Response:
    key = (await visit.form()).get("idempotency-key")
    try:
        closed = await visit.post("payments", "/exports", purpose=PURPOSE, idempotency_key=key)
    except RemoteProblem as refused:
        if refused.status not in {409, 422}:
            raise
        return visit.page(await _page(visit, problem_key(visit.t, refused)), refused.status)
    return visit.redirect(HERE, "export_more" if closed["more"] else "export_closed")


@staff("treasurer")
async def download(visit: Visit) -> Response:
    """The file as payments gives it, byte for byte."""
    named = visit.request.path_params
    if named["format"] not in FORMATS:
        raise HTTPException(404)
    path = f"/exports/{named['number']}/{named['format']}"
    answer = await visit.request_to("GET", "payments", path, purpose=PURPOSE)
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


async def _page(visit: Visit, message: str = "") -> ExportsPage:
    params, after = {"limit": str(ROWS)}, visit.request.query_params.get("nach", "")
    if _NUMBER.fullmatch(after):
        params["after"] = after
    found = await visit.get("payments", "/exports", purpose=PURPOSE, params=params)
    here, behind = visit.url(HERE), found.get("next")
    return ExportsPage(
        action=here,
        exports=tuple(_export(here, one) for one in found["exports"]),
        hidden={"idempotency-key": str(new_id())},
        next_url=f"{here}?nach={behind}" if behind else "",
        message=message,
    )


def _export(here: str, one: Mapping[str, Any]) -> Export:
    return Export(
        number=one["number"],
        first=datetime.fromisoformat(one["from_at"]),
        last=datetime.fromisoformat(one["to_at"]),
        closed_at=datetime.fromisoformat(one["closed_at"]),
        entries=one["entries"],
        lines=one["lines"],
        sums=tuple((total["currency"], total["debit_cents"]) for total in one["sums"]),
        files=tuple((name, f"{here}/{one['number']}/{name}", one["sha256"][name]) for name in FORMATS),
    )


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_exports, methods=["GET"]),
    Route(HERE, close, methods=["POST"]),
    Route(HERE + "/{number:int}/{format:str}", download, methods=["GET"]),
]
