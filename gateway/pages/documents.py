"""Documents for download, as the documents service hands them out."""

from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.case_files import PURPOSE as CASE_WORK
from gateway.visit import Visit, signed_in
from shared.web.calls import RemoteProblem

PURPOSE: Final = "own-document"
STAFF: Final = frozenset({"clerk", "treasurer"})
PASSED_ON: Final = ("content-type", "content-disposition", "cache-control", "etag")


@signed_in
async def download(visit: Visit) -> Response:
    document_id = visit.request.path_params["document_id"]
    path = f"/documents/{document_id}/content"
    try:
        answer = await visit.request_to("GET", "documents", path, purpose=PURPOSE)
    except RemoteProblem as refused:
        if refused.status != 404 or visit.person is None or STAFF.isdisjoint(visit.person.roles):
            raise
        answer = await visit.request_to("GET", "documents", path, purpose=CASE_WORK)
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


ROUTES: Final[list[BaseRoute]] = [
    Route("/dokumente/{document_id:uuid}.pdf", download, methods=["GET"]),
]
