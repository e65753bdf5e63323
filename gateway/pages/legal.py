"""The pages the law asks for."""

from typing import Final, Literal

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.views.notices import LegalPage
from gateway.visit import Endpoint, Visit, page


def _about(topic: Literal["imprint", "privacy", "accessibility"]) -> Endpoint:
    @page
    async def show(visit: Visit) -> Response:
        return visit.page(LegalPage(topic=topic))

    return show


ROUTES: Final[list[BaseRoute]] = [
    Route("/impressum", _about("imprint"), methods=["GET"]),
    Route("/datenschutz", _about("privacy"), methods=["GET"]),
    Route("/barrierefreiheit", _about("accessibility"), methods=["GET"]),
]
