"""Documents for download, as the documents service hands them out."""

from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.visit import Visit, signed_in

PASSED_ON: Final = ("content-type", "content-disposition", "cache-control", "etag")


@signed_in
async def download(visit: Visit) -> Response:
    document_id = visit.request.path_params["document_id"]
    answer = await visit.request_to(
        "GET", "documents", f"/documents/{document_id}/content", purpose="own-document"
    )
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


ROUTES: Final[list[BaseRoute]] = [
    Route("/dokumente/{document_id:uuid}.pdf", download, methods=["GET"]),
]
